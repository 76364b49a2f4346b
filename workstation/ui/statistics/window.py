"""The statistics window: filters, figures, charts, and the films behind each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDialog, QSizePolicy, QVBoxLayout, QWidget

from workstation.domain.control_chart import Standing
from workstation.domain.decision import Choice, RejectReason
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, Levels, Opinion
from workstation.services.statistics_service import REPEATS, FilmList, Period, StatisticsService, Summary
from workstation.ui import error_words
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.look import ElidedLabel, Look, label, repolish, room_on_screen, scrolling
from workstation.ui.statistics import words
from workstation.ui.statistics.against_panel import AgainstPanel
from workstation.ui.statistics.bars import GroupChart, ParetoChart
from workstation.ui.statistics.choosers import GroupChooser, SubjectChooser
from workstation.ui.statistics.film_list import REASON_COLUMN, FilmListPanel, Naming
from workstation.ui.statistics.filter_bar import FilterBar
from workstation.ui.statistics.furniture import arranged, beside, card, scrolled, sheet
from workstation.ui.statistics.headline import Headline
from workstation.ui.statistics.rate_chart import RateChart
from workstation.ui.statistics.saving import Saver, Selection
from workstation.ui.words import capital

_WIDE = 1200  # at type of 100 %; narrower, the cards stand below each other


@dataclass(frozen=True, slots=True)
class Shown:
    """A list of films as it was asked for: what to call it, and which films."""

    title: Callable[[], str]
    wanted: FilmFilter


class StatisticsWindow(QDialog):
    """Not modal; reads on a worker, keeps its last answer while the next one is read.

    Signals:
        film_chosen: exposure id of a film to open on the console.
        failed: an error while reading or writing.
    """

    film_chosen = Signal(int)
    failed = Signal(object)

    def __init__(
        self,
        service: StatisticsService,
        jobs: Jobs,
        reasons: tuple[RejectReason, ...],
        levels: Levels,
        look: Look,
        language: str,
        parent: QWidget | None = None,
        period: Period = Period.QUARTER,
    ) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint, True)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, False)
        self.setMinimumSize(1024, min(640, room_on_screen(self).height()))
        self._service, self._jobs, self._levels = service, jobs, levels
        self._reasons, self._look, self._language = reasons, look, language
        self.saver = Saver(self, service, jobs, levels, self._selection)
        self.saver.failed.connect(self._failed)
        self.saver.saved.connect(lambda name: self._tell(lambda: self.tr("Saved: {0}").format(name)))
        self._said: Callable[[], str] | None = None
        self._said_tone = ""
        self._narrow = not look.roomy
        self._group = "projection"
        self._subject = ""
        self._group_keys: list[str] = []
        self.summary: Summary | None = None
        self._shown: Shown | None = None
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._build()
        self.filters.choose_period(period)
        self.reload()

    # ---- building ----

    @property
    def levels(self) -> Levels:
        """The site's levels that the figures are shown against."""
        return self._levels

    def restyle(self, look: Look, language: str, levels: Levels) -> None:
        """Build anew in another language, theme or with other levels; filters, figures and the film list stay."""
        self._look, self._language, self._levels = look, language, levels
        self.saver.set_levels(levels)
        self._narrow = self._is_narrow()
        filters, old, films = self.filters, self._holder, self.film_list.model
        kept = FilmList(tuple(films.film(row) for row in range(films.rowCount())), self._listed)
        self._build()
        self.filters.take_over(filters)
        self._outer.removeWidget(old)
        old.hide()
        old.deleteLater()
        if self.summary is not None:
            self._show_summary(self.summary)
        if self._shown is not None:
            self._show_films(self._shown, kept)

    def _is_narrow(self) -> bool:
        return not self._look.roomy or self.width() < self._look.px(_WIDE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_narrow() is not self._narrow:
            self.restyle(self._look, self._language, self._levels)

    def _build(self) -> None:
        look = self._look
        self.setWindowTitle(self.tr("Statistics"))
        body = QWidget()
        body.setObjectName("window")
        body.setStyleSheet(sheet(look))
        self._listed = 0
        self.filters = FilterBar(look, self._service.today(), narrow=self._narrow)
        self.headline = Headline(look, self._levels)
        self.rate = RateChart(look, self._levels)
        self.pareto = ParetoChart(look)
        self.groups = GroupChart(look, self._levels)
        self.against = AgainstPanel(look)
        self.film_list = FilmListPanel(look)
        self.legend = ElidedLabel()
        self.legend.setProperty("tone", "quiet")
        self.legend.setProperty("type", "small")
        self.legend.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.no_rejects = label(self.tr("No film was rejected."), tone="quiet")
        self.told = label(wrap=True)
        # However long a file's name is, the window stays as wide as it is.
        self.told.setMinimumWidth(1)
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.no_films = label(self.tr("No films here."), tone="quiet")
        self.no_films.hide()
        self.grouping = GroupChooser(look, self._group)
        self.subject = SubjectChooser(look, self._reason_names(), self._subject)
        over_time = card(self.tr("Over time"), self.rate, beside(self.subject, self.legend))
        why = card(self.tr("Reject reasons"), scrolled(self.no_rejects, self.pareto))
        where = card("", scrolled(self.no_films, self.groups), head=self.grouping)
        against = card(self.tr("Cascade and people"), self.against)
        against.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        films = card("", self.film_list)
        parts = arranged(look, over_time, why, where, against, films, narrow=self._narrow)
        column_ = QVBoxLayout(body)
        column_.setContentsMargins(12, 12, 12, 12)
        column_.setSpacing(8)
        column_.addWidget(self.filters)
        column_.addWidget(self.told)
        self._say()
        column_.addWidget(self.headline)
        column_.addLayout(parts, 1)
        # Where everything fits the charts give way; a scrolled content would keep its preferred height.
        self._holder = scrolling(body) if self._narrow else body
        self._outer.addWidget(self._holder)
        self._holder.show()
        self._connect()

    def _subject_changed(self) -> None:
        self._subject = str(self.subject.currentData())
        self.reload()

    def _connect(self) -> None:
        filters = self.filters
        filters.changed.connect(self.reload)
        filters.hidden_changed.connect(self._names_changed)
        filters.csv.clicked.connect(lambda _checked=False: self.saver.ask_csv())
        filters.report.clicked.connect(lambda _checked=False: self.saver.ask_report())
        self.subject.currentIndexChanged.connect(self._subject_changed)
        self.grouping.chosen.connect(self.group_by)
        self.headline.chosen.connect(self._headline_chosen)
        self.rate.chosen.connect(self._point_chosen)
        self.pareto.chosen.connect(self._reason_chosen)
        self.groups.chosen.connect(self._group_chosen)
        self.against.chosen.connect(self._opinion_chosen)
        self.film_list.film_chosen.connect(self.film_chosen)

    # ---- reading ----

    def reload(self) -> None:
        """Count anew on a worker, until today; an answer to an earlier question is dropped."""
        self.filters.set_today(self._service.today())
        wanted, step, subject = self.filters.wanted(), self.filters.wanted_step(), self._subject
        self._jobs.drop((id(self), "summary"))
        self._jobs.drop((id(self), "films"))
        self._shown = None
        self.film_list.clear()
        self._tell(None)
        self._jobs.run_task(
            lambda: self._service.summary(wanted, step, subject), self._counted, owner=(id(self), "summary")
        )

    def _counted(self, outcome: Outcome[Summary]) -> None:
        if outcome.value is None:
            self._failed(outcome.error)
            return
        self._show_summary(outcome.value)

    # ---- what is told ----

    def _failed(self, error: BaseException | None) -> None:
        """Said here too: the console's list of problems lies beneath this window."""
        self.failed.emit(error)
        if error is not None:
            self._tell(lambda: " ".join(error_words.error(error)), "danger")

    def _tell(self, said: Callable[[], str] | None, tone: str = "") -> None:
        """Say something until the next question; None says no more."""
        self._said, self._said_tone = said, tone
        self._say()

    def _say(self) -> None:
        self.told.setText(self._said() if self._said is not None else "")
        self.told.setProperty("tone", self._said_tone)
        repolish(self.told)
        self.told.setVisible(self._said is not None)

    def _show_summary(self, summary: Summary) -> None:
        self.summary = summary
        self.filters.put_names(summary.operators, summary.rooms)
        self.headline.show_summary(summary)
        self.rate.show_chart(summary.chart, with_levels=not summary.subject)
        self.rate.setAccessibleName(f"{self.tr('Over time')}: {self.subject.currentText()}")
        self.legend.set_full_text(self._legend(summary))
        self.pareto.show_reasons(summary.reasons, self._reason_names())
        self.pareto.setVisible(bool(summary.reasons))
        self.no_rejects.setVisible(not summary.reasons)
        self.against.show_summary(summary)
        self.group_by(self._group)

    def _legend(self, summary: Summary) -> str:
        period = words.days(summary.wanted.first, summary.wanted.last)
        if summary.chart.centre is None:
            return period
        text = self.tr("mean {0} · shaded: 3σ").format(words.percent(summary.chart.centre))
        if self._look.roomy:  # the filter says it too
            text = f"{period} · {text}"
        out = any(p.standing in (Standing.ABOVE, Standing.BELOW) for p in summary.chart.points)
        outside = self.tr("▲ ▼ outside")
        return f"{text} · {outside}" if out else text

    def group_by(self, key: str) -> None:
        """Show the bars by ``"projection"``, ``"room"`` or ``"operator"``."""
        self._group = key
        self.grouping.buttons[key].setChecked(True)
        summary = self.summary
        if summary is None:
            return
        if key == "projection":
            groups = words.in_order(summary.by_projection(), words.projection)
        elif key == "room":
            groups = words.in_order(summary.by_room(), words.room)
        else:
            groups = words.people_in_order(summary.by_operator(), self.filters.hidden)
        self._group_keys = [str(group.key) for group in groups]
        self.groups.setAccessibleName(self.grouping.buttons[key].text())
        self.groups.show_groups([(group.name, group.tally) for group in groups])
        self.groups.setVisible(bool(groups))
        self.no_films.setVisible(not groups)

    def _names_changed(self) -> None:
        self.group_by(self._group)
        if self._shown is not None:
            films = self.film_list.model
            kept = FilmList(tuple(films.film(row) for row in range(films.rowCount())), self._listed)
            self._show_films(self._shown, kept)

    def _reason_names(self) -> dict[str, str]:
        return {reason.key: reason.label(self._language) for reason in self._reasons}

    # ---- the films behind it ----

    def _headline_chosen(self, choices: tuple[Choice | None, ...]) -> None:
        name = choices[0] if choices else None
        self._list(
            lambda: self.tr("All films") if name is None else capital(words.choice(name)), choices=choices
        )

    def _point_chosen(self, index: int) -> None:
        assert self.summary is not None
        chart = self.summary.chart
        point, repeats = chart.points[index], self.summary.subject == REPEATS
        self._list(
            lambda: (self.tr("Sent, {0}") if repeats else self.tr("Rejected, {0}")).format(
                words.point_name(point, chart.step)
            ),
            first=point.first,
            last=point.last,
            **self._films_of_subject(),
        )

    def _films_of_subject(self) -> dict[str, object]:
        assert self.summary is not None
        subject = self.summary.subject
        if subject == REPEATS:  # which film of a study is the extra one, a person sees in the list
            return {"choices": (Choice.SEND, Choice.KEEP_WITH_NOTE)}
        return {"choices": (Choice.RETAKE,), **({"reason": subject} if subject else {})}

    def _reason_chosen(self, index: int) -> None:
        assert self.summary is not None
        reason = self.summary.reasons[index].reason
        self._list(
            lambda: self.tr("Rejected: {0}").format(self._reason_names().get(reason, reason)),
            reason=reason,
            choices=(Choice.RETAKE,),
        )

    def _group_chosen(self, index: int) -> None:
        key, kind = self._group_keys[index], self._group

        def title() -> str:
            hidden = self.filters.hidden
            name = {
                "projection": lambda: words.projection(Projection(key)),
                "room": lambda: words.room(key),
                "operator": lambda: words.operator(key, hidden),
            }[kind]()
            return self.tr("Rejected, {0}").format(name)

        self._list(
            title, choices=(Choice.RETAKE,), **{kind: Projection(key) if kind == "projection" else key}
        )

    def _opinion_chosen(self, opinion: Opinion, choices: tuple[Choice, ...]) -> None:
        self._list(
            lambda: f"{words.opinion(opinion)}, {words.choice(choices[0])}",
            opinion=opinion,
            choices=choices,
            by_people=True,
        )

    def _list(self, title: Callable[[], str], **narrower: object) -> None:
        base = self.summary.wanted if self.summary is not None else self.filters.wanted()
        wanted = replace(base, **narrower)  # type: ignore[arg-type]
        shown = Shown(title, wanted)
        self._jobs.drop((id(self), "films"))

        def done(outcome: Outcome[FilmList]) -> None:
            if outcome.value is None:
                self._failed(outcome.error)
            else:
                self._show_films(shown, outcome.value)

        self._jobs.run_task(lambda: self._service.films(wanted), done, owner=(id(self), "films"))

    def _show_films(self, shown: Shown, films: FilmList) -> None:
        self._shown, self._listed = shown, films.total
        self.film_list.table.setColumnHidden(REASON_COLUMN, shown.wanted.reason is not None)
        self.film_list.show_films(shown.title(), films, Naming(self._reason_names(), self.filters.hidden))

    def _selection(self) -> Selection:
        filters = self.filters
        naming = Naming(self._reason_names(), filters.hidden)
        wanted, step = filters.wanted(), filters.wanted_step()
        shown = self.summary.wanted if self.summary is not None else wanted
        return Selection(wanted, (shown.first, shown.last), step, naming, self._reasons, self._language)

    def done(self, result: int) -> None:
        for what in ("summary", "films"):
            self._jobs.drop((id(self), what))
        super().done(result)
