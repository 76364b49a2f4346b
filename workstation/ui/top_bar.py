"""The line at the top: where and who, what is connected, and what this program is not."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenuBar, QSizePolicy, QWidget

from workstation.domain.delivery import DestinationState, DestinationStatus
from workstation.settings.model import Settings
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.look import ElidedLabel, Look, icon_label, label, set_tone
from workstation.ui.tips import verbatim

HEIGHT = 44
_NAME = 16  # letters of a destination's name


class StatusChip(QWidget):
    """Icon and one line of text; the colour is never the only sign.

    Signals:
        clicked: a person wants to know more.
    """

    clicked = Signal()

    def __init__(self, icon: str, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._look = look
        self._side = look.px(18, 26)
        self._icon = icon_label(
            look.pixmap(icon, look.colours.quiet, self._side, self.devicePixelRatioF()), self._side
        )
        self.text = label()
        self._whole = self._short = ""
        self.quiet = True
        self.red = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._icon)
        row.addWidget(self.text)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.clicked.emit()

    def shorten(self) -> None:
        """Say it in fewer words, or by the icon alone where nothing is unusual; the tip says the rest."""
        if self.quiet:
            self.fold()
        else:
            self.text.setText(self._short)
            self._resized()

    def fold(self) -> None:
        """Say it by the icon alone; the tip says what."""
        self.text.setVisible(False)
        self.setToolTip(self.toolTip() or verbatim(self._whole))
        self._resized()

    def unfold(self) -> None:
        """Say it in full."""
        self.text.setText(self._whole)
        self.text.setVisible(True)
        self._resized()

    def _resized(self) -> None:
        """Let the line know at once: it arranges itself by what its parts need."""
        row = self.layout()
        assert row is not None
        row.activate()
        self.updateGeometry()

    def say(self, text: str, tip: str = "", tone: str = "quiet", short: str = "") -> None:
        """Tone is "quiet", "pass", "warn" or "danger"; a warning also changes the icon. `short`: where it is narrow."""
        colours = self._look.colours
        colour = {"pass": colours.passed, "warn": colours.warn, "danger": colours.danger}.get(
            tone, colours.quiet
        )
        name = {"danger": "state-danger", "warn": "state-warn"}.get(tone, self._icon_name)
        self._icon.setPixmap(self._look.pixmap(name, colour, self._side, self.devicePixelRatioF()))
        self._whole, self._short = text, short or text
        self.text.setText(text)
        set_tone(self.text, tone if tone in ("warn", "danger") else "quiet")
        self.setToolTip(verbatim(tip))
        self.setAccessibleName(f"{text}. {tip}" if tip else text)
        self.setVisible(bool(text))
        self.quiet, self.red = tone in ("quiet", "pass"), tone == "danger"


class TopBar(QWidget):
    """Menus, room and operator, watched folders, worklist, listener, analysis, PACS, the disclaimer.

    Signals:
        connections_wanted: a person clicked on a peer.
    """

    connections_wanted = Signal()

    def __init__(
        self, console: Console, look: Look, settings: Settings, menus: QMenuBar, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(look.px(HEIGHT, 64))
        self._console = console
        self._room, self._operator = settings.room, settings.operator
        menus.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.place = ElidedLabel(
            " · ".join(p for p in (settings.room, settings.operator) if p), gives_way=True
        )
        self.place.setProperty("weight", "bold")
        self.folders = StatusChip("folder", look)
        self.listener = StatusChip("receive", look)
        self.worklist = StatusChip("worklist", look)
        self.analysis = StatusChip("analysis", look)
        self.pacs = StatusChip("pacs", look)
        self.disclaimer = label(self.tr("quality-control aid, not for diagnosis"), tone="quiet", size="fine")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 16, 0)
        row.setSpacing(16)
        self._menus = menus
        row.addWidget(menus, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.place, 1)
        for chip in (self.folders, self.worklist, self.listener, self.analysis, self.pacs):
            row.addWidget(chip)
        for chip in (self.worklist, self.listener, self.pacs):
            chip.clicked.connect(self.connections_wanted)
        row.addWidget(self.disclaimer)
        console.statuses_changed.connect(self.refresh)
        console.analysis.changed.connect(self.refresh)
        self.refresh()

    def say_who(self, name: str) -> None:
        """Name whoever is signed in; ``""``: the operator of the settings."""
        self.place.set_full_text(" · ".join(part for part in (self._room, name or self._operator) if part))

    def refresh(self) -> None:
        """Say how things stand."""
        self._say_folders()
        self._say_worklist()
        self._say_listener()
        self._say_analysis()
        self._say_pacs()
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _arrange(self) -> None:
        """Where it is narrow, chips that report nothing unusual give way first, then loud ones in fewer words."""
        row = self.layout()
        assert row is not None
        for part in self.findChildren(QWidget):
            part.ensurePolished()  # the stylesheet's type decides how wide a text is
        self._menus.setFixedHeight(self._menus.sizeHint().height())
        chips = [
            chip
            for chip in (self.folders, self.worklist, self.listener, self.analysis, self.pacs)
            if chip.text.text()
        ]
        for chip in chips:
            chip.unfold()
        place = self.place.fontMetrics().horizontalAdvance(self.place.full_text())
        fewer = [chip.shorten for chip in sorted(chips, key=lambda chip: not chip.quiet)]
        # A peer that is down must not hide who works here and where: in the end amber is said by its sign alone.
        for give_way in (*fewer, *(chip.fold for chip in chips if not (chip.quiet or chip.red))):
            row.invalidate()
            if row.sizeHint().width() + place <= self.width():
                break
            give_way()
        row.invalidate()
        row.activate()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._arrange()

    def _say_folders(self) -> None:
        folders = self._console.watching
        lost = self._console.unreachable_folders
        if lost:
            tip = "\n".join(str(folder) for folder in lost)
            text = self.tr("watched folder not reachable")
            self.folders.say(text, tip, "danger", self.tr("folder lost"))
        elif folders:
            self.folders.say(self.tr("%n folder(s) watched", "", len(folders)), "\n".join(folders))
        else:
            self.folders.say("")

    def _say_worklist(self) -> None:
        status = self._console.parts.orders.status
        if not status.enabled:
            self.worklist.say("")
        elif status.error is not None:
            tip = " ".join(words.error(status.error))
            self.worklist.say(self.tr("worklist not answering"), tip, "warn", self.tr("worklist down"))
        elif status.asked_at is None:
            self.worklist.say(self.tr("worklist is asked"))
        else:
            tip = self.tr("Asked at {0}").format(words.clock(status.asked_at.isoformat()))
            self.worklist.say(self.tr("%n order(s) today", "", status.orders), tip, "pass")

    def _say_listener(self) -> None:
        status = self._console.listener
        if status is None:
            self.listener.say("")
        elif status.failure is not None:
            tip = " ".join(words.error(status.failure))
            text = self.tr("not receiving: port {0}").format(status.port)
            self.listener.say(text, tip, "danger", self.tr("not receiving"))
        else:
            tip = self.tr("AE title {0}: received {1}, refused {2}").format(
                status.ae_title, status.received, status.refused
            )
            tip += "\n" + words.listener_problem(status) if status.last_problem is not None else ""
            tone = "warn" if status.last_problem is not None else "pass"
            self.listener.say(self.tr("receiving on port {0}").format(status.port), tip, tone)

    def _say_analysis(self) -> None:
        queue = self._console.analysis
        if queue.unavailable is not None:
            message, remedy = words.error(queue.unavailable)
            tip = self.tr("{0} {1} Sending works as always.").format(message, remedy)
            self.analysis.say(self.tr("analysis unavailable"), tip, "warn", self.tr("no analysis"))
        elif queue.loading:
            self.analysis.say(self.tr("analysis starting"))
        else:
            self.analysis.say(self.tr("analysis ready"), queue.cascade_name)

    def _say_pacs(self) -> None:
        statuses = self._console.statuses
        if not statuses:
            self.pacs.say("")
            return
        kept = sum(s.waiting for s in statuses if s.state is DestinationState.NOT_CONFIGURED)
        statuses = [s for s in statuses if s.state is not DestinationState.NOT_CONFIGURED]
        if not statuses:
            tip = self.tr(
                "Decided films are not sent, they stay on this console. Set a destination in Settings."
            )
            text = self.tr("no destination set")
            if kept:
                text = self.tr("no destination set, %n film(s) not sent", "", kept)
            self.pacs.say(text, tip)
            return
        waiting = sum(s.waiting for s in statuses)
        sent = sum(s.sent for s in statuses)
        failed = sum(s.failed for s in statuses)
        down = [s for s in statuses if s.down_since]
        removed = [s for s in statuses if s.state is DestinationState.REMOVED]
        faulty = [s for s in statuses if s.state is DestinationState.SET_ASIDE]
        tip = "\n".join(self._line(s) for s in statuses)
        if down:
            since = words.moment(min(s.down_since for s in down))
            who = _short(down[0].name)
            text = self.tr("{0} not answering since {1}, %n waiting", "", waiting).format(who, since)
            short = self.tr("{0} down").format(who)
            if len(down) > 1:
                text = self.tr("{0} destinations not answering since {1}, %n waiting", "", waiting)
                text, short = (
                    text.format(len(down), since),
                    self.tr("{0} destinations down").format(len(down)),
                )
            self.pacs.say(text, tip, "danger", short)
        elif removed:
            left = sum(s.waiting + s.failed for s in removed)
            text = self.tr("%n object(s) for a removed destination", "", left)
            self.pacs.say(text, tip, "danger", self.tr("not sent"))
        elif faulty:
            left = sum(s.waiting + s.failed for s in faulty)
            text = self.tr("{0}: mistake in the settings, %n waiting", "", left).format(
                _short(faulty[0].name)
            )
            self.pacs.say(text, tip, "danger", self.tr("not sent"))
        elif failed:
            refusing = [_short(s.name) for s in statuses if s.failed]
            text = self.tr("{0} refused %n object(s)", "", failed).format(", ".join(refusing))
            self.pacs.say(text, tip, "danger")
        elif kept:
            tip += "\n" + self.tr(
                "They were accepted while no destination was in force. A click leads to sending them."
            )
            self.pacs.say(
                self.tr("%n accepted film(s) never sent", "", kept), tip, "danger", self.tr("not sent")
            )
        else:
            who = _short(statuses[0].name) if len(statuses) == 1 else self.tr("Sending")
            # Until the queue has been started, or where it cannot be, what waits is not on its way.
            stopped = waiting and any(s.state is DestinationState.STOPPED for s in statuses)
            text = self.tr("{0}: sent {1}, queue {2}").format(who, sent, waiting)
            self.pacs.say(text, tip, "warn" if stopped else "pass")

    def _line(self, status: DestinationStatus) -> str:
        line = self.tr("{0}: sent {1}, waiting {2}, failed {3}").format(
            status.name, status.sent, status.waiting, status.failed
        )
        if status.last_error is not None:
            line += "\n" + " ".join(words.error(status.last_error))
        if status.next_try_at:
            line += "\n" + self.tr("Next attempt at {0}").format(words.clock(status.next_try_at))
        return line


def _short(name: str) -> str:
    """A destination's name as the line has room for it; the tip has it whole."""
    return name if len(name) <= _NAME else f"{name[: _NAME - 1].rstrip()}…"
