"""Reports as plain rows for spreadsheets and statistics programs: stages.csv, films.csv, comparison.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workstation.domain.edges import Edge
from workstation.services.evaluation.compare import StageComparison
from workstation.services.evaluation.geometry import suggested_turn
from workstation.services.evaluation.judging import OperatingPoint, StageReport
from workstation.services.evaluation.metrics import Interval
from workstation.services.evaluation.scoring import ScoredFilm, Scores
from workstation.services.evaluation.stages import STAGES, verdict_of
from workstation.services.evaluation.tables import clean, turn_word

Row = dict[str, Any]


def stage_rows(cascade: str, reports: Sequence[StageReport]) -> list[Row]:
    """Rows of stages.csv: one per stage, set of films and threshold.

    What does not depend on the threshold, or only holds at the one in force (unsure films, edges, angles, turns),
    stands in that one's row alone.
    """
    rows = []
    for report in reports:
        scopes = [("all", report)]
        if report.paper_rule is not None:
            scopes.append(("projection right", report.paper_rule))
        for scope, found in scopes:
            for point in (found.shipped, found.youden):
                if point is None:
                    continue
                row = {"cascade": cascade, "stage": found.stage.key, "films_of": scope}
                row |= _figures(found, point)
                rows.append(row | (_once(found) if point is found.shipped else {}))
    return rows


def _columns(name: str, found: Interval) -> Row:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _figures(found: StageReport, point: OperatingPoint) -> Row:
    row: Row = {
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
        row |= _columns(name, interval)
    row |= {"ece": found.ece, "tp": point.confusion.tp, "fp": point.confusion.fp}
    row |= {"fn": point.confusion.fn, "tn": point.confusion.tn, "weighted": int(found.data.weighted)}
    row |= {f"ppv_at_{p:.4g}": value for p, value in point.ppv.items() if p == 0.05}
    return row | {"prevalence": found.prevalence, "ppv_at_prevalence": point.ppv.get(found.prevalence)}


def _once(found: StageReport) -> Row:
    row: Row = {
        "unsure_with": found.unsure_with,
        "unsure_without": found.unsure_without,
        "recall_warned_or_unsure": found.flagged.recall.value,
        "specificity_warned_or_unsure": found.flagged.specificity.value,
    }
    if found.edges is not None:
        row["edges_films"] = found.edges.films
        for name, share in found.edges.shares.items():
            row |= _columns(f"edges_{name}", share)
        for edge, (cut, area) in found.edges.by_edge.items():
            row |= {f"edge_{edge.value}_films": cut, **_columns(f"edge_{edge.value}_auc", area)}
    if found.angles is not None:
        angle = found.angles
        row |= {"angle_films": angle.truth.size, "angle_mae": angle.mae, "angle_bias": angle.bias}
        row |= {"angle_sd": angle.sd, **_columns("angle_within_5", angle.within_5)}
    if found.clear_turns is not None:
        clear = found.clear_turns
        row |= {"over_10": clear.over, "under_5": clear.under, **_columns("auc_10_vs_5", clear.auc)}
    if found.turns is not None:
        row |= {"turns_films": found.turns.table.total(), **_columns("turns_right", found.turns.right)}
    return row


def film_rows(scores: Scores) -> list[Row]:
    """Rows of films.csv: every film's labels and scores; the patient's key is left out."""
    return [{"cascade": scores.cascade, **_film(scored)} for scored in scores.films]


def _film(scored: ScoredFilm) -> Row:
    film, verdict = scored.film, scored.verdict
    row: Row = {
        "file": film.name,
        "dataset": film.dataset,
        "weight": film.weight,
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
    crop, rotation = scored.forced.crop, scored.forced.rotation
    if crop is not None:
        row["edges_true"] = ";".join(sorted(film.edges)) if film.edges else ""
        row["edges_called"] = ";".join(crop.edges)
        if crop.edge_scores:
            row |= {f"edge_{e.value}_score": _rounded(crop.edge_scores.get(e), 6) for e in Edge}
            row |= {f"beyond_{e.value}": _rounded(crop.beyond.get(e), 4) for e in Edge}
    if rotation is not None and rotation.angle_deg is not None:
        row["rotation_deg_true"] = "" if film.rotation_deg is None else film.rotation_deg
        row["rotation_deg"] = round(rotation.angle_deg, 2)
    # As the report counts them: what an unsure stage takes for likely is no suggestion.
    turn = suggested_turn(verdict.orientation)
    row["turn_true"] = "" if film.orientation is None else turn_word(film.orientation)
    row["turn_suggested"] = "" if turn is None else turn_word(turn)
    return row


def _rounded(value: float | None, digits: int) -> float | str:
    return "" if value is None else round(value, digits)


def comparison_rows(cascades: Sequence[str], found: Sequence[StageComparison]) -> list[Row]:
    """Rows of comparison.csv: one per stage and figure of two cascades, second minus first.

    Args:
        cascades: the names of both.
    """
    rows = []
    for stage in found:
        for gap in stage.differences:
            row: Row = {"first_cascade": cascades[0], "second_cascade": cascades[1], "stage": stage.stage.key}
            row |= {"films": stage.films, "positives": stage.positives, "figure": gap.figure}
            row |= {"first": gap.first, "second": gap.second, **_columns("difference", gap.difference)}
            row |= {"method": gap.difference.method, "p_delong": gap.p}
            for name, chance in zip(("first", "second"), gap.by_chance or (), strict=False):
                row |= {f"{name}_by_chance_low": chance.low, f"{name}_by_chance_high": chance.high}
            row |= {"only_first_right": stage.only_first_right, "only_second_right": stage.only_second_right}
            rows.append(row | {"mcnemar_p": stage.mcnemar_p})
    return rows


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the union of their columns, in order of first appearance; nan is blank."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: "" if clean(value) is None else value for key, value in row.items()})


def all_rows(parts: Iterable[Sequence[Row]]) -> list[Row]:
    """Rows of several cascades, one after the other."""
    return [row for part in parts for row in part]
