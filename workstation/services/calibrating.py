"""A site's own calibration and thresholds from its labelled films; the models are not touched.

Per stage: Platt's scaling on the shipped probability (kept only where it does better on patients left out), then
`warn` for a specificity of at least 0.95 on the site's films without the defect, and an unsure band below it.

A probability holds for one prevalence. Labelled films are often picked, half of them with the defect; the scaling
then would call every film likelier to have it than it is. So the prevalence among the films of every day can be
stated; ranking, specificity and recall do not depend on it, and the same films are called or unsure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workstation.domain.cascade import Thresholds
from workstation.domain.findings import Kind
from workstation.inference import site_calibration
from workstation.inference.calibration import Identity, Isotonic, Temperature
from workstation.inference.specs import Manifest, StageSpec
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.metrics import F64, Interval
from workstation.services.evaluation.scoring import ScoredFilm
from workstation.services.evaluation.stages import STAGES, Stage, collect

SPECIFICITY = 0.95
SENSITIVITY = 0.95  # of warn and unsure together, where the band stays narrow enough
WIDEST_BAND = 0.10  # at most this share of films without the defect may end in the unsure band
# A film with half the odds of one that just warns is never passed: a threshold set on some dozens of films with the
# defect is not known any better than that.
NEAR_ODDS = 2.0
# 0.95 ** 59 < 0.05: with 59 clean films and none called, a specificity of 0.95 is shown; fewer cannot show it.
NEEDED_WITHOUT = 59
NEEDED_WITH = 20
FOLDS = 5
_SUREST = 13.9  # log odds: no score is surer (`inference.calibration.LEAST`)

_UNKNOWN = Interval(math.nan)
_KINDS = (Kind.BODY_PART, Kind.POLARITY, Kind.CROP, Kind.ROTATION)


@dataclass(frozen=True, slots=True)
class StageFit:
    """What was found for one stage of the manifest.

    Attributes:
        skipped: why the stage stays as shipped; ``""`` where it was fitted.
        patients_with, patients_without: patients with at least one film with (without) the defect.
        calibration, thresholds: for the overlay; the shipped calibration where refitting did not help.
        refitted: the calibration differs from the shipped one.
        specificity, recall, unsure: on the films of the fit, several of a patient counted for what they are worth.
        log_loss_shipped, log_loss_left_out: as shipped, and refitted on patients left out; at `prevalence`.
        share: of the defect in the labelled films (weighted), 0..1.
        prevalence: what a refitted probability holds for, 0..1: as stated, else `share`.
    """

    name: str
    skipped: str = ""
    films: int = 0
    patients_with: int = 0
    patients_without: int = 0
    calibration: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Thresholds | None = None
    refitted: bool = False
    log_loss_shipped: float = math.nan
    log_loss_left_out: float = math.nan
    specificity: Interval = _UNKNOWN
    recall: Interval = _UNKNOWN
    unsure: Interval = _UNKNOWN
    share: float = math.nan
    prevalence: float = math.nan

    @property
    def has_unsure(self) -> bool:
        """A score can end as "unsure"; False where `warn` begins where `pass` ends."""
        return self.thresholds is not None and self.thresholds.unsure_from < self.thresholds.warn


def stages_of(spec: StageSpec) -> list[Stage]:
    """The report's stages that a stage of the manifest answers."""
    branch = spec.plan.condition.projection
    return [s for s in STAGES if s.kind is spec.plan.kind and (branch is None or s.branch in (None, branch))]


def thresholds_by_key(manifest: Manifest) -> dict[str, Thresholds]:
    """Thresholds of a cascade by the report's stage keys."""
    return {stage.key: spec.plan.thresholds for spec in manifest.stages for stage in stages_of(spec)}


def limits_by_key(manifest: Manifest) -> dict[str, tuple[str, ...]]:
    """What a cascade's makers say its stages are weak at, by the report's stage keys."""
    return {stage.key: tuple(spec.limits) for spec in manifest.stages for stage in stages_of(spec)}


def keys_of(manifest: Manifest, names: Collection[str]) -> frozenset[str]:
    """The report's stage keys that these stages of the manifest answer."""
    return frozenset(
        stage.key for spec in manifest.stages if spec.plan.name in names for stage in stages_of(spec)
    )


def prevalences_by_key(manifest: Manifest, stated: Mapping[str, float]) -> dict[str, float]:
    """What probabilities hold for, by the report's stage keys; `stated` by the stage's name in the manifest.

    Without stages that answer frontals and laterals alike: theirs is that of both together.
    """
    answered = {spec.plan.name: stages_of(spec) for spec in manifest.stages if spec.plan.name in stated}
    return {stages[0].key: stated[name] for name, stages in answered.items() if len(stages) == 1}


def logit(probability: F64) -> F64:
    """ln(p / (1 - p)), p kept within 1e-6 of 0 and 1."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p) - np.log1p(-p), np.float64)


def platt(truth: F64, z: F64, weight: F64) -> tuple[float, float]:
    """(temperature, bias) of sigmoid((z + bias) / temperature) by maximum likelihood with Platt's targets (1999).

    Weights count against each other; whether they sum to one or to a thousand is no matter.

    Raises:
        ValueError: the score does not rise with the defect.
    """
    weight = weight / weight.mean()  # Platt's targets count films
    positives, negatives = float((weight * truth).sum()), float((weight * (1 - truth)).sum())
    target = np.where(truth > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    x = np.stack([z, np.ones_like(z)], axis=1)
    # From the middle: far out all p are 0 or 1, and Newton's steps overshoot to where they stay so.
    coefficients = np.array([0.0, math.log(positives / negatives)])

    def loss(c: F64) -> float:
        s = x @ c
        return float((weight * (np.logaddexp(0, s) - target * s)).sum())

    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(x @ coefficients, -60, 60)))
        gradient = x.T @ (weight * (p - target))
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2)
        step, size = np.linalg.solve(hessian, gradient), 1.0
        while size > 1e-6 and loss(coefficients - size * step) > loss(coefficients):
            size /= 2
        coefficients = coefficients - size * step
        if float(np.abs(size * step).max()) < 1e-10:
            break
    slope, intercept = (float(c) for c in coefficients)
    if slope <= 1e-3:
        raise ValueError("the score does not rise with the defect")
    return 1 / slope, intercept / slope


def _apply(z: F64, fit: tuple[float, float]) -> F64:
    return np.asarray(1 / (1 + np.exp(-np.clip((z + fit[1]) / fit[0], -60, 60))), np.float64)


def composed(spec: StageSpec, fit: tuple[float, float]) -> dict[str, Any]:
    """The manifest's calibration entry that does the shipped calibration first and `fit` on its logit then."""
    temperature, bias = fit
    shipped = spec.calibration
    if spec.activation == "sigmoid" and not isinstance(shipped, Isotonic):
        t, b = (shipped.temperature, shipped.bias) if isinstance(shipped, Temperature) else (1.0, 0.0)
        # ((x + b)/t + bias)/temperature = (x + b + bias t)/(t temperature)
        return {"method": "temperature", "temperature": t * temperature, "bias": b + bias * t}
    # Evenly spaced as log odds, before the fit and after it: most scores of a bold network lie within a hundredth of 0.
    odds = np.linspace(-_SUREST, _SUREST, 279)
    knots = np.concatenate(
        [[0.0, 1.0], _apply(odds, (1.0, 0.0)), _apply(temperature * odds - bias, (1.0, 0.0))]
    )
    if isinstance(shipped, Isotonic):
        x, y = np.array(shipped.x, np.float64), np.array(shipped.y, np.float64)
        # Just below each of its points as well: there it may make a step.
        below = np.maximum(np.nextafter(x, -np.inf), 0.0)
        grid = np.unique(np.concatenate([[0.0, 1.0], x, below, np.interp(knots, y, x)]))
        values = np.interp(grid, x, y)
    else:
        grid = values = np.unique(knots)
    made = _apply(logit(np.asarray(values, np.float64)), fit)
    return {"method": "isotonic", "x": grid.tolist(), "y": made.tolist()}


def as_entry(spec: StageSpec) -> dict[str, Any]:
    """The shipped calibration as the manifest writes it."""
    shipped = spec.calibration
    if isinstance(shipped, Temperature):
        return {"method": "temperature", "temperature": shipped.temperature, "bias": shipped.bias}
    if isinstance(shipped, Isotonic):
        return {"method": "isotonic", "x": list(shipped.x), "y": list(shipped.y)}
    assert isinstance(shipped, Identity)
    return {"method": "none"}


def for_prevalence(fit: tuple[float, float], share: float, prevalence: float) -> tuple[float, float]:
    """`fit` with its intercept moved from films of which `share` have the defect to `prevalence` of them, both 0..1.

    By Bayes' rule the log odds of every film move by the same amount; the slope stays.
    """
    temperature, bias = fit
    moved = logit(np.array([prevalence, share], np.float64))
    return temperature, bias + temperature * float(moved[0] - moved[1])


def _at_prevalence(truth: F64, weight: F64, prevalence: float) -> F64:
    """Weights under which the defect's share is `prevalence`; both classes are there."""
    having, lacking = float((weight * truth).sum()), float((weight * (1 - truth)).sum())
    return np.where(truth > 0, weight * prevalence / having, weight * (1 - prevalence) / lacking)


def _fitted(truth: F64, z: F64, weight: F64, prevalence: float | None) -> tuple[float, float]:
    """`platt`, for `prevalence` where one is stated."""
    fit = platt(truth, z, weight)
    if prevalence is None:
        return fit
    return for_prevalence(fit, float(np.average(truth, weights=weight)), prevalence)


def _left_out_loss(
    truth: F64,
    z: F64,
    weight: F64,
    patients: Sequence[str],
    prevalence: float | None = None,
    seed: int = 1,
) -> float:
    names, inverse = np.unique(np.asarray(patients), return_inverse=True)
    folds = np.random.default_rng(seed).permutation(names.size)[inverse] % FOLDS
    found = np.full(truth.size, np.nan)
    for fold in range(FOLDS):
        train, test = folds != fold, folds == fold
        if test.any():
            try:
                found[test] = _apply(z[test], _fitted(truth[train], z[train], weight[train], prevalence))
            except ValueError:
                return math.inf
    return m.log_loss(
        truth, found, weight if prevalence is None else _at_prevalence(truth, weight, prevalence)
    )


def choose_thresholds(truth: F64, score: F64, weight: F64, shipped: Thresholds) -> Thresholds:
    """Thresholds for calibrated scores; `shipped` on the same scale.

    `warn`: the best Youden index of all thresholds with the wanted specificity, so that a stage that separates its
    films well is not pushed down to the last permitted false alarm. `unsure_from`: low enough for the wanted
    sensitivity of both states together and for what lies close below `warn` (`NEAR_ODDS`), or as shipped where that
    is lower, as far as the band stays narrow enough. A stage shipped without an unsure state gets none for closeness.
    """
    lowest = m.threshold_at_specificity(truth, score, SPECIFICITY, weight)
    allowed = score >= lowest
    # Films below the lowest permitted threshold cannot move it: they stand at one common, lower score.
    warn = m.youden(truth, np.where(allowed, score, -1.0), weight) if allowed.any() else lowest
    warn = min(max(warn, lowest), 1.0)
    wanted = min(m.threshold_at_sensitivity(truth, score, SENSITIVITY, weight), shipped.unsure_from)
    if shipped.unsure_from < shipped.warn:
        odds = warn / max(1.0 - warn, 1e-6) / NEAR_ODDS
        wanted = min(wanted, odds / (1.0 + odds))
    kept = m.confusion(truth, score, warn, weight).specificity
    narrowest = m.threshold_at_specificity(truth, score, kept - WIDEST_BAND, weight)
    return Thresholds(round(warn, 6), round(min(warn, max(wanted, narrowest)), 6), shipped.edge)


def can_fit(spec: StageSpec) -> bool:
    """Whether this kind of stage is calibrated at all, films permitting."""
    return spec.plan.kind in _KINDS


def fit_stage(spec: StageSpec, films: Sequence[ScoredFilm], prevalence: float | None = None) -> StageFit:
    """Calibration and thresholds of one stage from films scored by the cascade as shipped.

    Args:
        prevalence: of the defect, above 0 and below 1, that the probabilities are to hold for; its share in `films`
            where None.
    """
    name = spec.plan.name
    if not can_fit(spec):
        return StageFit(name, skipped="this stage keeps its shipped thresholds")
    parts = [collect(stage, films) for stage in stages_of(spec)]
    truth, score, weight = (
        np.concatenate([getattr(part, what) for part in parts]) for what in ("truth", "score", "weight")
    )
    patients = [p for part in parts for p in part.patients]
    keys = np.array(patients, dtype=object)
    having, lacking = len(set(keys[truth == 1])), len(set(keys[truth == 0]))
    if having < NEEDED_WITH or lacking < NEEDED_WITHOUT:
        return StageFit(
            name,
            f"too few films: {having} patients with the defect and {lacking} without; "
            f"{NEEDED_WITH} and {NEEDED_WITHOUT} are needed",
            truth.size,
            having,
            lacking,
        )
    z = logit(score)
    share = float(np.average(truth, weights=weight))
    try:
        fit = _fitted(truth, z, weight, prevalence)
    except ValueError as error:
        return StageFit(
            name, f"{error} on these films; is the labels file right?", truth.size, having, lacking
        )
    counted = weight if prevalence is None else _at_prevalence(truth, weight, prevalence)
    shipped_loss = m.log_loss(truth, score, counted)
    left_out = _left_out_loss(truth, z, weight, patients, prevalence)
    refitted = left_out < shipped_loss
    shipped = spec.plan.thresholds
    if refitted:
        score = _apply(z, fit)
        # The shipped band on the scale of the refitted score: which films it holds depends on no prevalence.
        warn, unsure_from = _apply(logit(np.array([shipped.warn, shipped.unsure_from])), fit)
        shipped = Thresholds(float(warn), float(unsure_from), shipped.edge)
    chosen = choose_thresholds(truth, score, weight, shipped)
    called, unsure = score >= chosen.warn, (score >= chosen.unsure_from) & (score < chosen.warn)
    return StageFit(
        name,
        "",
        truth.size,
        having,
        lacking,
        composed(spec, fit) if refitted else as_entry(spec),
        chosen,
        refitted,
        shipped_loss,
        left_out,
        m.proportion(~called[truth == 0], weight[truth == 0], keys[truth == 0]),
        m.proportion(called[truth == 1], weight[truth == 1], keys[truth == 1]),
        m.proportion(unsure, weight, keys),
        share,
        share if prevalence is None else prevalence,
    )


def fit_cascade(
    manifest: Manifest, films: Sequence[ScoredFilm], prevalence: Mapping[str, float] | None = None
) -> list[StageFit]:
    """Fits of every stage, in the cascade's order; stages that stay as shipped say why.

    Args:
        prevalence: as for `fit_stage`, by the stage's name in the manifest.
    """
    stated = prevalence or {}
    return [fit_stage(spec, films, stated.get(spec.plan.name)) for spec in manifest.stages]


def overlay(manifest: Manifest, fits: Sequence[StageFit], about: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of site_calibration.json (see `inference.site_calibration`)."""
    stages: dict[str, Any] = {}
    hashes = {spec.plan.name: manifest.models[spec.model].sha256 for spec in manifest.stages}
    for fit in fits:
        if fit.skipped or fit.thresholds is None:
            continue
        chosen = fit.thresholds
        stages[fit.name] = {
            "model_sha256": hashes[fit.name],
            "calibration": dict(fit.calibration),
            "thresholds": {"warn": chosen.warn, "unsure_from": chosen.unsure_from, "edge": chosen.edge},
            "about": {
                "films": fit.films,
                "patients_with": fit.patients_with,
                "patients_without": fit.patients_without,
                "specificity": [
                    round(v, 4) for v in (fit.specificity.value, fit.specificity.low, fit.specificity.high)
                ],
                "recall": [round(v, 4) for v in (fit.recall.value, fit.recall.low, fit.recall.high)],
                "share_in_labels": round(fit.share, 4),
                # What the probabilities hold for; null where the shipped calibration was kept.
                "prevalence": round(fit.prevalence, 6) if fit.refitted else None,
            },
        }
    return {
        "schema": site_calibration.SCHEMA,
        "cascade": manifest.label,
        "about": dict(about),
        "stages": stages,
    }
