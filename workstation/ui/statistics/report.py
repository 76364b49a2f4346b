"""The printed report: A4, light, vector, in the window's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QBuffer, QCoreApplication, QIODevice, QMarginsF, QPointF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

from workstation.domain.control_chart import Standing
from workstation.domain.decision import Choice
from workstation.domain.statistics import FEWEST_FILMS, Levels, Opinion
from workstation.services.durable_file import write_chosen
from workstation.services.statistics_service import Summary
from workstation.ui import i18n
from workstation.ui.statistics import words
from workstation.ui.statistics.against_panel import agreement, predictive
from workstation.ui.statistics.paper import Paper
from workstation.ui.statistics.rate_chart import nice_step, runs_of_limits, top_of

translate = QCoreApplication.translate
_DPI = 300


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed. `hidden`: numbers in place of names, None where names are shown."""

    summary: Summary
    levels: Levels
    reasons: Mapping[str, str]
    hidden: Mapping[str, int] | None = None
    site: str = ""


def write_report(report: Report, target: Path, made_at: datetime | None = None) -> int:
    """Write the PDF; returns its number of pages. Runs on any thread.

    Raises:
        StorageFailed: the file cannot be written; what was there of its name stays.
    """
    # Into memory: Qt says nothing of a disk that is full, and half a report would take the place of the last one.
    made = QBuffer()
    made.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(made)
    writer.setResolution(_DPI)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)
        )
    )
    writer.setTitle(_title())
    writer.setCreator("CXR Workstation")
    painter = QPainter(writer)
    try:
        at = made_at or datetime.now()
        paper = Paper(painter, writer, _DPI, f"{i18n.day(at.date())} {at:%H:%M}")
        _draw(paper, report)
    finally:
        painter.end()
    write_chosen(target, bytes(made.data().data()))
    return paper.page


def _title() -> str:
    return translate("Statistics", "Reject analysis of chest films")


def _draw(paper: Paper, report: Report) -> None:
    summary, levels = report.summary, report.levels
    total, rate = summary.total, summary.total.rejects
    paper.heading(_title(), words.days(summary.wanted.first, summary.wanted.last), _chosen(report))
    enough = total.decided >= FEWEST_FILMS
    paper.figures(
        [
            (words.count(total.total), translate("Statistics", "exposures")),
            (words.count(total.accepted), translate("Statistics", "accepted")),
            (words.count(total.kept), translate("Statistics", "kept with note")),
            (words.count(total.rejected), translate("Statistics", "rejected")),
            (words.percent(rate.rate) if enough else "–", translate("Statistics", "reject rate")),
            (
                words.percent(summary.repeats / total.decided) if enough else "–",
                translate("Statistics", "repeat rate"),
            ),
            (words.duration(summary.wait_median_s), translate("Statistics", "median time to decision")),
        ]
    )
    paper.sentence(words.verdict(rate, levels), bold=True)
    if enough:
        paper.sentence(
            translate("Statistics", "95 % confidence interval of the reject rate: {0} (Wilson).").format(
                words.interval(rate)
            )
        )
    paper.section(translate("Statistics", "Reject rate over time"))
    _rate_chart(paper, report)
    outside = [p for p in summary.chart.points if p.standing in (Standing.ABOVE, Standing.BELOW)]
    if outside:
        paper.sentence(words.outside(len(outside)), bold=True)
        for point in outside[:6]:
            paper.sentence(f"{words.point_text(point, summary.chart.step)}.")
    paper.section(translate("Statistics", "Reject reasons"))
    if summary.reasons:
        paper.bars(
            [
                (
                    report.reasons.get(bar.reason, bar.reason),
                    bar.share,
                    f"{words.count(bar.count)} · {words.percent(bar.share, 0)} · Σ {words.percent(bar.cumulative, 0)}",
                )
                for bar in summary.reasons
            ]
        )
    else:
        paper.sentence(translate("Statistics", "No film was rejected."))
    hidden = report.hidden
    for title, name, groups in (
        (
            translate("Statistics", "By projection"),
            translate("Statistics", "Projection"),
            words.in_order(summary.by_projection(), words.projection),
        ),
        (
            translate("Statistics", "By room"),
            translate("Statistics", "Room"),
            words.in_order(summary.by_room(), words.room),
        ),
        (
            translate("Statistics", "By person"),
            translate("Statistics", "Person"),
            words.people_in_order(summary.by_operator(), hidden),
        ),
    ):
        if not groups:
            continue
        paper.section(title)
        _group_table(paper, name, groups)
    _against(paper, summary)
    paper.section(translate("Statistics", "Findings and measures"))
    paper.lines_to_write_on(
        4, translate("Statistics", "Reviewed by"), translate("Statistics", "Date, signature")
    )
    paper.section(translate("Statistics", "How to read this"))
    paper.sentence(
        translate(
            "Statistics",
            "Rejected: a patient image never sent on (AAPM TG-305); rates are parts of the decided films. "
            "A film counts on the day it arrived. "
            "Repeat rate: accepted films beyond the first of the same study and projection. "
            "No rate is given for fewer than {0} films. Control limits: mean ± 3σ of a p-chart, the upper one by the "
            "binomial distribution where films or rejects are few. Target {1}, action "
            "level {2}. The cascade is a quality-control aid, not for diagnosis.",
        ).format(FEWEST_FILMS, words.level(levels.target), words.level(levels.action))
    )
    paper.finish()


def _chosen(report: Report) -> str:
    wanted = report.summary.wanted
    parts = [report.site] if report.site else []
    if wanted.projection is not None:
        parts.append(words.projection(wanted.projection))
    if wanted.room is not None:
        parts.append(words.room(wanted.room))
    if wanted.operator is not None:
        parts.append(words.operator(wanted.operator, report.hidden))
    return " · ".join(parts)


def _rate_chart(paper: Paper, report: Report) -> None:
    chart, levels = report.summary.chart, report.levels
    if chart.centre is None:
        paper.sentence(words.too_few(sum(point.tally.decided for point in chart.points)))
        return
    frame = paper.frame(58.0)
    top, points = top_of(chart, levels), chart.points
    count = max(1, len(points))

    def at(index: float, rate: float) -> QPointF:
        x = frame.left() + (index + 0.6) / (count + 0.2) * frame.width()
        return QPointF(x, frame.bottom() - min(1.0, rate / top) * frame.height())

    step = nice_step(top)
    for k in range(int(top / step + 1e-9) + 1):
        paper.grid_line(at(-0.6, k * step), at(count - 0.4, k * step), words.level(k * step))
    for run in runs_of_limits(points):
        upper = [at(i + d, points[i].upper) for i in run for d in (-0.5, 0.5)]
        lower = [at(i + d, points[i].lower) for i in reversed(run) for d in (0.5, -0.5)]
        paper.area([*upper, *lower])
    if chart.centre is not None:
        paper.line([at(-0.6, chart.centre), at(count - 0.4, chart.centre)], paper.colours.accent, 0.25)
    for level, colour, below, name in (
        (levels.target, paper.colours.passed, True, translate("Statistics", "target {0}")),
        (levels.action, paper.colours.warn, False, translate("Statistics", "action {0}")),
    ):
        paper.level(
            at(-0.6, level), at(count - 0.4, level), colour, name.format(words.level(level)), below=below
        )
    told: list[QPointF] = []
    for index, point in enumerate(points):
        rate = point.tally.rejects.rate
        if point.standing is Standing.TOO_FEW or rate is None:
            paper.line(told, paper.colours.text, 0.35)
            told = []
            continue
        told.append(at(index, rate))
    paper.line(told, paper.colours.text, 0.35)
    for index, point in enumerate(points):
        rate = point.tally.rejects.rate
        if point.standing is not Standing.TOO_FEW and rate is not None:
            paper.mark(at(index, rate), point.standing)
    each = max(1, -(-count * 24 // 138))
    for index, point in enumerate(points):
        if index % each == each // 2 and index < max(1, count - each // 4):
            paper.tick(at(index, 0.0), words.tick(point.first, chart.step))


def _group_table(paper: Paper, name: str, groups: Sequence[words.Group]) -> None:
    rows = []
    for group in groups:
        tally = group.tally
        enough = tally.decided >= FEWEST_FILMS
        rows.append(
            [
                group.name,
                words.count(tally.decided),
                words.count(tally.rejected),
                words.percent(tally.rejects.rate) if enough else translate("Statistics", "too few films"),
                words.interval(tally.rejects) if enough else "",
            ]
        )
    head = [
        name,
        translate("Statistics", "films"),
        translate("Statistics", "rejected"),
        translate("Statistics", "reject rate"),
        translate("Statistics", "95 % CI"),
    ]
    paper.table(head, rows, (0.36, 0.14, 0.16, 0.18, 0.16))


def _against(paper: Paper, summary: Summary) -> None:
    against = summary.against
    head = [translate("Statistics", "Cascade")]
    head += [words.choice(choice) for choice in (Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.RETAKE)]
    rows = []
    for opinion in Opinion:
        tally = against.rows[opinion]
        rows.append([words.opinion(opinion), *map(words.count, (tally.accepted, tally.kept, tally.rejected))])
    paper.section(translate("Statistics", "Cascade and people"))
    paper.table(head, rows, (0.34, 0.22, 0.22, 0.22))
    paper.sentence(f"{agreement(against)}.")
    paper.sentence(predictive(summary))
