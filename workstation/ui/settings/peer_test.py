"""*Test the connection*: asks the peer that a form describes and says in plain words what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from workstation.ui import i18n, words
from workstation.ui.jobs import Jobs, Outcome
from workstation.ui.look import button, label, set_tone


class PeerTest(QWidget):
    """A button and its answer.

    Args:
        peer: what is entered now; None while it lacks what a test needs.
        test: round trip in ms, or raises; runs on `jobs`.
    """

    def __init__(
        self, peer: Callable[[], Any], test: Callable[[Any], float], jobs: Jobs, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._peer = peer
        self._test = test
        self._jobs = jobs
        self._owner = owner = object()
        self.ask = button(self.tr("Test the connection"))
        self.answer = label(wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.ask)
        row.addWidget(self.answer, 1)
        self.ask.clicked.connect(self.run)
        self.destroyed.connect(lambda: jobs.drop(owner))

    def run(self) -> None:
        """Ask now."""
        peer = self._peer()
        if peer is None:
            self._say(self.tr("Give host and AE title first."), "danger")
            return
        self._say(self.tr("Asking …"), "quiet")
        self._jobs.run_task(lambda: self._test(peer), self._answered, owner=self._owner)

    def clear(self) -> None:
        """What was said no longer fits what is entered."""
        self.answer.setText("")

    def _answered(self, outcome: Outcome[float]) -> None:
        if outcome.error is not None:
            self._say(" ".join(words.error(outcome.error)), "danger")
        else:
            self._say(self.tr("Answers in {0} ms.").format(i18n.number(outcome.get())), "pass")

    def _say(self, text: str, tone: str) -> None:
        set_tone(self.answer, tone)
        self.answer.setText(text)
