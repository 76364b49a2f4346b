"""The readable report: one HTML file with its pictures inside, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from workstation.inference.site_calibration import SITE
from workstation.services.evaluation import plots
from workstation.services.evaluation.compare import Difference, StageComparison
from workstation.services.evaluation.judging import FIXED_PREVALENCE, OperatingPoint, StageReport
from workstation.services.evaluation.metrics import Interval
from workstation.services.evaluation.remarks import how_to_read, whose_thresholds
from workstation.services.evaluation.scoring import Failure
from workstation.services.evaluation.tables import turn_word

STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 Inter,"Segoe UI",Helvetica,Arial,sans-serif;color:#1f2933;background:#f4f6f8;margin:0}
main{max-width:1240px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:0 0 2px}h3{font-size:15px;margin:22px 0 6px}
p{margin:6px 0;max-width:84ch}.soft{color:#5b6773}.small{font-size:13px}
section{background:#fff;border:1px solid #dfe4ea;border-radius:10px;padding:20px 22px;margin:18px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;margin:8px 0}
th,td{padding:5px 8px;border-bottom:1px solid #e8ecf0;text-align:right;white-space:nowrap;vertical-align:top}
th{font-weight:600;color:#46525e;background:#f8fafb}th:first-child,td:first-child{text-align:left}
td small{color:#66727f;display:block}
.row{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
.row svg{border:1px solid #e8ecf0;border-radius:8px}
img{max-width:100%;border-radius:8px;margin-top:6px}
.note{border-left:4px solid #e0a100;background:#fff9e8;padding:8px 14px;border-radius:0 6px 6px 0;margin:10px 0}
nav a{display:inline-block;margin:0 12px 4px 0}a{color:#0b63a5}
td.good{background:#eaf6ee}td.less{background:#fff4e0}
@media print{body{background:#fff}section{break-inside:avoid;border:0;padding:8px 0}}
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """One cascade's part of the report. `sheets`: PNG of the worst films by stage key."""

    cascade: str
    reports: Sequence[StageReport]
    sheets: Mapping[str, bytes] = field(default_factory=dict)
    median_seconds: float = math.nan


@dataclass(frozen=True, slots=True)
class Page:
    """What the report is about."""

    labels: str
    made: str
    program: str
    films: int
    cascades: Sequence[Judged]
    comparison: Sequence[StageComparison] = ()
    failures: Sequence[Failure] = ()
    ignored_columns: Sequence[str] = ()
    notes: Sequence[str] = ()


def _number(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def _cell(found: Interval, digits: int = 3, mark: str = "") -> str:
    spread = ""
    if math.isfinite(found.low) and math.isfinite(found.high):
        spread = f"<small>{found.low:.{digits}f} – {found.high:.{digits}f}</small>"
    return f"<td{mark}>{_number(found.value, digits)}{spread}</td>"


def _chance_cell(ece: float, chance: Interval) -> str:
    return f"<td>{_number(ece)}<small>by chance {_number(chance.low)} – {_number(chance.high)}</small></td>"


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f"<th>{escape(word)}</th>" for word in head)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else "–"


def _count(value: float) -> str:
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"


def _summary(judged: Judged) -> str:
    rows = []
    for report in judged.reports:
        point = report.shipped
        rows.append(
            f'<td><a href="#{report.stage.key}">{escape(report.stage.title)}</a></td>'
            f"<td>{report.data.truth.size}</td><td>{report.positives}</td>"
            + _cell(report.auc)
            + _cell(point.recall)
            + _cell(point.specificity)
            + _cell(point.precision)
            + _cell(point.f1)
            + f"<td>{_share(point.ppv[FIXED_PREVALENCE])}</td><td>{_share(report.unsure.value)}</td>"
            + _cell(report.flagged.recall)
            + _cell(report.log_loss)
            + _chance_cell(report.ece, report.ece_by_chance)
        )
    head = ["Stage", "films", "with", "AUC", "recall", "specificity", "precision", "F1"]
    return _table([*head, "PPV at 5 %", "unsure", "recall, warned or unsure", "log loss", "ECE"], rows)


def _points(report: StageReport) -> str:
    rows = []
    scopes = [("all films, true projection given" if report.paper_rule else "all films", report)]
    if report.paper_rule is not None:
        scopes.append(("films whose projection was right", report.paper_rule))
    for scope, found in scopes:
        for point in (found.shipped, found.flagged, found.youden):
            rows.append(_point_row(scope, found, point))
    site = _share(report.prevalence)
    head = ["Films", "n", "threshold", "AUC", "recall", "specificity", "precision", "F1", "accuracy"]
    return _table([*head, "PPV at 5 %", f"PPV at {site}"], rows)


def _point_row(scope: str, found: StageReport, point: OperatingPoint) -> str:
    return (
        f"<td>{escape(scope)}</td><td>{found.data.truth.size}</td>"
        f"<td>{escape(_whose(point))} {_number(point.threshold)}</td>"
        + _cell(found.auc)
        + _cell(point.recall)
        + _cell(point.specificity)
        + _cell(point.precision)
        + _cell(point.f1)
        + _cell(point.accuracy)
        + f"<td>{_share(point.ppv[FIXED_PREVALENCE])}</td>"
        + f"<td>{_share(point.ppv.get(found.prevalence, math.nan))}</td>"
    )


def _whose(point: OperatingPoint) -> str:
    return "site's own" if point.name == SITE else point.name


def _confusion(report: StageReport, point: OperatingPoint, band: bool = False) -> str:
    """Counts at one threshold; with `band` also how many of the films are in the unsure band."""
    stage, made = report.stage, point.confusion
    unsure = [f"<td>{_count(n)}</td>" if band else "" for n in (report.unsure_with, report.unsure_without)]
    rows = [
        f"<td>{escape(stage.positive)}</td>"
        f'<td class="good">{_count(made.tp)}</td><td class="less">{_count(made.fn)}</td>{unsure[0]}',
        f"<td>{escape(stage.negative)}</td>"
        f'<td class="less">{_count(made.fp)}</td><td class="good">{_count(made.tn)}</td>{unsure[1]}',
    ]
    head = ["labelled", f"called {stage.positive}", "not called", *(["of these unsure"] if band else [])]
    return f"<div><h3>At the {escape(_whose(point))} threshold</h3>{_table(head, rows)}</div>"


def _edges(report: StageReport) -> str:
    found = report.edges
    if found is None:
        return ""
    shares = _table(
        ["Of films rightly called cut", "n", "first edge right", "one edge right", "exactly these edges"],
        [
            f"<td></td><td>{found.films}</td>"
            + _cell(found.worst_right)
            + _cell(found.one_right)
            + _cell(found.all_right)
        ],
    )
    each = _table(
        ["Edge", "films cut there", "AUC of its score"],
        [f"<td>{edge.value}</td><td>{n}</td>{_cell(area)}" for edge, (n, area) in found.by_edge.items()],
    )
    return f'<h3>Edges</h3><div class="row"><div>{shares}</div><div>{each}</div></div>'


def _angles(report: StageReport) -> str:
    found = report.angles
    if found is None:
        return ""
    rows = [
        f"<td>{band.low:g} – {band.high:g}</td><td>{band.films}</td>"
        f"<td>{_number(band.mae, 1)}</td><td>{band.bias:+.1f}</td>"
        for band in found.bands
    ]
    direction = ""
    if found.direction is not None:
        direction = f" Direction right (from 5 degrees): {_share(found.direction.value)}."
    return (
        f'<h3>Angle</h3><div class="row">{plots.angle_chart(report)}<div>'
        f"<p>{found.truth.size} films. MAE {found.mae:.2f}, bias {found.bias:+.2f}, SD {_number(found.sd, 2)} "
        f"degrees; within 5 degrees: {_share(found.within_5.value)}; rank correlation "
        f"{_number(found.correlation, 2)}.{direction}</p>"
        + _table(["True angle, degrees", "films", "MAE", "bias outwards"], rows)
        + "</div></div>"
    )


def _turns(report: StageReport) -> str:
    found = report.turns
    if found is None:
        return ""
    names = sorted({turn for pair in found.table for turn in pair})
    rows = []
    for true in names:
        cells = []
        for named in names:
            n = found.table.get((true, named), 0)
            mark = ' class="good"' if n and true == named else ' class="less"' if n else ""
            cells.append(f"<td{mark}>{n or ''}</td>")
        rows.append(f"<td>{turn_word(true)}</td>{''.join(cells)}")
    return (
        f"<h3>Turns</h3><p>Right turn suggested: {_share(found.right.value)} "
        f"({_number(found.right.low)} – {_number(found.right.high)}).</p>"
        + _table(["needed / suggested", *(turn_word(name) for name in names)], rows)
    )


def _sources(report: StageReport) -> str:
    if not report.sources:
        return ""
    rows = [
        f"<td>{escape(row.dataset)}</td><td>{row.films}</td><td>{row.positives}</td>"
        + _cell(row.auc)
        + _cell(row.recall)
        + _cell(row.specificity)
        for row in report.sources
    ]
    return "<h3>By data set</h3>" + _table(
        ["Data set", "films", "with", "AUC", "recall", "specificity"], rows
    )


def _stage(report: StageReport, sheet: bytes | None) -> str:
    stage = report.stage
    missing = ""
    if report.data.not_assessed:
        missing = f" {report.data.not_assessed} labelled films were not assessed by the cascade."
    parts = [
        f'<section id="{stage.key}"><h2>{escape(stage.title)}</h2>',
        f'<p class="soft">{report.data.truth.size} films of {len(set(report.data.patients))} patients: '
        f"{report.positives} {escape(stage.positive)}, {report.negatives} {escape(stage.negative)}.{missing}</p>",
    ]
    if 0 < report.positives < report.data.truth.size:
        charts = [
            plots.roc_chart([("", report)]),
            plots.reliability_chart([("", report)]),
            plots.score_chart(report),
        ]
        parts.append(f'<div class="row">{"".join(charts)}</div>')
    else:
        parts.append('<p class="note">Only one class is labelled: no ROC curve.</p>')
    parts += [
        _points(report),
        '<div class="row">'
        + _confusion(report, report.shipped, band=True)
        + _confusion(report, report.youden)
        + "</div>",
        f'<p class="small soft">{_both_aucs(report)}'
        f"Log loss {_interval(report.log_loss)}, Brier {_interval(report.brier)}; "
        f"in the unsure band: {_share(report.unsure.value)}. {_calibration(report)}</p>",
        _edges(report),
        _angles(report),
        _turns(report),
        _sources(report),
    ]
    if sheet is not None:
        data = base64.b64encode(sheet).decode()
        parts.append(f'<h3>Worst films</h3><img alt="worst films" src="data:image/png;base64,{data}">')
    return "".join(parts) + "</section>"


def _both_aucs(report: StageReport) -> str:
    if not math.isfinite(report.auc.value):
        return ""
    return (
        f"AUC by DeLong {_interval(report.auc_delong)}, by bootstrap of patients {_interval(report.auc_bootstrap)}; "
        f"quoted: {escape(report.auc.method)}. "
    )


def _calibration(report: StageReport) -> str:
    chance = report.ece_by_chance
    more = "more than chance gives" if report.miscalibrated else "no more than chance gives"
    return (
        f"ECE {_number(report.ece)}, {more}: calibrated perfectly, 95 in 100 such sets of films would show "
        f"{_number(chance.low)} – {_number(chance.high)}."
    )


def _interval(found: Interval) -> str:
    if not math.isfinite(found.low):
        return _number(found.value)
    return f"{_number(found.value)} ({_number(found.low)} – {_number(found.high)})"


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def _difference(found: Difference) -> str:
    gap, better = found.difference, ""
    if gap.excludes_zero:
        less_is_better = found.figure in ("log loss", "Brier", "angle MAE, degrees")
        better = ' class="good"' if (gap.value < 0) == less_is_better else ' class="less"'
    value = _signed(gap.value) if math.isfinite(gap.value) else "–"
    spread = f"<small>{_signed(gap.low)} – {_signed(gap.high)}</small>" if math.isfinite(gap.low) else ""
    p = f"{found.p:.3g}" if math.isfinite(found.p) else ""
    if found.by_chance is None:
        both = f"<td>{_number(found.first)}</td><td>{_number(found.second)}</td>"
    else:
        first, second = found.by_chance
        both = _chance_cell(found.first, first) + _chance_cell(found.second, second)
    return f"<td>{escape(found.figure)}</td>{both}<td{better}>{value}{spread}</td><td>{p}</td>"


def _comparison(page: Page) -> str:
    if not page.comparison:
        return ""
    first, second = page.cascades[0], page.cascades[1]
    parts = [
        "<section><h2>Side by side</h2>"
        f'<p class="soft">Second minus first, on films that both scored (the true projection given). '
        f"First: {escape(first.cascade)}. Second: {escape(second.cascade)}. Shaded where the interval leaves "
        "zero out: green where the second is better. The ECE's difference has no interval: compare each ECE with "
        "what chance gives; whose probabilities are better, log loss and Brier say.</p>"
    ]
    firsts = {r.stage.key: r for r in first.reports}
    seconds = {r.stage.key: r for r in second.reports}
    for found in page.comparison:
        one, other = firsts[found.stage.key], seconds[found.stage.key]
        parts.append(f"<h3>{escape(found.stage.title)} — {found.films} films, {found.positives} with</h3>")
        chart = ""
        if 0 < found.positives < found.films:
            chart = plots.roc_chart([("first", one), ("second", other)])
        table = _table(
            ["Figure", "first", "second", "difference", "P (DeLong)"],
            [_difference(d) for d in found.differences],
        )
        words = (
            f'<p class="small soft">Right only in the first: {found.only_first_right}, only in the second: '
            f"{found.only_second_right} (McNemar P {found.mcnemar_p:.3g}).</p>"
        )
        parts.append(f'<div class="row">{chart}<div>{table}{words}</div></div>')
    return "".join(parts) + "</section>"


def _failures(page: Page) -> str:
    if not page.failures:
        return ""
    rows = [
        f"<td>{escape(f.name)}</td><td>{escape(f.code)}</td><td>{escape(f.message)}</td>"
        for f in page.failures
    ]
    return (
        f"<section><h2>Films not scored</h2><p>{len(page.failures)} of {page.films}.</p>"
        + _table(["File", "code", "why"], rows)
        + "</section>"
    )


def html(page: Page) -> str:
    """The whole report."""
    title = " against ".join(judged.cascade for judged in page.cascades)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>Evaluation of {escape(title)}</h1>"
        f'<p class="soft">{escape(page.labels)}, {page.films} films, {escape(page.made)}, '
        f"{escape(page.program)}. A quality-control aid, not for diagnosis.</p>"
    ]
    parts += [f'<p class="note">{escape(note)}</p>' for note in page.notes]
    if page.ignored_columns:
        names = ", ".join(page.ignored_columns)
        parts.append(
            f'<p class="small soft">Columns of the labels file that were ignored: {escape(names)}.</p>'
        )
    for judged in page.cascades:
        speed = ""
        if math.isfinite(judged.median_seconds):
            speed = f'<p class="small soft">Median time a film: {1000 * judged.median_seconds:.0f} ms.</p>'
        parts.append(
            f"<section><h2>{escape(judged.cascade)}</h2>"
            f'<p class="soft">{escape(whose_thresholds(judged.reports))}; stages after the projection on all their '
            "films.</p>"
            f"{_summary(judged)}{speed}</section>"
        )
    parts.append(_comparison(page))
    shown = [report for judged in page.cascades for report in judged.reports]
    parts += [
        _stage(report, page.cascades[0].sheets.get(report.stage.key)) for report in page.cascades[0].reports
    ]
    parts += [
        _failures(page),
        f'<section><h2>How to read this</h2><p class="soft">{escape(how_to_read(shown))}</p></section>',
    ]
    return "".join(parts) + "</main></body></html>\n"
