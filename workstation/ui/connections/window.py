"""The connection page: listener, worklist, destinations and the queue; stays open beside the day's work."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workstation.domain.delivery import DestinationState, DestinationStatus
from workstation.settings.model import Settings
from workstation.ui import words
from workstation.ui.connections.peer_row import PeerRow, Standing
from workstation.ui.connections.queue_table import QueueTable
from workstation.ui.console import Console
from workstation.ui.look import Look, button, by_its_lines, grow, label, set_tone


class ConnectionsWindow(QDialog):
    """Follows the console; nothing in it has to be answered.

    Signals:
        kept_chosen(bool): send the films that were accepted while no destination was in force, or leave them here.
        settings_wanted: a person wants to edit the peers; the page of the settings.
    """

    kept_chosen = Signal(bool)
    settings_wanted = Signal(str)

    def __init__(
        self, console: Console, settings: Settings, look: Look, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._console = console
        self._settings = settings
        self._look = look
        self.setWindowTitle(self.tr("Connections"))
        grow(self, look.px(880, 1280), look.px(640, 700))
        self.setMinimumSize(680, 460)
        self.listener = self._row(self.tr("Receiving"), self._listener_address(), None)
        worklist = settings.worklist
        self.worklist = self._row(
            self.tr("Worklist"),
            f"{worklist.host}:{worklist.port} · {worklist.called_ae}" if worklist.host else "",
            (lambda: worklist) if worklist.host else None,
        )
        self.destinations = {
            d.name: self._row(d.name, f"{d.host}:{d.port} · {d.called_ae}", lambda d=d: d)
            for d in settings.destinations
        }
        self.destinations |= {d.name: self._row(d.name, "", None) for d in settings.set_aside}
        self.no_destination = label(
            self.tr("No destination is set: decided films are not sent, they stay on this console."),
            tone="quiet",
            wrap=True,
        )
        self.no_destination.setVisible(not self.destinations)
        self.kept = label(tone="danger", wrap=True)
        self.send_kept = button(self.tr("Send them now"))
        self.send_kept.clicked.connect(lambda: self.kept_chosen.emit(True))
        self.leave_kept = button(self.tr("Leave them here"))
        self.leave_kept.clicked.connect(lambda: self.kept_chosen.emit(False))
        self.queue = QueueTable(console)
        self.queue.failed.connect(self._failed)
        self.problem = label(tone="danger", wrap=True)
        self.edit = button(self.tr("Edit the connections …"))
        self.edit.clicked.connect(lambda: self.settings_wanted.emit("sending"))
        self._lay_out()
        console.statuses_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say how things stand."""
        self.listener.show_standing(self._of_listener())
        self.worklist.show_standing(self._of_worklist())
        known = {status.name: status for status in self._console.statuses}
        for name, row in self.destinations.items():
            row.show_standing(self._of_destination(known.get(name)))
        kept = known[""].waiting if "" in known and self._settings.destinations else 0
        self.kept.setText(
            self.tr(
                "%n accepted film(s) never sent: no destination was in force when they were decided.",
                "",
                kept,
            )
        )
        for part in (self.kept, self.send_kept, self.leave_kept):
            part.setVisible(bool(kept))
        self.queue.refresh()

    def _row(self, name: str, address: str, ask: Any) -> PeerRow:
        return PeerRow(
            self._look, name, address, ask, self._console.parts.test, self._console.workers.background
        )

    def _lay_out(self) -> None:
        peers = QWidget()
        peers.setObjectName("panel")
        column = QVBoxLayout(peers)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for row in (self.listener, self.worklist, *self.destinations.values()):
            column.addWidget(row)
        column.addWidget(self.no_destination)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("panel")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(by_its_lines(peers))
        close = button(self.tr("Close"))
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.edit)
        foot.addWidget(self.problem, 1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(area, 3)
        layout.addWidget(self.queue, 2)
        kept = QHBoxLayout()
        kept.addWidget(self.kept, 1)
        kept.addWidget(self.leave_kept)
        kept.addWidget(self.send_kept)
        layout.addLayout(kept)
        layout.addLayout(foot)

    def _listener_address(self) -> str:
        listener = self._settings.listener
        return self.tr("port {0} · {1}").format(listener.port, listener.ae_title) if listener.enabled else ""

    def _of_listener(self) -> Standing:
        status = self._console.listener
        if status is None:
            return Standing(self.tr("Films by network are not received."), "quiet")
        if status.failure is not None:
            message, remedy = words.error(status.failure)
            return Standing(message, "danger", remedy)
        told = self.tr("Received {0}, refused {1} since the start.").format(status.received, status.refused)
        tone = "warn" if status.last_problem is not None else "pass"
        return Standing(told, tone, words.listener_problem(status))

    def _of_worklist(self) -> Standing:
        status = self._console.parts.orders.status
        if not status.enabled:
            return Standing(self.tr("Films are not compared with orders."), "quiet")
        if status.error is not None:
            message, remedy = words.error(status.error)
            return Standing(message, "warn", remedy)
        if status.asked_at is None:
            return Standing(self.tr("Not asked yet."), "quiet")
        at = words.clock(status.asked_at.isoformat())
        return Standing(self.tr("%n order(s) today, asked at {0}.", "", status.orders).format(at), "pass")

    def _of_destination(self, status: DestinationStatus | None) -> Standing:
        if status is None:
            return Standing(self.tr("Not asked yet."), "quiet")
        told = self.tr("Today sent {0}, waiting {1}, failed {2}.").format(
            status.sent, status.waiting, status.failed
        )
        detail = " ".join(words.error(status.last_error)) if status.last_error is not None else ""
        if status.down_since or status.state is DestinationState.UNREACHABLE:
            told = self.tr("Not answering since {0}.").format(words.moment(status.down_since)) + " " + told
            if status.next_try_at:
                detail += " " + self.tr("Next attempt at {0}.").format(words.clock(status.next_try_at))
            return Standing(told, "danger", detail)
        if status.unconfirmed:
            silent = self.tr(
                "No answer about the safekeeping of %n object(s), the oldest sent {0}.",
                "",
                status.unconfirmed,
            )
            told = silent.format(words.moment(status.unconfirmed_since)) + " " + told
            stay = self.tr(
                "Their copies stay on this console: ask the PACS administrator about Storage Commitment."
            )
            detail = f"{detail} {stay}".strip()
        bad = status.failed or status.state is DestinationState.SET_ASIDE
        stopped = status.waiting and status.state is DestinationState.STOPPED
        return Standing(
            told, "danger" if bad else "warn" if status.unconfirmed or stopped else "pass", detail
        )

    def _failed(self, error: BaseException) -> None:
        set_tone(self.problem, "danger")
        self.problem.setText(" ".join(words.error(error)))
