"""The readable report: one HTML file with its pictures inside, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import math
from collections.abc import Collection
from html import escape

from workstation.inference.site_calibration import SITE
from workstation.services.evaluation import plots
from workstation.services.evaluation.cells import (
    STYLE,
    cell,
    chance_cell,
    count,
    interval,
    number,
    percent,
    table,
)
from workstation.services.evaluation.geometry import EDGE_MEASURES
from workstation.services.evaluation.judging import FIXED_PREVALENCE, OperatingPoint, StageReport
from workstation.services.evaluation.metrics import ppv_range
from workstation.services.evaluation.page import Judged, Page
from workstation.services.evaluation.remarks import how_to_read, whose_thresholds
from workstation.services.evaluation.report_comparison import side_by_side
from workstation.services.evaluation.tables import turn_word


def _detailed(page: Page) -> list[tuple[Judged, StageReport]]:
    """What has a section of its own: every stage of the first cascade, and of the second those the first has not."""
    made: dict[str, tuple[Judged, StageReport]] = {}
    for judged in page.cascades:
        for report in judged.reports:
            made.setdefault(report.stage.key, (judged, report))
    return list(made.values())


def _summary(judged: Judged, linked: Collection[str]) -> str:
    """One cascade's row of every stage; those `linked` (keys) lead to a section."""
    rows = []
    for report in judged.reports:
        point = report.shipped
        key, title = report.stage.key, escape(report.stage.title)
        name = f'<a href="#{key}">{title}</a>' if key in linked else title
        rows.append(
            f"<td>{name}</td><td>{report.data.truth.size}</td><td>{report.positives}</td>"
            + cell(report.auc)
            + cell(point.recall)
            + cell(point.specificity)
            + cell(point.precision)
            + cell(point.f1)
            + _ppv(point, FIXED_PREVALENCE)
            + f"<td>{percent(report.unsure.value)}</td>"
            + cell(report.flagged.recall)
            + cell(report.log_loss)
            + chance_cell(report.ece, report.ece_by_chance)
        )
    head = ["Stage", "films", "with", "AUC", "recall", "specificity", "precision", "F1"]
    return table([*head, "PPV at 5 %", "unsure", "recall, warned or unsure", "log loss", "ECE"], rows)


def _points(report: StageReport) -> str:
    rows = []
    scopes = [("all films", report)]
    if report.stage.branch is not None and report.data.projection_labelled:
        scopes = [("all films, true projection given", report)]
        if report.paper_rule is not None:
            scopes.append(("films whose projection was right", report.paper_rule))
    elif report.stage.branch is not None:  # which films it judges is the cascade's own opinion
        scopes = [(f"films that the cascade takes for {report.stage.branch.value}s", report)]
    for scope, found in scopes:
        for point in (found.shipped, found.flagged, found.youden):
            if point is not None:
                rows.append(_point_row(scope, found, point, report.prevalence))
    site = percent(report.prevalence)
    head = ["Films", "n", "threshold", "AUC", "recall", "specificity", "precision", "F1", "accuracy"]
    return table([*head, "PPV at 5 %", f"PPV at {site}"], rows)


def _point_row(scope: str, found: StageReport, point: OperatingPoint, prevalence: float) -> str:
    """One row; `prevalence` is the column's, not that of the films of `found`."""
    return (
        f"<td>{escape(scope)}</td><td>{found.data.truth.size}</td>"
        f"<td>{escape(_whose(point))}<small>{number(point.threshold)}</small></td>"
        + cell(found.auc)
        + cell(point.recall)
        + cell(point.specificity)
        + cell(point.precision)
        + cell(point.f1)
        + cell(point.accuracy)
        + _ppv(point, FIXED_PREVALENCE)
        + _ppv(point, prevalence)
    )


def _ppv(point: OperatingPoint, prevalence: float) -> str:
    """A cell with the PPV to expect and its range below."""
    found = ppv_range(point.recall, point.specificity, prevalence)
    known = all(map(math.isfinite, (found.value, found.low, found.high)))
    spread = f"<small>{100 * found.low:.1f} – {percent(found.high)}</small>" if known else ""
    return f"<td>{percent(found.value)}{spread}</td>"


def _whose(point: OperatingPoint) -> str:
    return "site's own" if point.name == SITE else point.name


def _confusion(report: StageReport, point: OperatingPoint, band: bool = False) -> str:
    """Counts at one threshold; with `band` also how many of the films are in the unsure band."""
    stage, made = report.stage, point.confusion
    unsure = [f"<td>{count(n)}</td>" if band else "" for n in (report.unsure_with, report.unsure_without)]
    rows = [
        f"<td>{escape(stage.positive)}</td>"
        f'<td class="good">{count(made.tp)}</td><td class="less">{count(made.fn)}</td>{unsure[0]}',
        f"<td>{escape(stage.negative)}</td>"
        f'<td class="less">{count(made.fp)}</td><td class="good">{count(made.tn)}</td>{unsure[1]}',
    ]
    head = ["labelled", f"called {stage.positive}", "not called", *(["of these unsure"] if band else [])]
    weighted = ", sums of weights" if report.data.weighted else ""
    return f"<div><h3>At the {escape(_whose(point))} threshold{weighted}</h3>{table(head, rows)}</div>"


def _edges(report: StageReport) -> str:
    found = report.edges
    if found is None:
        return ""
    shares = table(
        ["Of films rightly called cut", "n", *(EDGE_MEASURES[key] for key in found.shares)],
        [f"<td></td><td>{found.films}</td>" + "".join(cell(share) for share in found.shares.values())],
    )
    each = table(
        ["Edge", "films cut there", "AUC of its score"],
        [f"<td>{edge.value}</td><td>{n}</td>{cell(area)}" for edge, (n, area) in found.by_edge.items()],
    )
    return f'<h3>Edges</h3><div class="row"><div>{shares}</div><div>{each}</div></div>'


def _angles(report: StageReport) -> str:
    found, clear = report.angles, report.clear_turns
    words = ""
    if clear is not None:
        words = (
            f"<p>Over 10 against under 5 degrees ({clear.over} against {clear.under} films, those between left out): "
            f"AUC {interval(clear.auc)}.</p>"
        )
    if found is None:
        return f"<h3>Angle</h3>{words}" if words else ""
    rows = [
        f"<td>{band.low:g} – {band.high:g}</td><td>{band.films}</td>"
        f"<td>{number(band.mae, 1)}</td><td>{band.bias:+.1f}</td>"
        for band in found.bands
    ]
    direction = ""
    if found.direction is not None:
        direction = f" Direction right (from 5 degrees): {percent(found.direction.value)}."
    return (
        f'<h3>Angle</h3><div class="row">{plots.angle_chart(report)}<div>'
        f"<p>{found.truth.size} films. MAE {found.mae:.2f}, bias {found.bias:+.2f}, SD {number(found.sd, 2)} "
        f"degrees; within 5 degrees: {percent(found.within_5.value)}; rank correlation "
        f"{number(found.correlation, 2)}.{direction}</p>{words}"
        + table(["True angle, degrees", "films", "MAE", "bias outwards"], rows)
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
        f"<h3>Turns</h3><p>Right turn suggested: {percent(found.right.value)} "
        f"({number(found.right.low)} – {number(found.right.high)}).</p>"
        + table(["needed / suggested", *(turn_word(name) for name in names)], rows)
    )


def _sources(report: StageReport) -> str:
    if not report.sources:
        return ""
    rows = [
        f"<td>{escape(row.dataset)}</td><td>{row.films}</td><td>{row.positives}</td>"
        + cell(row.auc)
        + cell(row.recall)
        + cell(row.specificity)
        for row in report.sources
    ]
    return "<h3>By data set</h3>" + table(["Data set", "films", "with", "AUC", "recall", "specificity"], rows)


def _stage(judged: Judged, report: StageReport, cascade: str = "") -> str:
    """The section of one stage; `cascade` says whose it is where the page has two."""
    stage, sheet = report.stage, judged.sheets.get(report.stage.key)
    whose = f' <span class="soft small">{escape(cascade)}</span>' if cascade else ""
    missing = ""
    if report.data.not_assessed:
        missing = f" Labelled films that the cascade did not assess: {report.data.not_assessed}."
    parts = [
        f'<section id="{stage.key}"><h2>{escape(stage.title)}{whose}</h2>',
        f'<p class="soft">{report.data.truth.size} films of {len(set(report.data.patients))} patients: '
        f"{report.positives} {escape(stage.positive)}, {report.negatives} {escape(stage.negative)}.{missing}</p>",
        *(f'<p class="small soft">Limit: {escape(limit)}.</p>' for limit in judged.limits.get(stage.key, ())),
    ]
    if 0 < report.positives < report.data.truth.size:
        charts = [
            plots.roc_chart(stage.title, [plots.roc_line(report)]),
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
        + (_confusion(report, report.youden) if report.youden is not None else "")
        + "</div>",
        f'<p class="small soft">{_both_aucs(report)}'
        f"Log loss {interval(report.log_loss)}, Brier {interval(report.brier)}; "
        f"in the unsure band: {percent(report.unsure.value)}. {_calibration(report)}</p>",
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
    unweighted = " (weights left out)" if report.data.weighted else ""
    return (
        f"AUC by DeLong{unweighted} {interval(report.auc_delong)}, "
        f"by bootstrap of patients {interval(report.auc_bootstrap)}; quoted: {escape(report.auc.method)}. "
    )


def _calibration(report: StageReport) -> str:
    chance = report.ece_by_chance
    more = "more than chance gives" if report.miscalibrated else "no more than chance gives"
    return (
        f"ECE {number(report.ece)}, {more}: calibrated perfectly, 95 in 100 such sets of films would show "
        f"{number(chance.low)} – {number(chance.high)}."
    )


def _labels(page: Page) -> str:
    parts = []
    for judged in page.cascades:
        if judged is not page.cascades[0] and judged.labels == page.cascades[0].labels:
            continue
        rows = [
            f"<td>{row.column}</td><td>{row.labelled}</td><td>{row.scored}</td><td>{escape(row.reasons()) or '–'}</td>"
            for row in judged.labels
        ]
        head = ["Column", "films labelled", "scored", "not scored, and why"]
        parts.append(f'<p class="soft">{escape(judged.cascade)}</p>{table(head, rows)}')
    return f"<section><h2>What became of the labels</h2>{''.join(parts)}</section>"


def _failures(page: Page) -> str:
    if not page.failures:
        return ""
    rows = [
        f"<td>{escape(f.name)}</td><td>{escape(f.code)}</td><td>{escape(f.message)}</td>"
        for f in page.failures
    ]
    return (
        f"<section><h2>Films not scored</h2><p>{len(page.failures)} of {page.films}.</p>"
        + table(["File", "code", "why"], rows)
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
    detailed = _detailed(page)
    for judged in page.cascades:
        linked = {report.stage.key for whose, report in detailed if whose is judged}
        speed = ""
        if math.isfinite(judged.median_seconds):
            speed = f'<p class="small soft">Median time a film: {1000 * judged.median_seconds:.0f} ms.</p>'
        parts.append(
            f"<section><h2>{escape(judged.cascade)}</h2>"
            f'<p class="soft">{escape(whose_thresholds(judged.reports))}; stages after the projection on all their '
            "films.</p>"
            f"{_summary(judged, linked)}{speed}</section>"
        )
    parts.append(side_by_side(page))
    shown = [report for judged in page.cascades for report in judged.reports]
    several = len(page.cascades) > 1
    parts += [_stage(judged, report, judged.cascade if several else "") for judged, report in detailed]
    parts += [
        _labels(page),
        _failures(page),
        f'<section><h2>How to read this</h2><p class="soft">{escape(how_to_read(shown))}</p></section>',
    ]
    return "".join(parts) + "</main></body></html>\n"
