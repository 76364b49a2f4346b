"""The sign-in view: covers the films while nobody is signed in. Large enough for gloves, usable by keyboard alone."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QListWidget, QVBoxLayout, QWidget

from workstation.domain.operator import SignIn, SignInRefused
from workstation.services.system_user import system_user
from workstation.ui import words
from workstation.ui.look import Look, button, label, set_tone
from workstation.ui.session import Session
from workstation.ui.whole_lines import WholeLines

_KEY = 72
_HIGH = 750  # pixels in which all of it stands at 200 %
_PAD = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "⌫", "0", "✓")


class SignInView(QWidget):
    """Names, and a pad for the PIN where the site wants one."""

    def __init__(self, session: Session, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._look = look
        self._asked = ""
        self._waits: dict[str, float] = {}  # by name: when a PIN is looked at again, monotonic
        self._tick = QTimer(self, interval=500)
        self._tick.timeout.connect(self._tell_wait)
        self.names = QListWidget()
        self.names.setObjectName("names")
        self.names.setAccessibleName(self.tr("Who works here?"))
        self.names.setMinimumHeight(look.px(240, 300))
        # A long name goes on in a second line; where it cannot, its initials stay.
        WholeLines(self.names)
        self.names.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.pin = QLineEdit()
        self.pin.setObjectName("pin")
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(12)
        self.pin.setAccessibleName(self.tr("PIN"))
        self.pin.setPlaceholderText(self.tr("PIN"))
        self.pin.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.message = label(wrap=True)
        self.message.setMinimumHeight(look.px(44, 60))
        self.go = button(self.tr("Sign in"), "primary")
        self.go.setObjectName("go")
        self.pad = self._make_pad()
        meanwhile = self.tr("Films go on arriving, being assessed and sent.")
        self._meanwhile = label(meanwhile, tone="quiet", wrap=True)
        self._lay_out()
        self.names.itemDoubleClicked.connect(lambda _item: self._enter())
        self.names.currentRowChanged.connect(lambda _row: self._name_changed())
        self.names.itemClicked.connect(lambda _item: self._chosen())
        self.pin.returnPressed.connect(self._enter)
        self.pin.textChanged.connect(lambda _text: self._tell_wait())
        self.go.clicked.connect(self._enter)
        self.names.installEventFilter(self)
        session.changed.connect(self.refresh)
        session.refused.connect(self._refused)
        self.refresh()

    def _make_pad(self) -> QWidget:
        pad = QWidget()
        grid = QGridLayout(pad)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        for place, sign in enumerate(_PAD):
            key = button(sign, "pad")
            key.setMinimumWidth(_KEY)
            key.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            key.setAccessibleName({"⌫": self.tr("Erase"), "✓": self.tr("Sign in")}.get(sign, sign))
            key.clicked.connect(lambda _checked=False, sign=sign: self._pad_key(sign))
            grid.addWidget(key, place // 3, place % 3)
        return pad

    def _lay_out(self) -> None:
        card = QFrame()
        card.setProperty("card", True)
        card.setFixedWidth(self._look.px(640, 860))
        inner = QVBoxLayout(card)
        inner.setContentsMargins(24, 20, 24, 20)
        inner.setSpacing(12)
        inner.addWidget(label(self.tr("Who works here?"), size="verdict"))
        inner.addWidget(self._meanwhile)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(self.names, 1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.pin)
        right.addWidget(self.pad)
        right.addStretch(1)
        columns.addLayout(right)
        inner.addLayout(columns)
        inner.addWidget(self.message)
        inner.addWidget(self.go)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(middle)
        layout.addStretch(2)

    def refresh(self) -> None:
        """Follow who may sign in, and how."""
        self._waits.pop(self._session.name, None)
        how = self._session.how
        names = (
            [system_user()]
            if how is SignIn.OS_USER
            else [operator.name for operator in self._session.choices]
        )
        if names != [self.names.item(row).text() for row in range(self.names.count())]:
            self.names.clear()
            self.names.addItems(names)
            self.names.setCurrentRow(0)
        with_pin = how is SignIn.PIN
        self.pin.setVisible(with_pin)
        self.pad.setVisible(with_pin)
        self.pin.clear()
        self._name_changed()

    def take_focus(self) -> None:
        """The keyboard goes to the names, or to the PIN where one name stands there."""
        one = self.names.count() == 1 and not self.pin.isHidden()
        (self.pin if one else self.names).setFocus(Qt.FocusReason.OtherFocusReason)

    def _chosen(self) -> None:
        if self._session.how is SignIn.PIN:
            self.pin.setFocus()
        else:
            self._enter()

    def _enter(self) -> None:
        item = self.names.currentItem()
        if self.names.currentRow() < 0:
            return
        if self._session.how is SignIn.PIN and not self.pin.text():
            if not self._tell_wait():
                self.pin.setFocus()
                self._say(self.tr("Enter the PIN."))
            return
        # Asked also while there is a wait: whoever manages the operators may have given a new PIN, which ends it.
        pin = self.pin.text()
        self.pin.clear()
        self._asked = item.text()
        self._session.sign_in(self._asked, pin)

    def _pad_key(self, sign: str) -> None:
        if sign == "✓":
            self._enter()
        elif sign == "⌫":
            self.pin.backspace()
        else:
            self.pin.insert(sign)
        if sign != "✓":
            self.pin.setFocus()

    def _refused(self, error: BaseException) -> None:
        if isinstance(error, SignInRefused) and error.wait_s > 0:
            self._waits[self._asked] = time.monotonic() + error.wait_s
            if self._tell_wait():
                return
        self._say(" ".join(part for part in words.error(error) if part), danger=True)

    def _name_changed(self) -> None:
        self._say("")
        self._tell_wait()

    def _tell_wait(self) -> bool:
        """Count down while no PIN of the chosen name is looked at; whether that is so."""
        item = self.names.currentItem()
        left = self._waits.get(item.text(), 0.0) - time.monotonic() if item is not None else 0.0
        waiting = left > 0 and self._session.how is SignIn.PIN
        if waiting:
            said = self.tr("Too many wrong PINs. Try again in {0} s.")
            self._say(said.format(math.ceil(left)), danger=True)
            self._tick.start()
        elif self._tick.isActive():
            self._tick.stop()
            self._say("")
        self.go.setEnabled(not waiting or bool(self.pin.text()))
        return waiting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Under large type in a low window the pad and the message need the room.
        self._meanwhile.setVisible(self.height() >= self._look.px(520, _HIGH))

    def _say(self, text: str, *, danger: bool = False) -> None:
        self.message.setText(text)
        set_tone(self.message, "danger" if danger else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Digits typed while the list has the focus are the PIN; Enter chooses the name.
        if watched is self.names and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._chosen()
                return True
            if self._session.how is SignIn.PIN and event.text().isdigit():
                self.pin.setFocus()
                self.pin.insert(event.text())
                return True
        return super().eventFilter(watched, event)
