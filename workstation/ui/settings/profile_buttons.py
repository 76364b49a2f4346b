"""A site's profile in and out of the settings dialog. What comes in is shown in the fields first, and saved by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from workstation.domain.errors import KnownError
from workstation.settings.model import Settings
from workstation.settings.profile import differences, export_profile, import_profile
from workstation.ui import words
from workstation.ui.look import button


class ProfileButtons(QWidget):
    """Two buttons.

    Args:
        entered: the settings as they stand in the dialog now.
        show: puts settings into the fields.
        say: a sentence and its tone, beside the dialog's buttons.
    """

    def __init__(
        self,
        entered: Callable[[], Settings],
        show: Callable[[Settings], None],
        say: Callable[[str, str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._entered = entered
        self._show = show
        self._say = say
        self.take = button(self.tr("Load a profile …"))
        self.write = button(self.tr("Save a profile …"))
        self.take.setToolTip(self.tr("Settings that all consoles of the site share; this room's own stay"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.take)
        layout.addWidget(self.write)
        self.take.clicked.connect(self._ask_to_take)
        self.write.clicked.connect(self._ask_to_write)

    def take_in(self, path: Path) -> None:
        """Show what a profile sets; nothing is in force before it is saved."""
        before = self._entered()
        try:
            after = import_profile(path, before)
        except KnownError as error:
            self._say(" ".join(words.error(error)), "danger")
            return
        changed = [key for key, _, _ in differences(before, after)]
        self._show(after)
        if changed:
            self._say(self.tr("Changed, not saved yet: {0}").format(", ".join(changed)), "warn")
        else:
            self._say(self.tr("The profile changes nothing."), "quiet")

    def write_out(self, path: Path) -> None:
        """Write what is in the fields, without what is this machine's own."""
        try:
            export_profile(path, self._entered(), over=True)  # the file dialog has asked
        except KnownError as error:
            self._say(" ".join(words.error(error)), "danger")
        else:
            self._say(self.tr("Saved: {0}").format(path.name), "pass")

    def _ask_to_take(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.take.text(), "", "TOML (*.toml)")
        if name:
            self.take_in(Path(name))

    def _ask_to_write(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, self.write.text(), "profile.toml", "TOML (*.toml)")
        if name:
            self.write_out(Path(name))
