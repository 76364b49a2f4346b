"""Reports as plain rows and JSON: for scripts, statistics programs and the record."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workstation.services.evaluation.compare import Difference, StageComparison
from workstation.services.evaluation.coverage import Coverage
from workstation.services.evaluation.judging import OperatingPoint, StageReport
from workstation.services.evaluation.metrics import Interval
from workstation.services.evaluation.scoring import Scores
from workstation.services.evaluation.stages import STAGES, verdict_of


def _clean(value: Any) -> Any:
    # JSON has no nan: an unknown figure is null.
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(v) for v in value]
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
        "prevalence": report.prevalence,
        "thresholds": asdict(report.thresholds) if report.thresholds is not None else None,
        "auc": _interval(report.auc),
        "auc_delong": _interval(report.auc_delong),
        "auc_bootstrap": _interval(report.auc_bootstrap),
        # The key stays for scripts; whose threshold it is stands before it.
        "thresholds_by": report.shipped.name,
        "shipped": _point(report.shipped),
        "youden": _point(report.youden),
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
            "worst_right": _interval(found.worst_right),
            "one_right": _interval(found.one_right),
            "all_right": _interval(found.all_right),
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
    cleaned: dict[str, Any] = _clean(made)
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
    cleaned: dict[str, Any] = _clean(
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


def stage_rows(cascade: str, reports: Sequence[StageReport]) -> list[dict[str, Any]]:
    """Rows of stages.csv: one per stage, set of films and threshold."""
    rows = []
    for report in reports:
        scopes = [("all", report)]
        if report.paper_rule is not None:
            scopes.append(("projection right", report.paper_rule))
        for scope, found in scopes:
            for point in (found.shipped, found.youden):
                row: dict[str, Any] = {
                    "cascade": cascade,
                    "stage": found.stage.key,
                    "films_of": scope,
                    "films": found.data.truth.size,
                    "positives": found.positives,
                    "not_assessed": found.data.not_assessed,
                    "threshold_by": point.name,
                    "threshold": point.threshold,
                }
                figures = {
                    "auc": found.auc,
                    "precision": point.precision,
                    "recall": point.recall,
                    "f1": point.f1,
                    "specificity": point.specificity,
                    "accuracy": point.accuracy,
                    "log_loss": found.log_loss,
                    "brier": found.brier,
                    "ece_by_chance": found.ece_by_chance,
                    "unsure": found.unsure,
                }
                for name, interval in figures.items():
                    row |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
                row |= {"ece": found.ece, "tp": point.confusion.tp, "fp": point.confusion.fp}
                row |= {"fn": point.confusion.fn, "tn": point.confusion.tn}
                if point is found.shipped:
                    row |= {"unsure_with": found.unsure_with, "unsure_without": found.unsure_without}
                    row |= {
                        "recall_warned_or_unsure": found.flagged.recall.value,
                        "specificity_warned_or_unsure": found.flagged.specificity.value,
                    }
                row |= {f"ppv_at_{p:.4g}": value for p, value in point.ppv.items() if p == 0.05}
                row |= {"prevalence": found.prevalence, "ppv_at_prevalence": point.ppv.get(found.prevalence)}
                rows.append(row)
    return rows


def film_rows(scores: Scores) -> list[dict[str, Any]]:
    """Rows of films.csv: every film's labels and scores; the patient's key is left out."""
    rows = []
    for scored in scores.films:
        film, verdict = scored.film, scored.verdict
        row: dict[str, Any] = {
            "cascade": scores.cascade,
            "file": film.name,
            "dataset": film.dataset,
            "projection": film.projection.value,
            "projection_found": verdict.projection.label.value,
            "seconds": round(scored.seconds, 4),
        }
        for stage in STAGES:
            if not stage.runs_on(scored):
                continue
            truth, reading = stage.truth(film), stage.reading(verdict_of(stage, scored))
            row[f"{stage.key}_true"] = "" if truth is None else int(truth)
            if reading is not None:
                row[f"{stage.key}_score"] = round(reading.score, 6)
                state = "unsure" if reading.unsure else stage.positive if reading.called else stage.negative
                row[f"{stage.key}_state"] = state
        if scored.forced.crop is not None:
            row["edges_true"] = ";".join(sorted(film.edges)) if film.edges else ""
            row["edges_called"] = ";".join(scored.forced.crop.edges)
        if scored.forced.rotation is not None and scored.forced.rotation.angle_deg is not None:
            row["rotation_deg_true"] = "" if film.rotation_deg is None else film.rotation_deg
            row["rotation_deg"] = round(scored.forced.rotation.angle_deg, 2)
        if film.orientation is not None and verdict.orientation is not None:
            row["orientation_true"] = turn_word(film.orientation)
            row["orientation"] = turn_word((verdict.orientation.rotate_deg, verdict.orientation.mirrored))
        rows.append(row)
    return rows


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the union of their columns, in order of first appearance; nan is blank."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: "" if _clean(value) is None else value for key, value in row.items()})


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write readable JSON, nan as null; whole or not at all."""
    half = path.with_name(f"{path.name}.part")
    half.write_text(json.dumps(_clean(data), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)


def all_rows(parts: Iterable[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of several cascades, one after the other."""
    return [row for part in parts for row in part]
