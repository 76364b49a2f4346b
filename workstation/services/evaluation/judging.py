"""One stage's figures: the row of the paper's table, and more."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workstation.domain.cascade import Thresholds
from workstation.domain.findings import Kind
from workstation.inference.site_calibration import SITE
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.areas import area, quoted_auc
from workstation.services.evaluation.geometry import (
    AngleReport,
    ClearTurns,
    EdgeReport,
    TurnReport,
    angles,
    clear_turns,
    edges,
    turns,
)
from workstation.services.evaluation.metrics import Confusion, Interval, ReliabilityBin, RocCurve
from workstation.services.evaluation.resampling import ROUNDS, bootstrap, with_width
from workstation.services.evaluation.scoring import Scores
from workstation.services.evaluation.stages import STAGES, Stage, StageData, collect

FIXED_PREVALENCE = 0.05
ECE_BINS = 10


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What one threshold does on the labelled films.

    Attributes:
        name: whose threshold: ``shipped``, ``site`` or ``Youden``; or ``warned or unsure``, where the unsure band
            counts as called. `threshold` is nan where the cascade does not say.
        ppv: expected PPV by prevalence (0..1).
    """

    name: str
    threshold: float
    confusion: Confusion
    recall: Interval
    specificity: Interval
    precision: Interval
    f1: Interval
    accuracy: Interval
    ppv: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One data set within a stage."""

    dataset: str
    films: int
    positives: int
    auc: Interval
    recall: Interval
    specificity: Interval


@dataclass(frozen=True, slots=True)
class StageReport:
    """Everything said about one stage of one cascade.

    Attributes:
        data: films, truths and scores.
        positives, negatives: numbers of films; `prevalence` is weighted (or given by the site).
        auc: the interval to quote; `auc_delong`, `auc_bootstrap`: both ways.
        ece: expected calibration error, 0..1; without an interval of its own (see `metrics.ece`).
        ece_by_chance: what a perfectly calibrated score would show on these films: median and 95 % range.
        shipped: at the threshold in force, which may be the site's own: see its name.
        youden: at the threshold that suits these very films best; None where a class is missing, for there is none.
        unsure: share of films in the unsure band; `unsure_with`, `unsure_without` are weighted counts by truth, and
            `flagged` is what comes of it where an unsure film counts as called.
        paper_rule: the same figures on films whose projection was right; None for stages before the branch.
    """

    data: StageData
    positives: int
    negatives: int
    prevalence: float
    thresholds: Thresholds | None
    auc: Interval
    auc_delong: Interval
    auc_bootstrap: Interval
    shipped: OperatingPoint
    youden: OperatingPoint | None
    log_loss: Interval
    brier: Interval
    ece: float
    ece_by_chance: Interval
    unsure: Interval
    unsure_with: float
    unsure_without: float
    flagged: OperatingPoint
    curve: RocCurve
    bins: tuple[ReliabilityBin, ...]
    sources: tuple[SourceRow, ...]
    edges: EdgeReport | None = None
    angles: AngleReport | None = None
    clear_turns: ClearTurns | None = None
    turns: TurnReport | None = None
    paper_rule: StageReport | None = None

    @property
    def stage(self) -> Stage:
        return self.data.stage

    @property
    def miscalibrated(self) -> bool:
        """The ECE is larger than chance alone would make it."""
        return self.ece > self.ece_by_chance.high


def _f1(truth: m.F64, called: npt.NDArray[np.bool_], weight: m.F64) -> float:
    return m.confusion(truth, called.astype(np.float64), 0.5, weight).f1


def operating_point(
    name: str,
    data: StageData,
    called: npt.NDArray[np.bool_],
    threshold: float,
    f1: Interval,
    prevalence: float,
) -> OperatingPoint:
    """Figures of one way of calling films."""
    y, w = data.truth, data.weight
    made = m.confusion(y, called.astype(np.float64), 0.5, w)
    recall = data.share(called, y == 1)
    specificity = data.share(~called, y == 0)
    shares = {FIXED_PREVALENCE, prevalence} if math.isfinite(prevalence) else {FIXED_PREVALENCE}
    return OperatingPoint(
        name,
        threshold,
        made,
        recall,
        specificity,
        data.share(y == 1, called),
        f1,
        data.share(called == (y == 1)),
        {p: m.expected_ppv(recall.value, specificity.value, p) for p in sorted(shares)},
    )


def _called_from(stage: Stage, thresholds: Thresholds) -> float:
    """The score from which a film counts as called: of the projection by the likelier side."""
    return thresholds.likelier_from if stage.kind is Kind.PROJECTION else thresholds.warn


def _sources(data: StageData, rounds: int) -> tuple[SourceRow, ...]:
    names = [s.film.dataset for s in data.scored]
    if len(set(names)) < 2:
        return ()
    rows = []
    for name in sorted(set(names)):
        part = data.subset([i for i, n in enumerate(names) if n == name])
        y, called = part.truth, part.called
        rows.append(
            SourceRow(
                name or "(blank)",
                y.size,
                int(y.sum()),
                area(part, min(rounds, 300)),
                part.share(called, y == 1),
                part.share(~called, y == 0),
            )
        )
    return tuple(rows)


def judge_stage(
    data: StageData,
    thresholds: Thresholds | None = None,
    prevalence: float | None = None,
    rounds: int = ROUNDS,
    site: bool = False,
) -> StageReport:
    """All figures of one stage.

    Args:
        thresholds: the cascade's, where known.
        prevalence: of the defect at the site; that of the labelled films where None.
        rounds: of the bootstrap by patient.
        site: the thresholds are the site's own.
    """
    y, s, w = data.truth, data.score, data.weight
    positives = int(y.sum())
    seen = float(np.average(y, weights=w)) if y.size else math.nan
    share = seen if prevalence is None else prevalence
    best = m.youden(y, s, w)
    above = s >= best
    flagged = data.called | data.unsure

    def figures(i: npt.NDArray[np.intp]) -> dict[str, float]:
        yi, si, wi = y[i], s[i], w[i]
        return {
            "auc": m.auc(yi, si, wi),
            "f1": _f1(yi, data.called[i], wi),
            "f1_youden": _f1(yi, above[i], wi),
            "f1_flagged": _f1(yi, flagged[i], wi),
            "log_loss": m.log_loss(yi, si, wi),
            "brier": m.brier(yi, si, wi),
        }

    found = {name: with_width(drawn) for name, drawn in bootstrap(data.patients, figures, rounds).items()}
    warn = _called_from(data.stage, thresholds) if thresholds is not None else math.nan
    band = thresholds.unsure_from if thresholds is not None else math.nan
    return StageReport(
        data=data,
        positives=positives,
        negatives=y.size - positives,
        prevalence=share,
        thresholds=thresholds,
        auc=quoted_auc(data, found["auc"]),
        auc_delong=m.delong(y, s),
        auc_bootstrap=found["auc"],
        shipped=operating_point(SITE if site else "shipped", data, data.called, warn, found["f1"], share),
        youden=operating_point("Youden", data, above, best, found["f1_youden"], share)
        if math.isfinite(best)
        else None,
        log_loss=found["log_loss"],
        brier=found["brier"],
        ece=m.ece(y, s, w, ECE_BINS),
        ece_by_chance=m.ece_by_chance(s, w, ECE_BINS),
        unsure=data.share(data.unsure),
        unsure_with=float(w[data.unsure & (y == 1)].sum()),
        unsure_without=float(w[data.unsure & (y == 0)].sum()),
        flagged=operating_point("warned or unsure", data, flagged, band, found["f1_flagged"], share),
        curve=m.roc(y, s, w),
        bins=tuple(m.reliability(y, s, w, ECE_BINS, data.patients)),
        sources=_sources(data, rounds),
        edges=edges(data),
        angles=angles(data),
        clear_turns=clear_turns(data, rounds),
        turns=turns(data),
    )


def judge(
    scores: Scores,
    thresholds: Mapping[str, Thresholds] | None = None,
    prevalence: Mapping[str, float] | None = None,
    rounds: int = ROUNDS,
    site: Collection[str] = (),
) -> list[StageReport]:
    """Reports of every stage that has at least one labelled and scored film, in the cascade's order.

    Args:
        thresholds, prevalence: by stage key (`stages.STAGES`).
        site: keys of stages whose thresholds are the site's own.
    """
    reports: list[StageReport] = []
    for stage in STAGES:
        data = collect(stage, scores.films)
        if not data.scored:
            continue
        known = (thresholds or {}).get(stage.key)
        share = (prevalence or {}).get(stage.key)
        own = stage.key in site
        report = judge_stage(data, known, share, rounds, own)
        if stage.branch is not None:
            right = collect(stage, scores.films, right_projection_only=True)
            same = len(right.scored) == len(data.scored)
            ruled = (
                report if same else judge_stage(right, known, share, rounds, own) if right.scored else None
            )
            report = replace(report, paper_rule=ruled)
        reports.append(report)
    return reports
