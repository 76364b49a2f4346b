"""What the cascade found on one film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from workstation.domain.edges import Edge, Lines
from workstation.domain.field import WHOLE_FILM, AskewFilm, CollimatedField
from workstation.domain.projection import Projection


class State(StrEnum):
    """State of one criterion. Shown by icon, word and shape, then colour; never red for AI."""

    PASS = "pass"
    WARN = "warn"
    UNSURE = "unsure"
    NOT_ASSESSED = "not_assessed"


class Kind(StrEnum):
    """Criteria, in the order in which they are told."""

    BODY_PART = "body_part"
    POLARITY = "polarity"
    ORIENTATION = "orientation"
    PROJECTION = "projection"
    CROP = "crop"
    ROTATION = "rotation"


class Source(StrEnum):
    """Who said it: the model or the person who overrode it."""

    MODEL = "model"
    USER = "user"


@dataclass(frozen=True, slots=True)
class GateFinding:
    """Body part or polarity: `score` is the calibrated P(defect), 0..1, None if not assessed."""

    kind: Kind
    state: State
    score: float | None = None
    threshold: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrientationFinding:
    """How to set the film upright: turn clockwise by `rotate_deg` (0..270), then mirror if `mirrored`."""

    state: State
    rotate_deg: int = 0
    mirrored: bool = False
    score: float | None = None
    threshold: float | None = None
    reason: str = ""


NO_PROJECTION_STAGE = "the cascade has no projection stage"
"""Reason of a projection that nobody was asked for."""


@dataclass(frozen=True, slots=True)
class ProjectionFinding:
    """Frontal or lateral; `probability_lateral` is None where no model said and a person chose."""

    label: Projection
    state: State
    probability_lateral: float | None = None
    source: Source = Source.MODEL
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CropFinding:
    """Lung field outside the film.

    Attributes:
        score: calibrated probability of a cut-off lung field, 0..1; None where not assessed.
        threshold: `warn` threshold of the stage.
        edges: edges of the collimated field called cut, worst first, as seen on the stored image.
        edge_scores: calibrated probability per edge.
        lung_outline: polygons of the lung field, points (x, y) in fractions of width and height.
        reason: why not assessed, in plain English; ``""`` otherwise.
        beyond: how far lung goes on beyond each edge named, as a fraction of the film's width (left, right) or height
            (top, bottom); the network sees about 0.07 far. Empty where the cascade does not tell.
    """

    state: State
    score: float | None = None
    threshold: float | None = None
    unsure_from: float | None = None
    edges: tuple[Edge, ...] = ()
    edge_scores: Mapping[Edge, float] = field(default_factory=dict)
    lung_outline: Lines = ()
    reason: str = ""
    kind: Kind = Kind.CROP
    beyond: Mapping[Edge, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RotationFinding:
    """Rotation of the chest about the long axis on a lateral film.

    Attributes:
        score: calibrated probability of a rotation over 10 degrees from true lateral.
        angle_deg: estimated rotation in degrees, >= 0 unless the model gives a direction; None if not given.
        angle_sd_deg: one standard deviation of the angle's error, None where unknown.
        rib_separation_pct: distance of the posterior rib contours of both sides, % of the lung's depth, or None.
        rib_contours: these contours, the outer one first, in pieces where a part of it is uncertain; may be empty,
            and may run out of the film.
    """

    state: State
    score: float | None = None
    threshold: float | None = None
    unsure_from: float | None = None
    angle_deg: float | None = None
    angle_sd_deg: float | None = None
    reason: str = ""
    kind: Kind = Kind.ROTATION
    rib_separation_pct: float | None = None
    rib_contours: Lines = ()


Finding = CropFinding | RotationFinding


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything the cascade said about one film. `None` where the cascade does not offer the stage.

    `collimation` is the field that was judged: edges are its edges, not those of the film. Where the film lies
    askew or within a thin frame, `judged` is that field, and `collimation` the upright part of the picture that holds
    it, to the picture's borders where no blade is.
    """

    projection: ProjectionFinding
    findings: tuple[Finding, ...]
    cascade: str
    body_part: GateFinding | None = None
    polarity: GateFinding | None = None
    orientation: OrientationFinding | None = None
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    collimation: CollimatedField = WHOLE_FILM
    judged: AskewFilm | None = None

    @property
    def crop(self) -> CropFinding | None:
        return next((f for f in self.findings if isinstance(f, CropFinding)), None)

    @property
    def rotation(self) -> RotationFinding | None:
        return next((f for f in self.findings if isinstance(f, RotationFinding)), None)

    def found_within(self, part: CollimatedField) -> Verdict:
        """This verdict on `part` of a film, told of the film: places and distances in its fractions."""
        return self if part.whole else replace(self, findings=self._placed(part), collimation=part)

    def found_in_frame(self, frame: CollimatedField | AskewFilm) -> Verdict:
        """This verdict on what a thin frame encloses, or on a film set straight, told of the picture."""
        if frame.whole:
            return self
        corners = self._field.on_film((((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)),))
        ((upper_left, upper_right, lower_left),) = frame.on_film(corners)
        return replace(
            self,
            findings=self._placed(frame),
            collimation=frame.around(self.collimation),
            judged=AskewFilm(upper_left, upper_right, lower_left),
        )

    @property
    def _field(self) -> CollimatedField | AskewFilm:
        return self.judged or self.collimation

    def in_field(self, lines: Lines) -> Lines:
        """Lines in fractions of the film -> in fractions of the field that was judged."""
        return self._field.within(lines)

    def extent(self, edge: Edge) -> float:
        """Width of that field for its left and right edge, else its height; in fractions of the film's."""
        return self._field.extent(edge)

    def _placed(self, part: CollimatedField | AskewFilm) -> tuple[Finding, ...]:
        found: list[Finding] = []
        for finding in self.findings:
            if isinstance(finding, CropFinding):
                beyond = {edge: far * part.extent(edge) for edge, far in finding.beyond.items()}
                outline = part.on_film(finding.lung_outline)
                found.append(replace(finding, lung_outline=outline, beyond=beyond))
            else:
                found.append(replace(finding, rib_contours=part.on_film(finding.rib_contours)))
        return tuple(found)

    @property
    def retake_suggested(self) -> bool:
        """A defect that a second exposure could mend was found: cut-off or rotation in state `warn`."""
        return any(f.state is State.WARN for f in self.findings)

    @property
    def state(self) -> State:
        """The worst state over all criteria that the cascade offers: warn, unsure, not assessed, pass.

        Passed is only what was assessed in all of them.
        """
        states = [f.state for f in self.findings]
        states += [g.state for g in (self.body_part, self.polarity, self.orientation) if g is not None]
        if self.projection.reason != NO_PROJECTION_STAGE:
            states.append(self.projection.state)
        for state in (State.WARN, State.UNSURE, State.NOT_ASSESSED):
            if state in states:
                return state
        return State.PASS if self.findings else State.NOT_ASSESSED
