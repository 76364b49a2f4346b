"""The report's section on two cascades, side by side."""

from __future__ import annotations

import math
from html import escape

from workstation.services.evaluation import plots
from workstation.services.evaluation.cells import chance_cell, number, signed, table
from workstation.services.evaluation.compare import LOWER_IS_BETTER, Difference, StageComparison
from workstation.services.evaluation.page import Page


def _difference(found: Difference) -> str:
    gap, better = found.difference, ""
    if gap.excludes_zero:
        less_is_better = found.figure in LOWER_IS_BETTER
        better = ' class="good"' if (gap.value < 0) == less_is_better else ' class="less"'
    value = signed(gap.value) if math.isfinite(gap.value) else "–"
    spread = f"<small>{signed(gap.low)} to {signed(gap.high)}</small>" if math.isfinite(gap.low) else ""
    p = f"{found.p:.3g}" if math.isfinite(found.p) else ""
    if found.by_chance is None:
        both = f"<td>{number(found.first)}</td><td>{number(found.second)}</td>"
    else:
        first, second = found.by_chance
        both = chance_cell(found.first, first) + chance_cell(found.second, second)
    return f"<td>{escape(found.figure)}</td>{both}<td{better}>{value}{spread}</td><td>{p}</td>"


def _curves(found: StageComparison) -> list[plots.RocLine]:
    """Curves of the films that both scored, as the table beside has them."""
    auc, recall, specificity = (
        next(d for d in found.differences if d.figure == name) for name in ("AUC", "recall", "specificity")
    )
    one, other = found.curves
    return [
        plots.RocLine(one, auc.first, recall.first, specificity.first, "first"),
        plots.RocLine(other, auc.second, recall.second, specificity.second, "second"),
    ]


def side_by_side(page: Page) -> str:
    """The section's HTML; "" where the page has one cascade alone."""
    if not page.comparison:
        return ""
    first, second = page.cascades[0], page.cascades[1]
    parts = [
        "<section><h2>Side by side</h2>"
        '<p class="soft">Second minus first, on films that both scored (the true projection given where it is '
        f"labelled). First: {escape(first.cascade)}. Second: {escape(second.cascade)}. Shaded where the interval "
        "leaves zero out: green where the second is better. The ECE's difference has no interval: compare each ECE "
        "with what chance gives; whose probabilities are better, log loss and Brier say. Nor has any other where all "
        "draws of patients gave the same, or where a class is one patient's. Edges: each cascade on the films it "
        "rightly calls cut.</p>"
    ]
    for found in page.comparison:
        parts.append(f"<h3>{escape(found.stage.title)} — {found.films} films, {found.positives} with</h3>")
        chart = ""
        if 0 < found.positives < found.films:
            chart = plots.roc_chart(found.stage.title, _curves(found))
        figures = table(
            ["Figure", "first", "second", "difference", "P (DeLong)"],
            [_difference(d) for d in found.differences],
        )
        words = (
            f'<p class="small soft">Right only in the first: {found.only_first_right}, only in the second: '
            f"{found.only_second_right} (McNemar P {found.mcnemar_p:.3g}, which takes films as independent).</p>"
        )
        parts.append(f'<div class="row">{chart}<div>{figures}{words}</div></div>')
    return "".join(parts) + "</section>"
