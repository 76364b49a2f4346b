"""A cascade that says what the script tells it, for views whose verdict must be known beforehand."""

from __future__ import annotations

import time
from collections.abc import Callable

from workstation.domain.edges import Edge
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import (
    CropFinding,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    Source,
    State,
    Verdict,
)
from workstation.domain.projection import Projection, projection_of_view
from workstation.services.film import Film

NAME = "scripted@1"


def gates() -> dict[str, GateFinding | OrientationFinding]:
    """Gates that pass."""
    return {
        "body_part": GateFinding(Kind.BODY_PART, State.PASS, 0.01, 0.7),
        "polarity": GateFinding(Kind.POLARITY, State.PASS, 0.02, 0.7),
        "orientation": OrientationFinding(State.PASS, 0, False, 0.03, 0.8),
    }


def crop(state: State, *edges: Edge) -> CropFinding:
    """A crop finding in `state`, with the edges named."""
    score = {State.PASS: 0.04, State.UNSURE: 0.58, State.WARN: 0.93}.get(state)
    scores = {edge: 0.91 if edge in edges else 0.03 for edge in Edge}
    return CropFinding(state, score, 0.71, 0.45, edges, scores)


# About where the outer posterior ribs of the demo study's turned lateral lie.
_OUTER = ((0.77, 0.22), (0.83, 0.35), (0.85, 0.49), (0.83, 0.62), (0.82, 0.74))


def rotation(state: State, angle: float) -> RotationFinding:
    """A rotation finding in `state`; the ribs part with the angle."""
    score = {State.PASS: 0.08, State.UNSURE: 0.55, State.WARN: 0.86}[state]
    inner = tuple((x - 0.006 * angle, y) for x, y in _OUTER)
    return RotationFinding(
        state, score, 0.6, 0.4, angle, 4.0, rib_separation_pct=0.9 * angle, rib_contours=(_OUTER, inner)
    )


def frontal(finding: CropFinding, state: State = State.PASS) -> Verdict:
    """Verdict on a frontal film."""
    probability = 0.004 if state is State.PASS else 0.45
    projection = ProjectionFinding(Projection.FRONTAL, state, probability)
    return Verdict(projection, (finding,), NAME, **gates())  # type: ignore[arg-type]


def lateral(finding: CropFinding, turned: RotationFinding, source: Source = Source.MODEL) -> Verdict:
    """Verdict on a lateral film."""
    projection = ProjectionFinding(Projection.LATERAL, State.PASS, 0.993, source)
    return Verdict(projection, (finding, turned), NAME, **gates())  # type: ignore[arg-type]


def by_header(film: Film, projection: Projection | None) -> Verdict:
    """All in order, in the projection that a person or the header names."""
    shown = projection or projection_of_view(film.header.view_position, film.header.view_code)
    if shown is Projection.LATERAL:
        source = Source.USER if projection is not None else Source.MODEL
        return lateral(crop(State.PASS), rotation(State.PASS, 2.0), source)
    verdict = frontal(crop(State.PASS))
    if projection is None:
        return verdict
    return Verdict(
        ProjectionFinding(Projection.FRONTAL, State.PASS, 0.2, Source.USER), verdict.findings, NAME
    )


class ScriptedAnalyser:
    """Answers with `script(film, projection)`; may be slow or unavailable, as a real cascade may be."""

    def __init__(
        self,
        script: Callable[[Film, Projection | None], Verdict] = by_header,
        unavailable: CascadeUnavailable | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.script = script
        self.unavailable = unavailable
        self.seconds = seconds
        self.cascade_name = NAME
        self.asked: list[tuple[str, Projection | None]] = []

    def warm_up(self) -> bool:
        return self.unavailable is None

    def analyse(self, film: Film, projection: Projection | None = None) -> Verdict:
        self.asked.append((film.header.sop_instance_uid, projection))
        if self.seconds:
            time.sleep(self.seconds)
        if self.unavailable is not None:
            raise self.unavailable
        return self.script(film, projection)
