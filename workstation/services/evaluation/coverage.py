"""What became of every label: scored by a stage, or not, and why. No labelled film drops out unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workstation.domain.findings import Kind, Verdict
from workstation.domain.projection import Projection
from workstation.services.evaluation.labels import LabelledFilm, Labels
from workstation.services.evaluation.scoring import ScoredFilm, Scores
from workstation.services.evaluation.stages import STAGES, Stage, verdict_of

UNREAD = "the file could not be read"
_NOT_OFFERED = "the cascade has no such stage"
_NO_EDGES = "the cascade names no edges"


@dataclass(frozen=True, slots=True)
class _Question:
    """A label column, the kind of stage that answers it, and whether a film carries it.

    `details` says more about what `detail_of` asks, so that what is said of that is not said twice.
    """

    column: str
    kind: Kind
    labelled: Callable[[LabelledFilm], bool]
    detail_of: str = ""


_QUESTIONS = (
    _Question("body_part", Kind.BODY_PART, lambda film: film.other_body_part is not None),
    _Question("polarity", Kind.POLARITY, lambda film: film.inverted is not None),
    _Question("orientation", Kind.ORIENTATION, lambda film: film.orientation is not None),
    _Question("projection", Kind.PROJECTION, lambda film: film.projection is not Projection.UNKNOWN),
    _Question("crop", Kind.CROP, lambda film: film.cut is not None),
    _Question("crop_edges", Kind.CROP, lambda film: bool(film.edges), "crop"),
    _Question("rotated", Kind.ROTATION, lambda film: film.rotated is not None),
    _Question("rotation_deg", Kind.ROTATION, lambda film: film.rotation_deg is not None, "rotated"),
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """One label column of the file.

    Attributes:
        labelled: films that carry the label.
        scored: those of them that a stage gave a score for.
        unscored: why the others have none -> how many; together with `scored` all of `labelled`.
        detail: the column says more about what another one asks as well.
    """

    column: str
    labelled: int
    scored: int
    unscored: Mapping[str, int] = field(default_factory=dict)
    detail: bool = False

    def reasons(self) -> str:
        """The reasons with their numbers, the most frequent first."""
        ranked = sorted(self.unscored.items(), key=lambda item: -item[1])
        return "; ".join(f"{reason}: {films}" for reason, films in ranked)


def coverage(labels: Labels, scores: Scores) -> list[Coverage]:
    """Every label column that holds something, in the cascade's order."""
    unread = {failure.name for failure in scores.failures}
    made = []
    for question in _QUESTIONS:
        if not labels.filled.get(question.column):
            continue
        outcomes = [_outcome(question, s) for s in scores.films if question.labelled(s.film)]
        outcomes += [UNREAD for f in labels.films if f.name in unread and question.labelled(f)]
        why = Counter(outcome for outcome in outcomes if outcome)
        scored = len(outcomes) - why.total()
        detail = bool(question.detail_of) and bool(labels.filled.get(question.detail_of))
        made.append(Coverage(question.column, len(outcomes), scored, why, detail))
    return made


def notes(found: Sequence[Coverage]) -> list[str]:
    """A line on every column with films that no stage scored, unless they only could not be read."""
    made = []
    for row in found:
        if not row.unscored or (row.scored and (row.detail or set(row.unscored) == {UNREAD})):
            continue
        made.append(
            f"{row.column}: films labelled {row.labelled}, scored {row.scored or 'none'} ({row.reasons()})."
        )
    return made


def _outcome(question: _Question, scored: ScoredFilm) -> str:
    """Why a labelled film has no score for the question; "" where it has one."""
    stages = [s for s in STAGES if s.kind is question.kind]
    stage = next((s for s in stages if s.runs_on(scored)), None)
    if stage is None:
        # Neither the person nor the cascade knows which branch the film belongs to.
        return _because("the projection is not known", scored.verdict.projection.reason)
    verdict = verdict_of(stage, scored)
    if stage.reading(verdict) is None:
        return _missing(stage, verdict)
    if question.column == "crop_edges" and (verdict.crop is None or not verdict.crop.edge_scores):
        return _NO_EDGES
    return ""


def _because(what: str, why: str) -> str:
    return f"{what}, {why}" if why and why != what else what


def _missing(stage: Stage, verdict: Verdict) -> str:
    finding = {
        Kind.BODY_PART: verdict.body_part,
        Kind.POLARITY: verdict.polarity,
        Kind.ORIENTATION: verdict.orientation,
        Kind.PROJECTION: verdict.projection,
        Kind.CROP: verdict.crop,
        Kind.ROTATION: verdict.rotation,
    }[stage.kind]
    if finding is None:
        return f"{_NOT_OFFERED} for {stage.branch.value}s" if stage.branch is not None else _NOT_OFFERED
    return _because("not assessed", finding.reason)
