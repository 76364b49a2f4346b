"""All settings in one dialog: pages at the left, a search above them, each setting made from its declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.settings.model import Settings
from workstation.ui import icons
from workstation.ui.jobs import Jobs
from workstation.ui.look import button, by_its_lines, label, scrolling, set_tone
from workstation.ui.settings.destinations import DestinationsEditor
from workstation.ui.settings.form import SectionForm
from workstation.ui.settings.names import PAGES, page_name
from workstation.ui.settings.peer_test import PeerTest
from workstation.ui.settings.profile_buttons import ProfileButtons

_TABLES = ("listener", "worklist")


class SettingsDialog(QDialog):
    """Edits a copy; `result_settings` after accept.

    Args:
        language: of the explanations, "en" or "ru".
        test: C-ECHO to a `Destination` or `WorklistPeer`: round trip in ms, or raises; runs on `jobs`.
    """

    def __init__(
        self,
        settings: Settings,
        language: str,
        test: Callable[[Any], float],
        jobs: Jobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.result_settings = settings
        self.setWindowTitle(self.tr("Settings"))
        self.resize(900, 640)
        self.setMinimumSize(720, 480)
        self.forms: dict[str, SectionForm] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search the settings"))
        quiet = self.palette().placeholderText().color().name()
        self._clear = self.search.addAction(
            icons.icon("close", quiet, quiet), QLineEdit.ActionPosition.TrailingPosition
        )
        self._clear.setVisible(False)
        self._clear.triggered.connect(self.search.clear)
        self._nothing = label(self.tr("Nothing found"), tone="quiet")
        self._nothing.hide()
        self._found: list[tuple[QLabel, str]] = []
        self._told: Settings | None = None
        self.pages = QListWidget()
        self.pages.setObjectName("pages")
        self.pages.setAccessibleName(self.tr("Pages"))
        self.stack = QStackedWidget()
        for page, keys in PAGES.items():
            self.pages.addItem(page_name(page))
            self.stack.addWidget(self._page(page, keys, language, test, jobs))
        self.pages.currentRowChanged.connect(self.stack.setCurrentIndex)
        self.pages.currentRowChanged.connect(lambda _row: self._show_found())
        self.search.textChanged.connect(self._search)
        self._lay_out()
        self.pages.setCurrentRow(0)
        # As the fields have it, which round: that is no change of a person's.
        self._before = self._entered()

    def show_page(self, page: str, key: str = "") -> None:
        """Turn to a page by its key, and to a setting on it; the keys go to its first button, where it has one."""
        self.pages.setCurrentRow(list(PAGES).index(page))
        if key:
            made = self.forms[page].editors[key]
            (made.widget.findChild(QPushButton) or made.focus).setFocus()

    @property
    def page(self) -> str:
        """Key of the page that is shown."""
        return list(PAGES)[max(0, self.pages.currentRow())]

    def _page(
        self, page: str, keys: tuple[str, ...], language: str, test: Callable[[Any], float], jobs: Jobs
    ) -> QWidget:
        body = QWidget()
        body.setObjectName("panel")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        section = getattr(self._settings, page) if page in _TABLES else self._settings
        form = SectionForm(section, language, None if page in _TABLES else keys)
        self.forms[page] = form
        layout.addWidget(form)
        if page == "worklist":
            self.worklist_test = PeerTest(self._worklist_ready, test, jobs)
            form.changed.connect(self.worklist_test.clear)
            layout.addWidget(self.worklist_test)
        if page == "sending":
            self.destinations = DestinationsEditor(self._settings.destinations, language, test, jobs)
            layout.addWidget(self.destinations)
        layout.addStretch(1)
        return scrolling(by_its_lines(body), "panel")

    def _lay_out(self) -> None:
        self.problem = label(tone="danger", wrap=True)
        self.save = button(self.tr("Save"), "primary")
        self.save.setDefault(True)
        cancel = button(self.tr("Cancel"))
        self.save.clicked.connect(self._save)
        cancel.clicked.connect(self.reject)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self._nothing)
        left.addWidget(self.pages, 1)
        self.profile = ProfileButtons(self._entered, self._load, self._say)
        left.addWidget(self.profile)
        side = QWidget()
        side.setFixedWidth(max(210, 26 * self.fontMetrics().averageCharWidth()))
        left.setContentsMargins(0, 0, 0, 0)
        side.setLayout(left)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(side)
        middle.addWidget(self.stack, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.problem, 1)
        foot.addWidget(cancel)
        foot.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(middle, 1)
        layout.addLayout(foot)

    def _search(self, text: str) -> None:
        """Pages with a setting whose words hold the text stay; the first of them is shown."""
        wanted = text.casefold().strip()
        first = None
        for row in range(self.pages.count()):
            shown = not wanted or wanted in self._words_of(row)
            self.pages.item(row).setHidden(not shown)
            first = row if first is None and shown else first
        self._clear.setVisible(bool(text))
        self._nothing.setVisible(first is None)
        if first is not None and (self.pages.currentRow() < 0 or self.pages.currentItem().isHidden()):
            self.pages.setCurrentRow(first)
        self._show_found()

    def _show_found(self) -> None:
        """What matches on the page has the accent's colour, and the first of it is in sight."""
        for found, tone in self._found:
            set_tone(found, tone)
        self._found = []
        wanted = self.search.text().casefold().strip()
        page = self.stack.currentWidget()
        if not wanted or not isinstance(page, QScrollArea):
            return
        matching = [
            w for w in page.findChildren(QLabel) if wanted in w.text().casefold() and not w.isHidden()
        ]
        self._found = [(w, str(w.property("tone") or "")) for w in matching]
        for found in matching:
            set_tone(found, "accent")
        if matching:
            page.ensureWidgetVisible(matching[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self.search.text() or self._asks_first()):
            self.search.clear()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if event.spontaneous() and self._asks_first():
            event.ignore()
            return
        super().closeEvent(event)

    def _asks_first(self) -> bool:
        """Whether there are changes that a person has not been told of yet; tells of them."""
        entered = self._entered()
        if entered in (self._before, self._told):
            return False
        self._told = entered
        self._say(self.tr("The changes are not saved. Close again to discard them."), "warn")
        return True

    def _words_of(self, row: int) -> str:
        page = self.stack.widget(row)
        texts = [w.text() for w in page.findChildren(QLabel)] if page is not None else []
        return " ".join([self.pages.item(row).text(), *texts]).casefold()

    def _worklist_ready(self) -> Any:
        peer = self.forms["worklist"].value()
        return peer if peer.host and peer.called_ae else None

    def _save(self) -> None:
        wrong = self._check()
        if wrong is not None:
            self._say(self.tr("Cannot save yet: correct the field marked in red."), "danger")
            wrong.setFocus()
            page = self.stack.currentWidget()
            form = next(f for f in (*self.forms.values(), self.destinations.form) if f.isAncestorOf(wrong))
            if isinstance(page, QScrollArea):
                form.scroll_to(wrong, page)
            return
        self.result_settings = self._entered()
        self.accept()

    def _entered(self) -> Settings:
        """The settings as they stand in the fields."""
        values: dict[str, Any] = {page: self.forms[page].value() for page in _TABLES}
        for page, keys in PAGES.items():
            if page not in _TABLES:
                made = self.forms[page].value()
                values.update({key: getattr(made, key) for key in keys})
        return replace(self._settings, destinations=self.destinations.values(), **values)

    def _load(self, settings: Settings) -> None:
        self._settings = settings
        for page, form in self.forms.items():
            form.load(getattr(settings, page) if page in _TABLES else settings)
        self.destinations.load(settings.destinations)

    def _say(self, text: str, tone: str) -> None:
        set_tone(self.problem, tone)
        self.problem.setText(text)

    def _check(self) -> QWidget | None:
        for row, page in enumerate(PAGES):
            wrong = self.forms[page].check()
            if wrong is None and page == "worklist":
                peer = self.forms[page].value()
                if peer.enabled and not peer.host:
                    wrong = self.forms[page].say("host", self.tr("This must be filled in."))
            if wrong is None and page == "sending":
                wrong = self.destinations.check()
            if wrong is not None:
                self.pages.item(row).setHidden(False)
                self.pages.setCurrentRow(row)
                return wrong
        return None
