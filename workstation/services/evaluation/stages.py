"""Stages as the report knows them, and their truth, score and state on one film."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workstation.domain.findings import Kind, State, Verdict
from workstation.domain.projection import Projection
from workstation.services.evaluation.labels import LabelledFilm
from workstation.services.evaluation.metrics import F64, Interval, proportion
from workstation.services.evaluation.scoring import ScoredFilm

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reading:
    """One stage on one film.

    Attributes:
        score: calibrated probability of the defect (of a lateral, for the projection).
        called: the program says so: it warns (it takes the film for a lateral).
        unsure: the stage says that it is not sure.
    """

    score: float
    called: bool
    unsure: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One question asked of films.

    Attributes:
        key: short name, e.g. ``crop_frontal``.
        title, positive, negative: the stage and its two classes in words.
        branch: the projection whose films it runs on; None where on all.
        truth: label -> defect or not; None where unknown.
        reading: verdict -> reading; None where not assessed.
    """

    key: str
    title: str
    positive: str
    negative: str
    kind: Kind
    branch: Projection | None
    truth: Callable[[LabelledFilm], bool | None]
    reading: Callable[[Verdict], Reading | None]

    def runs_on(self, scored: ScoredFilm) -> bool:
        """Whether the film is the stage's: by its true projection, by the cascade's where that is unknown."""
        if self.branch is None:
            return True
        truth = scored.film.projection
        return (scored.verdict.projection.label if truth is Projection.UNKNOWN else truth) is self.branch


def _made(score: float | None, state: State) -> Reading | None:
    if score is None or state is State.NOT_ASSESSED:
        return None
    return Reading(score, state is State.WARN, state is State.UNSURE)


def _body_part(verdict: Verdict) -> Reading | None:
    return None if verdict.body_part is None else _made(verdict.body_part.score, verdict.body_part.state)


def _polarity(verdict: Verdict) -> Reading | None:
    return None if verdict.polarity is None else _made(verdict.polarity.score, verdict.polarity.state)


def _orientation(verdict: Verdict) -> Reading | None:
    return (
        None if verdict.orientation is None else _made(verdict.orientation.score, verdict.orientation.state)
    )


def _projection(verdict: Verdict) -> Reading | None:
    found = verdict.projection
    if found.probability_lateral is None or found.state is State.NOT_ASSESSED:
        return None
    return Reading(found.probability_lateral, found.label is Projection.LATERAL, found.state is State.UNSURE)


def _crop(verdict: Verdict) -> Reading | None:
    return None if verdict.crop is None else _made(verdict.crop.score, verdict.crop.state)


def _rotation(verdict: Verdict) -> Reading | None:
    return None if verdict.rotation is None else _made(verdict.rotation.score, verdict.rotation.state)


def _is_lateral(film: LabelledFilm) -> bool | None:
    return None if film.projection is Projection.UNKNOWN else film.projection is Projection.LATERAL


def _not_upright(film: LabelledFilm) -> bool | None:
    return None if film.orientation is None else film.orientation != (0, False)


_FRONTAL, _LATERAL = Projection.FRONTAL, Projection.LATERAL
STAGES: Sequence[Stage] = (
    Stage(
        "body_part",
        "Body part",
        "not a chest",
        "chest",
        Kind.BODY_PART,
        None,
        lambda film: film.other_body_part,
        _body_part,
    ),
    Stage(
        "polarity",
        "Polarity",
        "inverted",
        "normal",
        Kind.POLARITY,
        None,
        lambda film: film.inverted,
        _polarity,
    ),
    Stage(
        "orientation",
        "Orientation",
        "not upright",
        "upright",
        Kind.ORIENTATION,
        None,
        _not_upright,
        _orientation,
    ),
    Stage("projection", "Projection", "lateral", "frontal", Kind.PROJECTION, None, _is_lateral, _projection),
    Stage(
        "crop_frontal",
        "Cut-off lung, frontal",
        "cut off",
        "whole",
        Kind.CROP,
        _FRONTAL,
        lambda film: film.cut,
        _crop,
    ),
    Stage(
        "crop_lateral",
        "Cut-off lung, lateral",
        "cut off",
        "whole",
        Kind.CROP,
        _LATERAL,
        lambda film: film.cut,
        _crop,
    ),
    Stage(
        "rotation_frontal",
        "Rotation, frontal",
        "rotated",
        "straight",
        Kind.ROTATION,
        _FRONTAL,
        lambda film: film.rotated,
        _rotation,
    ),
    Stage(
        "rotation_lateral",
        "Rotation, lateral",
        "rotated",
        "straight",
        Kind.ROTATION,
        _LATERAL,
        lambda film: film.rotated,
        _rotation,
    ),
)


@dataclass(frozen=True, slots=True)
class StageData:
    """Films of one stage that have a label and a score, in order.

    Attributes:
        scored: (n,) films.
        truth, score, weight, called, unsure: (n,) arrays.
        not_assessed: labelled films the cascade gave no score for.
    """

    stage: Stage
    scored: tuple[ScoredFilm, ...]
    truth: F64
    score: F64
    weight: F64
    called: Bool
    unsure: Bool
    not_assessed: int

    @property
    def patients(self) -> list[str]:
        return [s.film.patient for s in self.scored]

    @property
    def independent(self) -> bool:
        """One film a patient and equal weights: DeLong's conditions."""
        alone = len(set(self.patients)) == len(self.scored)
        return alone and bool(np.all(self.weight == self.weight[:1]))

    @property
    def projection_labelled(self) -> bool:
        """A label says of at least one film what it shows."""
        return any(s.film.projection is not Projection.UNKNOWN for s in self.scored)

    @property
    def weighted(self) -> bool:
        """Counts of films are sums of weights."""
        return bool(np.any(self.weight != 1))

    def share(self, hit: Bool, among: Bool | None = None) -> Interval:
        """Weighted share of `hit` with its interval, of all films or `among` some; all (n,)."""
        kept = np.ones(hit.size, np.bool_) if among is None else among
        patients = np.asarray(self.patients, dtype=object)
        return proportion(hit[kept], self.weight[kept], patients[kept])

    def verdicts(self) -> list[Verdict]:
        """The verdicts that the scores were read from."""
        return [verdict_of(self.stage, s) for s in self.scored]

    def subset(self, keep: Sequence[int]) -> StageData:
        """The same stage on some of its films; `not_assessed` stays behind."""
        i = np.asarray(keep, np.intp)
        films = tuple(self.scored[k] for k in keep)
        arrays = (self.truth[i], self.score[i], self.weight[i], self.called[i], self.unsure[i])
        return StageData(self.stage, films, *arrays, not_assessed=0)


def verdict_of(stage: Stage, scored: ScoredFilm) -> Verdict:
    """The verdict that scores `stage`: with the true projection given for the stages of a branch."""
    return scored.verdict if stage.branch is None else scored.forced


def collect(stage: Stage, films: Sequence[ScoredFilm], right_projection_only: bool = False) -> StageData:
    """Truth and score of one stage over all films that have both.

    Args:
        right_projection_only: the paper's rule; films whose projection came out wrong are left out.
    """
    kept: list[tuple[ScoredFilm, bool, Reading]] = []
    not_assessed = 0
    for scored in films:
        truth = stage.truth(scored.film)
        if (
            truth is None
            or not stage.runs_on(scored)
            or (right_projection_only and not scored.projection_right)
        ):
            continue
        reading = stage.reading(verdict_of(stage, scored))
        if reading is None:
            not_assessed += 1
        else:
            kept.append((scored, truth, reading))
    return StageData(
        stage,
        tuple(scored for scored, _, _ in kept),
        truth=np.array([truth for _, truth, _ in kept], np.float64),
        score=np.array([reading.score for _, _, reading in kept], np.float64),
        weight=np.array([scored.film.weight for scored, _, _ in kept], np.float64),
        called=np.array([reading.called for _, _, reading in kept], np.bool_),
        unsure=np.array([reading.unsure for _, _, reading in kept], np.bool_),
        not_assessed=not_assessed,
    )
