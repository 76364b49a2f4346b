"""What `evaluate` prints: the table of a cascade, and two of them side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workstation.services.evaluation.compare import (
    ANGLE_MAE,
    CLEAR_AUC,
    RIGHT_TURN,
    Difference,
    StageComparison,
)
from workstation.services.evaluation.geometry import EDGE_MEASURES
from workstation.services.evaluation.page import Judged
from workstation.services.evaluation.remarks import whose_thresholds

# Of the comparison; the report has all figures.
_SHOWN = (
    "AUC",
    "recall",
    "specificity",
    "precision",
    CLEAR_AUC,
    ANGLE_MAE,
    RIGHT_TURN,
    *EDGE_MEASURES.values(),
)


def table_lines(judged: Judged) -> list[str]:
    """The figures of one cascade, a line a stage."""
    lines = [
        "",
        f"{judged.cascade}: {whose_thresholds(judged.reports)}",
        f"{'stage':<18}{'films':>6}{'with':>6}  {'AUC (95 % CI)':<22}"
        f"{'recall':>7}{'+unsure':>8}{'spec.':>7}{'F1':>7}  ECE (by chance)",
    ]
    for report in judged.reports:
        area, point = report.auc, report.shipped
        interval = f"{area.value:.3f}" if math.isfinite(area.value) else "-"
        if math.isfinite(area.low):
            interval += f" ({area.low:.3f}-{area.high:.3f})"
        figures = [point.recall.value, report.flagged.recall.value]
        figures += [point.specificity.value, point.f1.value]
        cells = "".join(
            f"{v:>{n}.3f}" if math.isfinite(v) else f"{'-':>{n}}"
            for v, n in zip(figures, (7, 8, 7, 7), strict=True)
        )
        films = f"{report.stage.key:<18}{report.data.truth.size:>6}{report.positives:>6}"
        chance = f"{report.ece:.3f} ({report.ece_by_chance.low:.3f}-{report.ece_by_chance.high:.3f})"
        lines.append(f"{films}  {interval:<22}{cells}  {chance}")
    lines.append(
        "with: films that have the defect (projection: laterals). recall: share of them called; "
        "+unsure: called or marked unsure."
    )
    return lines


def comparison_lines(cascades: Sequence[str], found: Sequence[StageComparison]) -> list[str]:
    """Two cascades side by side, the chief figures a line each; nothing where there is no comparison.

    Args:
        cascades: the names of both.
    """
    if not found:
        return []
    lines = ["", f"{cascades[1]} minus {cascades[0]}, on the films that both scored"]
    lines.append(f"{'stage':<18}{'films':>6}  {'figure':<38}{'first':>8}{'second':>8}  difference (95 % CI)")
    for stage in found:
        head = f"{stage.stage.key:<18}{stage.films:>6}"
        for gap in (gap for gap in stage.differences if gap.figure in _SHOWN):
            if math.isfinite(gap.first) or math.isfinite(gap.second):
                lines.append(f"{head:<24}  {_difference(gap)}")
                head = ""
    lines.append("*: the interval leaves zero out. Edges: each cascade on the films it rightly calls cut.")
    return lines


def _difference(gap: Difference) -> str:
    first, second = (f"{v:>8.3f}" if math.isfinite(v) else f"{'-':>8}" for v in (gap.first, gap.second))
    spread, between = "-", gap.difference
    if math.isfinite(between.value):
        # Adding zero after rounding leaves no -0.000.
        value, low, high = (round(v, 3) + 0.0 for v in (between.value, between.low, between.high))
        spread = f"{value:+.3f} ({low:+.3f} to {high:+.3f})" if math.isfinite(low) else f"{value:+.3f}"
    return f"{gap.figure:<38}{first}{second}  {spread}{' *' if between.excludes_zero else ''}"
