"""One peer: name, how it stands in words and colour, the last problem with its remedy, a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workstation.ui.jobs import Jobs
from workstation.ui.look import Look, icon_label, label, set_tone
from workstation.ui.settings.peer_test import PeerTest

_ICON = {"pass": "state-pass", "warn": "state-warn", "danger": "state-danger", "quiet": "state-not_assessed"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a peer stands: a sentence, its tone ("pass", "warn", "danger", "quiet") and what to know besides."""

    text: str
    tone: str
    detail: str = ""


class PeerRow(QFrame):
    """A card.

    Args:
        name: of the peer.
        address: host, port, AE title.
        ask: the peer to test; None where there is nothing to ask.
        test: round trip in ms, or raises; runs on `jobs`.
    """

    def __init__(
        self,
        look: Look,
        name: str,
        address: str,
        ask: Callable[[], Any] | None,
        test: Callable[[Any], float],
        jobs: Jobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self.setProperty("card", True)
        self._side = look.px(16)
        quiet = look.pixmap("state-not_assessed", look.colours.quiet, self._side, 1.0)
        self._icon = icon_label(quiet, look.px(20))
        self.standing = label(wrap=True)
        self.detail = label(tone="quiet", size="small", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._icon)
        head.addWidget(label(name, bold=True))
        head.addWidget(label(address, tone="quiet", size="small"), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.standing)
        layout.addWidget(self.detail)
        self.peer_test: PeerTest | None = None
        if ask is not None:
            self.peer_test = PeerTest(ask, test, jobs)
            self.peer_test.ask.setAccessibleName(f"{self.peer_test.ask.text()}: {name}")
            layout.addWidget(self.peer_test)
        self._name = name

    def show_standing(self, now: Standing) -> None:
        """Say how the peer stands."""
        colours = self._look.colours
        colour = {"pass": colours.passed, "warn": colours.warn, "danger": colours.danger}.get(
            now.tone, colours.quiet
        )
        self._icon.setPixmap(self._look.pixmap(_ICON[now.tone], colour, self._side, self.devicePixelRatioF()))
        self.standing.setText(now.text)
        set_tone(self.standing, now.tone if now.tone in ("warn", "danger") else "")
        self.detail.setText(now.detail)
        self.detail.setVisible(bool(now.detail))
        self.setAccessibleName(f"{self._name}. {now.text} {now.detail}")
