"""Which model runs next, and scores -> findings. Pure: the runtime brings numbers, this judges them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from workstation.domain.edges import Edge, Lines
from workstation.domain.findings import (
    NO_PROJECTION_STAGE,
    CropFinding,
    Finding,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    Source,
    State,
    Verdict,
)
from workstation.domain.projection import Projection
from workstation.domain.turn import Turn

EDGE_ORDER = (Edge.LEFT, Edge.RIGHT, Edge.TOP, Edge.BOTTOM)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of one stage, all probabilities in 0..1.

    Attributes:
        warn: a score at or above it is `warn`.
        unsure_from: a score at or above it, but below `warn`, is `unsure`.
        edge: an edge score at or above it names the edge.
    """

    warn: float
    unsure_from: float
    edge: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.unsure_from <= self.warn <= 1.0:
            raise ValueError(
                f"thresholds need 0 <= unsure_from <= warn <= 1, got {self.unsure_from}, {self.warn}"
            )
        if not 0.0 <= self.edge <= 1.0:
            raise ValueError(f"edge threshold must lie in 0..1, got {self.edge}")

    @property
    def likelier_from(self) -> float:
        """From there a film that the projection is unsure of is taken for a lateral."""
        return (self.warn + self.unsure_from) / 2

    def judge(self, score: float) -> State:
        """State of a calibrated probability of the defect."""
        if score >= self.warn:
            return State.WARN
        if score >= self.unsure_from:
            return State.UNSURE
        return State.PASS


@dataclass(frozen=True, slots=True)
class Condition:
    """When a stage runs; None means whatever the projection is."""

    projection: Projection | None = None

    def holds(self, projection: Projection) -> bool:
        return self.projection is None or self.projection is projection


@dataclass(frozen=True, slots=True)
class OrientationClass:
    """One class of the orientation stage: turn clockwise by `rotate_deg`, then flip if `mirrored`."""

    rotate_deg: int
    mirrored: bool = False

    @property
    def upright(self) -> bool:
        return self.rotate_deg == 0 and not self.mirrored


@dataclass(frozen=True, slots=True)
class CropReading:
    """Calibrated output of a crop stage: P(lung outside the film), one probability per edge, and how far beyond it."""

    score: float
    edge_scores: Mapping[Edge, float] = field(default_factory=dict)
    lung_outline: Lines = ()
    beyond: Mapping[Edge, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RotationReading:
    """Calibrated output of a rotation stage: P(rotated over 10 degrees), angle and its standard deviation, and the
    posterior ribs of both sides: how far apart (% of the lung's depth) and where (outer contour first)."""

    score: float
    angle_deg: float | None = None
    angle_sd_deg: float | None = None
    rib_separation_pct: float | None = None
    rib_contours: Lines = ()


def judge_gate(kind: Kind, score: float, thresholds: Thresholds) -> GateFinding:
    """Finding of a gate (body part, polarity)."""
    return GateFinding(kind, thresholds.judge(score), score, thresholds.warn)


def judge_projection(probability_lateral: float, thresholds: Thresholds) -> ProjectionFinding:
    """Frontal, lateral, or unsure between the two thresholds; the likelier label is given all the same."""
    if probability_lateral >= thresholds.warn:
        return ProjectionFinding(Projection.LATERAL, State.PASS, probability_lateral)
    if probability_lateral < thresholds.unsure_from:
        return ProjectionFinding(Projection.FRONTAL, State.PASS, probability_lateral)
    lateral = probability_lateral >= thresholds.likelier_from
    likelier = Projection.LATERAL if lateral else Projection.FRONTAL
    return ProjectionFinding(likelier, State.UNSURE, probability_lateral)


def override_projection(chosen: Projection, measured: ProjectionFinding | None) -> ProjectionFinding:
    """The radiographer's word stands; the model's probability is kept beside it."""
    probability = measured.probability_lateral if measured is not None else None
    return ProjectionFinding(chosen, State.PASS, probability, Source.USER)


def judge_orientation(
    probabilities: Mapping[OrientationClass, float], thresholds: Thresholds
) -> OrientationFinding:
    """Suggest a turn where the film is surely not upright.

    `score` is the probability that the film is *not* upright (1 - P of the upright class).
    """
    score = 1.0 - sum(p for c, p in probabilities.items() if c.upright)
    score = min(1.0, max(0.0, score))
    state = thresholds.judge(score)
    if state is State.PASS:
        return OrientationFinding(state, 0, False, score, thresholds.warn)
    turned = {c: p for c, p in probabilities.items() if not c.upright}
    best = max(turned, key=lambda c: turned[c])
    return OrientationFinding(state, best.rotate_deg, best.mirrored, score, thresholds.warn)


def judge_crop(reading: CropReading, thresholds: Thresholds) -> CropFinding:
    """Finding of a crop stage.

    The edges named are those over the edge threshold, worst first; a warning always names at least the
    worst one. A film that passes names none.
    """
    state = thresholds.judge(reading.score)
    ranked = sorted(reading.edge_scores, key=lambda e: reading.edge_scores[e], reverse=True)
    edges: tuple[Edge, ...] = ()
    if state is not State.PASS:
        edges = tuple(e for e in ranked if reading.edge_scores[e] >= thresholds.edge)
        if not edges and ranked:
            edges = (ranked[0],)
    return CropFinding(
        state=state,
        score=reading.score,
        threshold=thresholds.warn,
        unsure_from=thresholds.unsure_from,
        edges=edges,
        edge_scores=dict(reading.edge_scores),
        lung_outline=reading.lung_outline,
        beyond={edge: reading.beyond[edge] for edge in edges if edge in reading.beyond},
    )


def judge_rotation(reading: RotationReading, thresholds: Thresholds) -> RotationFinding:
    """Finding of a rotation stage."""
    return RotationFinding(
        state=thresholds.judge(reading.score),
        score=reading.score,
        threshold=thresholds.warn,
        unsure_from=thresholds.unsure_from,
        angle_deg=reading.angle_deg,
        angle_sd_deg=reading.angle_sd_deg,
        rib_separation_pct=reading.rib_separation_pct,
        rib_contours=reading.rib_contours,
    )


@dataclass(frozen=True, slots=True)
class Correction:
    """How a stage is to see the film: greyscale inverted, turned clockwise by `rotate_deg`, then mirrored."""

    inverted: bool = False
    rotate_deg: int = 0
    mirrored: bool = False

    @property
    def turn(self) -> Turn:
        return Turn.of(self.rotate_deg, self.mirrored)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What the walk needs to know of a stage."""

    name: str
    kind: Kind
    thresholds: Thresholds
    condition: Condition = field(default_factory=Condition)


class StageFailed(Exception):
    """A stage gave no usable answer on this film; `reason` is a plain English phrase without identifiers."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Readings(Protocol):
    """Calibrated outputs of the stages, brought by the runtime. Every method may raise `StageFailed`.

    `score` is a probability (of a gate's defect, of a lateral), `orientation` one of each class; 0..1. Edges, outlines
    and contours are those of the corrected film, points in fractions of its sides.
    """

    def score(self, stage: str, correction: Correction) -> float: ...

    def orientation(self, stage: str, correction: Correction) -> Mapping[OrientationClass, float]: ...

    def crop(self, stage: str, correction: Correction) -> CropReading: ...

    def rotation(self, stage: str, correction: Correction) -> RotationReading: ...


NOT_A_CHEST = "not a chest film"
PROJECTION_UNKNOWN = "the projection is not known"
MODEL_FAILED = "the model failed on this film"
NO_NUMBER = "the model gave no finite number"


def judge_film(
    stages: Sequence[StagePlan], readings: Readings, cascade: str, chosen: Projection | None = None
) -> Verdict:
    """Walk the cascade over one film: polarity, orientation, body part, projection, then the branch.

    Where polarity or orientation warns, later stages see the corrected film, and edges and outlines are mapped
    back to the stored one. So does "is it a chest?": a chest on its side or inverted looks less like one. A film
    that is no chest stops the walk, unless a person has named the projection (that person has looked); what
    polarity and orientation said of it is dropped: they know chests alone. A stage that fails costs only itself.

    Args:
        stages: at most one of a kind for each projection.
        cascade: name@version, goes into the verdict.
        chosen: the radiographer's projection; None or UNKNOWN leaves it to the model.
    """
    forced = chosen if chosen is not None and chosen is not Projection.UNKNOWN else None
    gates = {p.kind: p for p in stages if p.kind not in _BRANCH}
    polarity = _gate(gates.get(Kind.POLARITY), readings, Correction())
    seen = Correction(inverted=polarity is not None and polarity.state is State.WARN)
    orientation = _orientation(gates.get(Kind.ORIENTATION), readings, seen)
    if orientation is not None and orientation.state is State.WARN:
        seen = replace(seen, rotate_deg=orientation.rotate_deg, mirrored=orientation.mirrored)
    body_part = _gate(gates.get(Kind.BODY_PART), readings, seen)
    blocked = ""
    if body_part is not None and body_part.state is State.WARN and forced is None:
        blocked = NOT_A_CHEST
        polarity = polarity and GateFinding(polarity.kind, State.NOT_ASSESSED, reason=blocked)
        orientation = orientation and OrientationFinding(State.NOT_ASSESSED, reason=blocked)
    projection = _projection(gates.get(Kind.PROJECTION), readings, seen, blocked)
    if forced is not None:
        projection = override_projection(forced, projection)
    if orientation is not None and orientation.mirrored and projection.label is Projection.LATERAL:
        # A lateral may face either way: half a turn sets it upright, and a flip would say more than anyone knows.
        orientation = replace(orientation, mirrored=False)
    branch = [p for kind in _BRANCH for p in stages if p.kind is kind]
    return Verdict(
        projection=projection,
        findings=_findings(branch, readings, seen, projection.label, blocked),
        cascade=cascade,
        body_part=body_part,
        polarity=polarity,
        orientation=orientation,
    )


_BRANCH = (Kind.CROP, Kind.ROTATION)


def _gate(plan: StagePlan | None, readings: Readings, seen: Correction) -> GateFinding | None:
    if plan is None:
        return None
    try:
        return judge_gate(plan.kind, readings.score(plan.name, seen), plan.thresholds)
    except StageFailed as failed:
        return GateFinding(plan.kind, State.NOT_ASSESSED, reason=failed.reason)


def _orientation(plan: StagePlan | None, readings: Readings, seen: Correction) -> OrientationFinding | None:
    if plan is None:
        return None
    try:
        return judge_orientation(readings.orientation(plan.name, seen), plan.thresholds)
    except StageFailed as failed:
        return OrientationFinding(State.NOT_ASSESSED, reason=failed.reason)


def _projection(
    plan: StagePlan | None, readings: Readings, seen: Correction, blocked: str
) -> ProjectionFinding:
    reason = blocked or (NO_PROJECTION_STAGE if plan is None else "")
    if plan is not None and not reason:
        try:
            return judge_projection(readings.score(plan.name, seen), plan.thresholds)
        except StageFailed as failed:
            reason = failed.reason
    return ProjectionFinding(Projection.UNKNOWN, State.NOT_ASSESSED, reason=reason)


def _findings(
    branch: Sequence[StagePlan], readings: Readings, seen: Correction, projection: Projection, blocked: str
) -> tuple[Finding, ...]:
    """One finding a criterion: of this projection's stages, else `not_assessed` for what might have run."""
    judge: Mapping[Kind, Callable[[StagePlan, Readings, Correction], Finding]] = {
        Kind.CROP: _crop,
        Kind.ROTATION: _rotation,
    }
    skipped: Mapping[Kind, Callable[[str], Finding]] = {
        Kind.CROP: lambda reason: CropFinding(State.NOT_ASSESSED, reason=reason),
        Kind.ROTATION: lambda reason: RotationFinding(State.NOT_ASSESSED, reason=reason),
    }
    found: dict[Kind, Finding] = {}
    for plan in branch:
        if projection is not Projection.UNKNOWN and not plan.condition.holds(projection):
            continue
        if blocked or not plan.condition.holds(projection):
            found.setdefault(plan.kind, skipped[plan.kind](blocked or PROJECTION_UNKNOWN))
            continue
        try:
            found[plan.kind] = judge[plan.kind](plan, readings, seen)
        except StageFailed as failed:
            found[plan.kind] = skipped[plan.kind](failed.reason)
    return tuple(found.values())


def _crop(plan: StagePlan, readings: Readings, seen: Correction) -> CropFinding:
    reading = readings.crop(plan.name, seen)
    turn = seen.turn
    stored = CropReading(
        reading.score,
        {turn.edge_back(edge): score for edge, score in reading.edge_scores.items()},
        _turned_back(reading.lung_outline, seen),
        {turn.edge_back(edge): far for edge, far in reading.beyond.items()},
    )
    return judge_crop(stored, plan.thresholds)


def _rotation(plan: StagePlan, readings: Readings, seen: Correction) -> RotationFinding:
    reading = readings.rotation(plan.name, seen)
    lines = _turned_back(reading.rib_contours, seen)
    return judge_rotation(replace(reading, rib_contours=lines), plan.thresholds)


def _turned_back(lines: Lines, seen: Correction) -> Lines:
    """Lines of the corrected film on the stored one."""
    return tuple(tuple(seen.turn.point_back(x, y, 1.0, 1.0) for x, y in line) for line in lines)
