"""The first start: language and room, receiving, a destination, whether the cascade works. All can be skipped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import Verdict
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.ui import i18n, words
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.look import Look, button, by_its_lines, grow, label, scrolling, set_tone
from workstation.ui.parts import Parts
from workstation.ui.settings.form import SectionForm
from workstation.ui.settings.peer_test import PeerTest

_EMPTY = Destination("PACS", "", 104, "")


class SetupDialog(QDialog):
    """Four short pages over the settings in force.

    Signals:
        applied(Settings): a page was left forwards; the settings as entered so far.
        ended(): finished or skipped.
    """

    applied = Signal(object)
    ended = Signal()

    def __init__(
        self,
        settings: Settings,
        language: str,
        parts: Parts,
        jobs: Jobs,
        look: Look,
        page: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Set up this console"))
        grow(self, look.px(640, 900), 660)
        self._settings = settings
        self._parts = parts
        self._jobs = jobs
        self._owner = object()
        self._areas: list[QScrollArea] = []
        self._known = known = settings.destinations[0] if settings.destinations else _EMPTY
        self.console = SectionForm(settings, language, ("language", "room", "operator"), resets=False)
        self.receiving = SectionForm(
            settings.listener, language, ("enabled", "ae_title", "port"), resets=False
        )
        self.destination = SectionForm(
            known, language, ("name", "host", "port", "called_ae", "calling_ae"), resets=False
        )
        self.peer_test = PeerTest(self._peer, parts.delivery.test, jobs)
        self.verdict = label(wrap=True)
        self.pages = QStackedWidget()
        self.pages.addWidget(
            self._page(
                self.tr("Where is this console?"),
                self.tr("Room and person go into the statistics."),
                self.console,
            )
        )
        self.pages.addWidget(
            self._page(
                self.tr("Receive films by network?"),
                self.tr("Films can also come from a watched folder or by hand."),
                self.receiving,
            )
        )
        self.pages.addWidget(
            self._page(
                self.tr("Where do decided films go?"),
                self.tr("Without a destination they are not sent, they stay on this console."),
                self.destination,
                self.peer_test,
            )
        )
        self.pages.addWidget(
            self._page(
                self.tr("Does the analysis work?"),
                self.tr("A simulated film is assessed on this computer."),
                self.verdict,
            )
        )
        self._lay_out()
        self.destroyed.connect(lambda: jobs.drop(self._owner))
        self.pages.setCurrentIndex(page)
        self._turned()

    def _page(self, title: str, told: str, *parts: QWidget) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 12, 0)  # beside the scroll bar
        layout.setSpacing(12)
        layout.addWidget(label(title, size="verdict", wrap=True))
        layout.addWidget(label(told, tone="quiet", wrap=True))
        for part in parts:
            layout.addWidget(part)
        layout.addStretch(1)
        # Under large type the longest page is higher than a small screen: the buttons below stay in sight.
        area = scrolling(by_its_lines(page))
        for part in (area, area.viewport(), page):
            part.setAutoFillBackground(False)
        self._areas.append(area)
        return area

    def _lay_out(self) -> None:
        self.step = label(tone="quiet")
        self.skip = button(self.tr("Skip all"))
        self.back = button(self.tr("Back"))
        self.next = button("", "primary")
        self.next.setDefault(True)
        self.skip.clicked.connect(self._end)
        self.back.clicked.connect(lambda: self._turn(-1))
        self.next.clicked.connect(self._forwards)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.step)
        foot.addStretch(1)
        for made in (self.skip, self.back, self.next):
            foot.addWidget(made)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(self.pages, 1)
        layout.addLayout(foot)

    def entered(self) -> Settings:
        """The settings with what stands in the pages; a destination without a host is none."""
        made = self.console.value()
        destination = self.destination.value()
        others = self._settings.destinations[1:]
        first = (destination,) if destination.host and destination.called_ae else ()
        return replace(
            self._settings,
            language=made.language,
            room=made.room,
            operator=made.operator,
            listener=self.receiving.value(),
            destinations=(*first, *others),
        )

    def _peer(self) -> Destination | None:
        peer = self.destination.value()
        return peer if peer.host and peer.called_ae else None

    def _forwards(self) -> None:
        form = (self.console, self.receiving, self.destination, None)[self.pages.currentIndex()]
        optional = form is self.destination and self._names_no_peer()
        wrong = form.check() if form is not None and not optional else None
        if wrong is None and form is self.destination and not optional and self._name_is_taken():
            # Films for the one would go to the other.
            taken = QCoreApplication.translate("DestinationsEditor", "Another destination has this name.")
            wrong = form.say("name", taken)
        if form is not None and wrong is not None:
            wrong.setFocus()
            form.scroll_to(wrong, self._areas[self.pages.currentIndex()])
            return
        if self.pages.currentIndex() == self.pages.count() - 1:
            self._end()
            return
        at = self.pages.currentIndex()
        self.applied.emit(self.entered())
        if self.pages.currentIndex() == at:
            self._turn(1)

    def _names_no_peer(self) -> bool:
        """Without a host it is none; but whoever entered something else forgot the host."""
        entered = self.destination.value()
        return not entered.host and entered == replace(self._known, host="")

    def _name_is_taken(self) -> bool:
        return self.destination.value().name in {other.name for other in self._settings.destinations[1:]}

    def _turn(self, step: int) -> None:
        self.pages.setCurrentIndex(self.pages.currentIndex() + step)
        self._turned()

    def _turned(self) -> None:
        at, last = self.pages.currentIndex(), self.pages.count() - 1
        self.step.setText(self.tr("Step {0} of {1}").format(at + 1, last + 1))
        self.back.setEnabled(at > 0)
        self.next.setText(self.tr("Done") if at == last else self.tr("Next"))
        self.skip.setVisible(at < last)
        if at == last:
            self._check_cascade()

    def _check_cascade(self) -> None:
        self._say(self.tr("Assessing …"), "quiet")

        def work() -> tuple[Verdict, float]:
            analyser = self._parts.make_analyser()
            if analyser.unavailable is not None:
                raise analyser.unavailable
            film = self._parts.read_film(sorted(self._parts.demo.glob("*.dcm"))[1])
            analyser.warm_up()
            began = time.perf_counter()
            return analyser.analyse(film), (time.perf_counter() - began) * 1000

        self._jobs.run_task(work, self._assessed, owner=self._owner)

    def _assessed(self, outcome: Outcome[tuple[Verdict, float]]) -> None:
        if outcome.error is not None:
            told = " ".join(words.error(outcome.error))
            if isinstance(outcome.error, CascadeUnavailable):
                told += " " + self.tr("Receiving and sending work all the same.")
            self._say(told, "danger")
            return
        verdict, took = outcome.get()
        summary = words.summary(verdict)
        found = f"{words.projection(verdict.projection.label)}, {summary[:1].lower()}{summary[1:]}"
        self._say(self.tr("It works. {0} ({1} ms)").format(found, i18n.number(took)), "pass")

    def _say(self, text: str, tone: str) -> None:
        set_tone(self.verdict, tone)
        self.verdict.setText(text)

    def _end(self) -> None:
        self.ended.emit()
        self.accept()


class SetupOpener:
    """Opens the set-up, and opens it anew where its own first page changed the language.

    Args:
        settings: those in force.
        apply: puts settings in force and writes them.
        make: builds the dialog over settings, at a page.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        apply: Callable[[Settings], None],
        make: Callable[[int], SetupDialog],
    ) -> None:
        self._settings = settings
        self._apply = apply
        self._make = make
        self.dialog: SetupDialog | None = None

    def open(self, page: int = 0) -> None:
        """Show it beside the window's work: films go on arriving."""
        self.dialog = dialog = self._make(page)
        dialog.applied.connect(self._applied)
        dialog.ended.connect(lambda: self._apply(self._settings()))
        dialog.open()

    def _applied(self, entered: Settings) -> None:
        before = self._settings().language
        self._apply(entered)
        dialog = self.dialog
        if entered.language != before and dialog is not None:
            dialog.close()
            self.open(dialog.pages.currentIndex() + 1)
