"""The settings a site needs first: language, place, folders, destination. Each takes effect at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.ui import i18n, words
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.look import button, label, set_tone
from workstation.ui.receiving_page import ReceivingPage
from workstation.ui.settings_form import field, form_row, page_form

translate = words.translate


class SettingsDialog(QDialog):
    """Edits a copy; `result_settings` after accept.

    Args:
        test: C-ECHO to a destination: round trip in ms, or raises; runs on `jobs`.
    """

    def __init__(
        self,
        settings: Settings,
        test: Callable[[Destination], float],
        jobs: Jobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._test = test
        self._jobs = jobs
        self.result_settings = settings
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumSize(620, 460)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._place_page(), self.tr("Console"))
        self.tabs.addTab(self._films_page(), self.tr("Films"))
        self.receiving = ReceivingPage(settings.listener)
        self.tabs.addTab(self.receiving, self.tr("Receiving"))
        self.tabs.addTab(self._sending_page(), self.tr("Sending"))
        self.problem = label(tone="danger", wrap=True)
        self.save = button(self.tr("Save"), "primary")
        self.save.setDefault(True)
        cancel = button(self.tr("Cancel"))
        self.save.clicked.connect(self._save)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.problem, 1)
        row.addWidget(cancel)
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(row)
        self.destroyed.connect(lambda: jobs.drop(SettingsDialog))

    # ---- pages ----

    def _place_page(self) -> QWidget:
        self.language = QComboBox()
        self.language.addItem(self.tr("As the system"), "system")
        for code, name in i18n.LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(self.language.findData(self._settings.language))
        self.theme = QComboBox()
        self.theme.addItem(self.tr("Dark"), "dark")
        self.theme.addItem(self.tr("Light"), "light")
        self.theme.setCurrentIndex(self.theme.findData(self._settings.theme))
        self.room = field(self._settings.room, "room")
        self.operator = field(self._settings.operator, "operator")
        page, form = page_form()
        form_row(form, self.tr("Language"), self.language)
        form_row(form, self.tr("Colours"), self.theme)
        form_row(form, self.tr("Room"), self.room)
        form_row(form, self.tr("Radiographer"), self.operator)
        return page

    def _films_page(self) -> QWidget:
        self.folders = QListWidget()
        self.folders.addItems(list(self._settings.watch_folders))
        self.folders.setAccessibleName(self.tr("Watched folders"))
        add = button(self.tr("Add …"))
        remove = button(self.tr("Remove"))
        add.clicked.connect(self._add_folder)
        remove.clicked.connect(lambda: self.folders.takeItem(self.folders.currentRow()))
        side = QVBoxLayout()
        side.addWidget(add)
        side.addWidget(remove)
        side.addStretch()
        both = QHBoxLayout()
        both.setSpacing(8)
        both.addWidget(self.folders, 1)
        both.addLayout(side)
        self.cascade = field(self._settings.cascade_dir, "cascade_dir")
        self.cascade.setPlaceholderText(self.tr("the one that came with the program"))
        pick = button(self.tr("Choose …"))
        pick.clicked.connect(self._pick_cascade)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.cascade, 1)
        line.addWidget(pick)
        page, form = page_form()
        form_row(form, self.tr("Watched folders"), both)
        form_row(form, self.tr("Cascade folder"), line)
        return page

    def _sending_page(self) -> QWidget:
        first = self._settings.destinations[0] if self._settings.destinations else None
        self.name = field(first.name if first else "", "name")
        self.host = field(first.host if first else "", "host")
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(first.port if first else 104)
        self.called = field(first.called_ae if first else "", "called_ae")
        self.calling = field(first.calling_ae if first else "CXRWS", "calling_ae")
        self.notes = QCheckBox(self.tr("a note for each rejected film (Key Object Selection)"))
        self.notes.setChecked(first is not None and first.wants_reject_notes)
        self.reports = QCheckBox(self.tr("the analysis with each film (Structured Report)"))
        self.reports.setChecked(first is not None and first.wants_reports)
        self.undo = QSpinBox()
        self.undo.setRange(0, 600)
        self.undo.setValue(round(self._settings.undo_seconds))
        self.undo.setSuffix(self.tr(" s"))
        test = button(self.tr("Test the connection"))
        self.tested = label(wrap=True)
        test.clicked.connect(self._run_test)
        line = QHBoxLayout()
        line.addWidget(test)
        line.addWidget(self.tested, 1)
        page, form = page_form()
        form_row(form, self.tr("Name"), self.name)
        form_row(form, self.tr("Host"), self.host)
        form_row(form, self.tr("Port"), self.port)
        form_row(form, self.tr("AE title of the PACS"), self.called)
        form_row(form, self.tr("AE title of this console"), self.calling)
        form.addRow("", line)
        form_row(form, self.tr("Send too"), self.notes)
        form.addRow("", self.reports)
        form_row(form, self.tr("Undo is possible for"), self.undo)
        hint = label(
            self.tr("Without a host nothing is sent: films are kept on this console."),
            tone="quiet",
            wrap=True,
        )
        form.addRow("", hint)
        return page

    # ---- acts ----

    def _add_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder to watch"))
        if folder:
            self.folders.addItem(folder)

    def _pick_cascade(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder with manifest.json"))
        if folder:
            self.cascade.setText(folder)

    def _destination(self) -> Destination | None:
        if not self.host.text().strip():
            return None
        host, called = self.host.text().strip(), self.called.text().strip()
        # What has no field here stays as the file says.
        first = (
            self._settings.destinations[0] if self._settings.destinations else Destination("", "", 104, "")
        )
        return replace(
            first,
            name=self.name.text().strip() or called or host,
            host=host,
            port=self.port.value(),
            called_ae=called,
            calling_ae=self.calling.text().strip(),
            wants_reject_notes=self.notes.isChecked(),
            wants_reports=self.reports.isChecked(),
        )

    def _run_test(self) -> None:
        destination = self._destination()
        if destination is None or not destination.called_ae:
            set_tone(self.tested, "danger")
            self.tested.setText(self.tr("Give host and AE title first."))
            return
        set_tone(self.tested, "quiet")
        self.tested.setText(self.tr("Asking …"))
        self._jobs.run_task(lambda: self._test(destination), self._tested, owner=SettingsDialog)

    def _tested(self, outcome: Outcome[float]) -> None:
        if outcome.error is not None:
            message, remedy = words.error(outcome.error)
            set_tone(self.tested, "danger")
            self.tested.setText(f"{message} {remedy}")
        else:
            set_tone(self.tested, "pass")
            self.tested.setText(self.tr("Answers in {0} ms.").format(i18n.number(outcome.get())))

    def _save(self) -> None:
        destination = self._destination()
        problem = self._problem(destination)
        if problem:
            self.problem.setText(problem)
            return
        others = self._settings.destinations[1:]
        folders = tuple(self.folders.item(i).text() for i in range(self.folders.count()))
        self.result_settings = replace(
            self._settings,
            language=self.language.currentData(),
            theme=self.theme.currentData(),
            room=self.room.text().strip(),
            operator=self.operator.text().strip(),
            watch_folders=tuple(dict.fromkeys(folders)),
            cascade_dir=self.cascade.text().strip(),
            undo_seconds=float(self.undo.value()),
            listener=self.receiving.listener(),
            destinations=((destination, *others) if destination is not None else others),
        )
        self.accept()

    def _problem(self, destination: Destination | None) -> str:
        receiving = self.receiving.problem()
        if receiving:
            return receiving
        if destination is not None and not destination.called_ae:
            return self.tr("The PACS needs an AE title.")
        if destination is not None and not destination.calling_ae:
            return self.tr("This console needs an AE title.")
        if any(d.name == destination.name for d in self._settings.destinations[1:]) if destination else False:
            return self.tr("Another destination has this name.")
        if self.cascade.text().strip() and not Path(self.cascade.text().strip()).is_absolute():
            return self.tr("Give the cascade folder with its whole path.")
        return ""
