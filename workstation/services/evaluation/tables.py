"""Reports as JSON: for scripts and the record."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workstation.services.evaluation.compare import Difference, StageComparison
from workstation.services.evaluation.coverage import Coverage
from workstation.services.evaluation.judging import OperatingPoint, StageReport
from workstation.services.evaluation.metrics import Interval


def clean(value: Any) -> Any:
    """JSON-ready data: JSON has no nan, an unknown figure is None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean(v) for v in value]
    return value


def _interval(found: Interval) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "method": found.method}


def _point(found: OperatingPoint) -> dict[str, Any]:
    return {
        "threshold": found.threshold,
        "confusion": asdict(found.confusion),
        **{
            name: _interval(getattr(found, name))
            for name in ("recall", "specificity", "precision", "f1", "accuracy")
        },
        "expected_ppv": {f"{p:.4g}": value for p, value in found.ppv.items()},
    }


def stage_dict(report: StageReport) -> dict[str, Any]:
    """One stage as JSON-ready data, nan as None."""
    made: dict[str, Any] = {
        "stage": report.stage.key,
        "films": report.data.truth.size,
        "positives": report.positives,
        "negatives": report.negatives,
        "patients": len(set(report.data.patients)),
        "not_assessed": report.data.not_assessed,
        # Whether the counts of films in the confusion matrices are sums of weights.
        "weighted": report.data.weighted,
        "prevalence": report.prevalence,
        "thresholds": asdict(report.thresholds) if report.thresholds is not None else None,
        "auc": _interval(report.auc),
        "auc_delong": _interval(report.auc_delong),
        "auc_bootstrap": _interval(report.auc_bootstrap),
        # The key stays for scripts; whose threshold it is stands before it.
        "thresholds_by": report.shipped.name,
        "shipped": _point(report.shipped),
        "youden": _point(report.youden) if report.youden is not None else None,
        "log_loss": _interval(report.log_loss),
        "brier": _interval(report.brier),
        "ece": _interval(Interval(report.ece, method="none, see ece_by_chance")),
        "ece_by_chance": _interval(report.ece_by_chance),
        "unsure": _interval(report.unsure),
        "unsure_with": report.unsure_with,
        "unsure_without": report.unsure_without,
        "warned_or_unsure": _point(report.flagged),
        "sources": [asdict(row) for row in report.sources],
    }
    if report.edges is not None:
        found = report.edges
        made["edges"] = {
            "films_rightly_called": found.films,
            **{name: _interval(share) for name, share in found.shares.items()},
            "auc": {edge.value: {"cut": n, **_interval(area)} for edge, (n, area) in found.by_edge.items()},
        }
    if report.angles is not None:
        angle = report.angles
        made["angle"] = {
            "films": angle.truth.size,
            "mae": angle.mae,
            "bias": angle.bias,
            "sd": angle.sd,
            "within_5_degrees": _interval(angle.within_5),
            "rank_correlation": angle.correlation,
            "direction": _interval(angle.direction) if angle.direction is not None else None,
            "bands": [asdict(band) for band in angle.bands],
        }
    if report.clear_turns is not None:
        clear = report.clear_turns
        made["auc_10_vs_5"] = {"over_10": clear.over, "under_5": clear.under, **_interval(clear.auc)}
    if report.turns is not None:
        made["turns"] = {
            "right": _interval(report.turns.right),
            "table": [
                {"true": turn_word(true), "suggested": turn_word(named), "films": n}
                for (true, named), n in sorted(report.turns.table.items())
            ],
        }
    ruled = report.paper_rule
    made["projection_right_only"] = stage_dict(ruled) if ruled is not None and ruled is not report else None
    cleaned: dict[str, Any] = clean(made)
    return cleaned


def turn_word(turn: tuple[int, bool]) -> str:
    """An orientation as the labels file writes it."""
    return f"{turn[0]}{'+m' if turn[1] else ''}"


def coverage_dict(row: Coverage) -> dict[str, Any]:
    """What became of one label column, as JSON-ready data."""
    return {
        "column": row.column,
        "labelled": row.labelled,
        "scored": row.scored,
        "not_scored": dict(row.unscored),
    }


def comparison_dict(found: StageComparison) -> dict[str, Any]:
    """One stage's comparison as JSON-ready data."""
    cleaned: dict[str, Any] = clean(
        {
            "stage": found.stage.key,
            "films": found.films,
            "positives": found.positives,
            "only_first_right": found.only_first_right,
            "only_second_right": found.only_second_right,
            "mcnemar_p": found.mcnemar_p,
            "differences": [_difference(d) for d in found.differences],
        }
    )
    return cleaned


def _difference(found: Difference) -> dict[str, Any]:
    made = {
        "figure": found.figure,
        "first": found.first,
        "second": found.second,
        "difference": _interval(found.difference),
        "p": found.p,
    }
    if found.by_chance is not None:
        first, second = map(_interval, found.by_chance)
        made |= {"first_by_chance": first, "second_by_chance": second}
    return made


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all."""
    half = path.with_name(f"{path.name}.part")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)  # `path` is a folder, or the disk is full


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write readable JSON, nan as null; whole or not at all."""
    write_whole(path, json.dumps(clean(data), indent=1, ensure_ascii=False) + "\n")
