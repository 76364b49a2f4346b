"""Figures of a binary score, in numpy alone: ROC, AUC, DeLong, proportions, calibration, thresholds.

`truth` is 1 for the defect and 0 without it; `score` is higher where the defect is likelier; `weight` is a
film's weight (all ones by default). Figures that need both classes are nan where one is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workstation.domain.statistics import Z95, wilson_interval
from workstation.services.evaluation.clusters import effective_films

F64 = npt.NDArray[np.float64]

_ROUNDING = 1e-9  # of differences of figures within 0..1, at the very most
_SMALLEST = 1e-7  # probabilities nearer to 0 or 1 count as this far away in the log loss


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % confidence interval; `method` names how the interval was made."""

    value: float
    low: float = math.nan
    high: float = math.nan
    method: str = ""

    @property
    def excludes_zero(self) -> bool:
        """The whole interval lies above or below zero, by more than rounding could do."""
        return self.low > _ROUNDING or self.high < -_ROUNDING


@dataclass(frozen=True, slots=True)
class Confusion:
    """Weighted counts at one threshold: a score at or above it is a call."""

    tp: float
    fp: float
    fn: float
    tn: float

    @property
    def recall(self) -> float:
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        return _ratio(self.tn, self.tn + self.fp)

    @property
    def precision(self) -> float:
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def accuracy(self) -> float:
        return _ratio(self.tp + self.tn, self.tp + self.tn + self.fp + self.fn)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


@dataclass(frozen=True, slots=True)
class RocCurve:
    """ROC curve from (0, 0) to (1, 1); `threshold[i]` gives (`fpr[i]`, `tpr[i]`), the first is +inf."""

    fpr: F64
    tpr: F64
    threshold: F64


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin of a reliability diagram: films, mean score, rate of the defect with its Wilson interval."""

    low: float
    high: float
    films: int
    mean_score: float
    rate: Interval


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _arrays(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None) -> tuple[F64, F64, F64]:
    y, s = np.asarray(truth, np.float64), np.asarray(score, np.float64)
    w = np.ones_like(s) if weight is None else np.asarray(weight, np.float64)
    return y, s, w


def roc(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> RocCurve:
    """ROC curve with one point per distinct score."""
    y, s, w = _arrays(truth, score, weight)
    order = np.argsort(-s, kind="stable")
    y, s, w = y[order], s[order], w[order]
    last = np.nonzero(np.append(np.diff(s) != 0, True))[0] if s.size else np.zeros(0, np.intp)
    tps, fps = np.cumsum(w * y)[last], np.cumsum(w * (1 - y))[last]
    with np.errstate(invalid="ignore", divide="ignore"):
        tpr = np.concatenate([[0.0], tps / tps[-1] if s.size else []])
        fpr = np.concatenate([[0.0], fps / fps[-1] if s.size else []])
    return RocCurve(fpr, tpr, np.concatenate([[np.inf], s[last]]))


def auc(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Area under the ROC curve: P(a film with the defect scores higher), ties count half."""
    y, s, w = _arrays(truth, score, weight)
    if (w * y).sum() <= 0 or (w * (1 - y)).sum() <= 0:
        return math.nan
    curve = roc(y, s, w)
    area = float(((curve.fpr[1:] - curve.fpr[:-1]) * (curve.tpr[1:] + curve.tpr[:-1]) / 2).sum())
    # 24 trapezoids of a 24th sum to 0.9999999999999999: a perfect score must be 1 to the last digit.
    return round(min(max(area, 0.0), 1.0), 12)


def _midranks(x: F64) -> F64:
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle: F64 = (ends - counts + ends + 1) / 2
    return middle[inverse]


def _placements(y: F64, s: F64) -> tuple[F64, F64]:
    # Sun & Xu, IEEE Signal Process. Lett. 21 (2014): DeLong's structural components by mid-ranks.
    positive, negative = s[y == 1], s[y == 0]
    m, n = positive.size, negative.size
    together = _midranks(np.concatenate([positive, negative]))
    v10 = (together[:m] - _midranks(positive)) / n
    v01 = 1.0 - (together[m:] - _midranks(negative)) / m
    return v10, v01


def delong_covariance(truth: npt.ArrayLike, *scores: npt.ArrayLike) -> tuple[F64, F64]:
    """AUCs of one or more scores on the same films and their covariance matrix.

    DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988). Needs at least two films of each class, else nan.

    Returns:
        (k,) AUCs and (k, k) covariance for k scores.
    """
    y = np.asarray(truth, np.float64)
    m, n = int((y == 1).sum()), int((y == 0).sum())
    k = len(scores)
    if m < 2 or n < 2:
        return np.full(k, math.nan), np.full((k, k), math.nan)
    parts = [_placements(y, np.asarray(s, np.float64)) for s in scores]
    v10, v01 = np.stack([p[0] for p in parts]), np.stack([p[1] for p in parts])
    covariance = np.atleast_2d(np.cov(v10)) / m + np.atleast_2d(np.cov(v01)) / n
    return v10.mean(1), covariance


def delong(truth: npt.ArrayLike, score: npt.ArrayLike) -> Interval:
    """AUC with DeLong's interval, clipped to 0..1; films are taken as independent."""
    areas, covariance = delong_covariance(truth, score)
    if not math.isfinite(areas[0]):
        return Interval(math.nan, method="DeLong")
    area, sd = float(areas[0]), math.sqrt(max(float(covariance[0, 0]), 0.0))
    return Interval(area, max(0.0, area - Z95 * sd), min(1.0, area + Z95 * sd), "DeLong")


def newcombe_auc(area: float, positives: float, negatives: float) -> Interval:
    """Score-type interval of an AUC, sound near 0 and 1 where DeLong's and the bootstrap's have no width.

    Newcombe, Stat. Med. 25 (2006) 559-573, method 5.
    """
    n = (positives + negatives) / 2 - 1

    def too_far(theta: float) -> float:
        variance = theta * (1 - theta) * (1 + n * ((1 - theta) / (2 - theta) + theta / (1 + theta)))
        return abs(theta - area) - Z95 * math.sqrt(max(variance, 0.0) / (positives * negatives))

    def edge(outer: float) -> float:
        inner = area
        for _ in range(60):
            middle = (inner + outer) / 2
            if too_far(middle) > 0:
                outer = middle
            else:
                inner = middle
        return inner

    return Interval(area, edge(0.0), edge(1.0), "Newcombe")


def wilson(successes: float, trials: float) -> Interval:
    """A proportion with Wilson's score interval; nan without trials."""
    if trials <= 0:
        return Interval(math.nan, method="Wilson")
    return Interval(successes / trials, *wilson_interval(successes, trials), "Wilson")


def proportion(
    hit: npt.ArrayLike, weight: npt.ArrayLike | None = None, patients: npt.ArrayLike | None = None
) -> Interval:
    """Weighted share of `hit` (0/1) with Wilson's interval on the effective number of films.

    Kish's number for the weights; where patients repeat, films alike count for less (`clusters.effective_films`), and
    the method says ``Wilson, by patient``.

    Args:
        patients: one key a film; None takes films as independent.
    """
    h = np.asarray(hit, np.float64)
    w = np.ones_like(h) if weight is None else np.asarray(weight, np.float64)
    total = float(w.sum())
    if total <= 0:
        return Interval(math.nan, method="Wilson")
    keys = np.arange(h.size) if patients is None else np.asarray(patients, dtype=object)
    effective = effective_films(h, w, keys)
    # Of hits alone, rounding must not make more than all.
    found = wilson(min(float((w * h).sum()) / total, 1.0) * effective, effective)
    repeated = len(set(keys.tolist())) < h.size
    return replace(found, method="Wilson, by patient") if repeated else found


def confusion(
    truth: npt.ArrayLike, score: npt.ArrayLike, threshold: float, weight: npt.ArrayLike | None = None
) -> Confusion:
    """Counts when every score at or above `threshold` is called."""
    y, s, w = _arrays(truth, score, weight)
    called = s >= threshold
    return Confusion(
        tp=float(w[called & (y == 1)].sum()),
        fp=float(w[called & (y == 0)].sum()),
        fn=float(w[~called & (y == 1)].sum()),
        tn=float(w[~called & (y == 0)].sum()),
    )


def log_loss(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean negative log likelihood (natural logarithm) of probabilities, clipped at 1e-7."""
    y, s, w = _arrays(truth, score, weight)
    p = np.clip(s, _SMALLEST, 1 - _SMALLEST)
    return _ratio(float((w * -(y * np.log(p) + (1 - y) * np.log1p(-p))).sum()), float(w.sum()))


def brier(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean squared error of probabilities (Brier, 1950)."""
    y, s, w = _arrays(truth, score, weight)
    return _ratio(float((w * (s - y) ** 2).sum()), float(w.sum()))


def reliability(
    truth: npt.ArrayLike,
    score: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    bins: int = 10,
    patients: npt.ArrayLike | None = None,
) -> list[ReliabilityBin]:
    """Equal-width bins of the score, empty ones left out; `patients` as in `proportion`."""
    y, s, w = _arrays(truth, score, weight)
    keys = np.arange(y.size) if patients is None else np.asarray(patients, dtype=object)
    index = np.clip((s * bins).astype(int), 0, bins - 1)
    made = []
    for b in range(bins):
        inside = index == b
        if float(w[inside].sum()) > 0:
            mean = float(np.average(s[inside], weights=w[inside]))
            rate = proportion(y[inside], w[inside], keys[inside])
            made.append(ReliabilityBin(b / bins, (b + 1) / bins, int(inside.sum()), mean, rate))
    return made


def ece(
    truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None, bins: int = 10
) -> float:
    """Expected calibration error over equal-width bins of P(defect) (Naeini et al., AAAI 2015), 0..1.

    It adds up absolute gaps, so chance makes it larger on the average: on few films even a perfect calibration
    shows one. Read it beside `ece_by_chance`. A bootstrap is no help: every resample adds the noise once more, and
    neither percentile nor pivotal intervals hold their level near zero (0 and 50 % instead of 95 in simulations).
    nan without films.
    """
    y, s, w = _arrays(truth, score, weight)
    total = float(w.sum())
    if total <= 0:
        return math.nan
    index = np.clip((s * bins).astype(int), 0, bins - 1)
    gaps = np.bincount(index, weights=w * (y - s), minlength=bins)
    return float(np.abs(gaps).sum() / total)


def ece_by_chance(
    score: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    bins: int = 10,
    rounds: int = 500,
    seed: int = 1,
) -> Interval:
    """ECE that a perfectly calibrated score of these values would show on as many independent films.

    Consistency resampling (Broecker & Smith, Weather Forecast. 22, 2007): median and 95 % range. Few films never
    agree with their probabilities exactly: an ECE within the range is no sign of a wrong calibration. Films of one
    patient are not independent, so the true range reaches higher. nan without films.
    """
    s = np.asarray(score, np.float64)
    if s.size == 0:
        return Interval(math.nan)
    rng = np.random.default_rng(seed)
    drawn = [ece(rng.random(s.size) < s, s, weight, bins) for _ in range(rounds)]
    low, middle, high = np.percentile(drawn, [2.5, 50, 97.5])
    return Interval(float(middle), float(low), float(high), "labels drawn from the scores")


def youden(truth: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Threshold of the greatest sensitivity + specificity - 1 (Youden, 1950).

    Halfway between the chosen score and the next lower one, so that there is room on both sides; the highest
    such threshold where several are equally good. nan where a class is missing.
    """
    curve = roc(truth, score, weight)
    gain = curve.tpr - curve.fpr
    if not np.isfinite(gain).all() or gain.size < 2:
        return math.nan
    best = 1 + int(np.argmax(gain[1:]))
    if best + 1 < curve.threshold.size:
        return float((curve.threshold[best] + curve.threshold[best + 1]) / 2)
    return float(curve.threshold[best])


def threshold_at_specificity(
    truth: npt.ArrayLike, score: npt.ArrayLike, specificity: float = 0.95, weight: npt.ArrayLike | None = None
) -> float:
    """Lowest threshold that keeps at least `specificity` of the films without the defect below it.

    Halfway to the next higher score, or just above the highest. nan without such films.
    """
    y, s, w = _arrays(truth, score, weight)
    negative, share = s[y == 0], w[y == 0]
    if share.sum() <= 0:
        return math.nan
    order = np.argsort(negative, kind="stable")
    below = np.cumsum(share[order]) / share.sum()
    edge = negative[order][int(np.searchsorted(below, specificity - 1e-12))]
    above = s[s > edge]
    return float((edge + above.min()) / 2 if above.size else np.nextafter(edge, np.inf))


def threshold_at_sensitivity(
    truth: npt.ArrayLike, score: npt.ArrayLike, sensitivity: float = 0.95, weight: npt.ArrayLike | None = None
) -> float:
    """Highest threshold that keeps at least `sensitivity` of the films with the defect at or above it."""
    y, s, w = _arrays(truth, score, weight)
    positive, share = s[y == 1], w[y == 1]
    if share.sum() <= 0:
        return math.nan
    order = np.argsort(-positive, kind="stable")
    above = np.cumsum(share[order]) / share.sum()
    return float(positive[order][int(np.searchsorted(above, sensitivity - 1e-12))])


def expected_ppv(sensitivity: float, specificity: float, prevalence: float) -> float:
    """Positive predictive value at another prevalence, by Bayes' rule; nan when nothing is called."""
    true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    return _ratio(true, true + false)


def ppv_range(sensitivity: Interval, specificity: Interval, prevalence: float) -> Interval:
    """`expected_ppv` with what both figures make of it at the lower, then at the upper ends of their intervals.

    Without it, no false alarm on a few dozen films would read as "always right" at any prevalence.
    """
    value, low, high = (
        expected_ppv(*ends, prevalence)
        for ends in (
            (sensitivity.value, specificity.value),
            (sensitivity.low, specificity.low),
            (sensitivity.high, specificity.high),
        )
    )
    return Interval(value, low, high, "ends of the intervals")


def spearman(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Rank correlation (Spearman, 1904) with mid-ranks; nan when a side is constant or shorter than 3."""
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(_midranks(a), _midranks(b))[0, 1])


def two_sided_p(value: float, sd: float) -> float:
    """P value of a difference, normal approximation; 1 where it is 0, nan without a spread."""
    if value == 0:
        return 1.0
    return math.erfc(abs(value) / sd / math.sqrt(2)) if sd > 0 else math.nan
