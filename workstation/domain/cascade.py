"""Which model runs next, and scores -> findings. Pure: the runtime brings numbers, this judges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workstation.domain.findings import (
    CropFinding,
    Edge,
    GateFinding,
    Kind,
    OrientationFinding,
    ProjectionFinding,
    RotationFinding,
    Source,
    State,
)
from workstation.domain.projection import Projection

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
    """Calibrated output of a crop stage: P(lung outside the film) and one probability per edge."""

    score: float
    edge_scores: Mapping[Edge, float] = field(default_factory=dict)
    lung_outline: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RotationReading:
    """Calibrated output of a rotation stage: P(rotated over 10 degrees), angle and its standard deviation."""

    score: float
    angle_deg: float | None = None
    angle_sd_deg: float | None = None


def judge_gate(kind: Kind, score: float, thresholds: Thresholds) -> GateFinding:
    """Finding of a gate (body part, polarity)."""
    return GateFinding(kind, thresholds.judge(score), score, thresholds.warn)


def judge_projection(probability_lateral: float, thresholds: Thresholds) -> ProjectionFinding:
    """Frontal, lateral, or unsure between the two thresholds; the likelier label is given all the same."""
    if probability_lateral >= thresholds.warn:
        return ProjectionFinding(Projection.LATERAL, State.PASS, probability_lateral)
    if probability_lateral < thresholds.unsure_from:
        return ProjectionFinding(Projection.FRONTAL, State.PASS, probability_lateral)
    middle = (thresholds.warn + thresholds.unsure_from) / 2
    likelier = Projection.LATERAL if probability_lateral >= middle else Projection.FRONTAL
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
    )


def turned_back(edge: Edge, rotate_deg: int, mirrored: bool) -> Edge:
    """Map an edge of the film set upright (turned clockwise by `rotate_deg`, then mirrored) to the stored film."""
    if mirrored:
        edge = {Edge.LEFT: Edge.RIGHT, Edge.RIGHT: Edge.LEFT}.get(edge, edge)
    clockwise = (Edge.TOP, Edge.RIGHT, Edge.BOTTOM, Edge.LEFT)
    return clockwise[(clockwise.index(edge) - rotate_deg // 90) % 4]
