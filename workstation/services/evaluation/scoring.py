"""Runs a cascade over labelled films and keeps what it said.

A film is judged as the program would judge it; where the projection came out wrong, once more with the true
one, so that the later stages can be scored both ways: on films whose projection was right (the paper's rule)
and on all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from workstation.domain.errors import KnownError
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.services.evaluation.labels import LabelledFilm

F = TypeVar("F")
F_contra = TypeVar("F_contra", contravariant=True)


class Analyser(Protocol[F_contra]):
    """What is asked of `AnalysisService`."""

    def analyse(self, film: F_contra, projection: Projection | None = None) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class ScoredFilm:
    """One film and what the cascade said.

    Attributes:
        verdict: as the program judges it.
        forced: with the true projection given; `verdict` itself where the projection was right or is unknown.
        seconds: wall time of the first verdict, without reading the file.
    """

    film: LabelledFilm
    verdict: Verdict
    forced: Verdict
    seconds: float

    @property
    def projection_right(self) -> bool:
        """True as well where nobody knows the projection."""
        truth = self.film.projection
        return truth is Projection.UNKNOWN or self.verdict.projection.label is truth


@dataclass(frozen=True, slots=True)
class Failure:
    """A film that could not be scored."""

    name: str
    code: str
    message: str


@dataclass(slots=True)
class Scores:
    """All films of one cascade."""

    cascade: str
    films: list[ScoredFilm] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def score_film(film: LabelledFilm, pixels: F, analyser: Analyser[F]) -> ScoredFilm:
    """Judge one film, twice where its projection came out wrong."""
    start = time.perf_counter()
    verdict = analyser.analyse(pixels)
    seconds = time.perf_counter() - start
    forced = verdict
    if film.projection is not Projection.UNKNOWN and verdict.projection.label is not film.projection:
        forced = analyser.analyse(pixels, film.projection)
    return ScoredFilm(film, verdict, forced, seconds)


def score_films(
    films: Iterable[LabelledFilm],
    read: Callable[[Path], F],
    analysers: dict[str, Analyser[F]],
    progress: Callable[[int], None] | None = None,
) -> list[Scores]:
    """Judge every film with every cascade. Files that cannot be read are listed, others go on.

    Args:
        read: raises `KnownError` for whatever is no film: missing, forbidden, a folder.
        analysers: cascades by name, scored in that order.
        progress: called with the number of films done.
    """
    made = [Scores(name) for name in analysers]
    for done, film in enumerate(films, 1):
        try:
            pixels = read(film.path)
            judged = [score_film(film, pixels, analyser) for analyser in analysers.values()]
        except KnownError as error:
            for scores in made:
                scores.failures.append(Failure(film.name, error.code, error.message))
        else:
            for scores, scored in zip(made, judged, strict=True):
                scores.films.append(scored)
        if progress is not None:
            progress(done)
    return made
