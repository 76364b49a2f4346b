"""The first thing the eye meets: which projection, how sure, and a click to say otherwise."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.findings import ProjectionFinding, Source, State
from workstation.domain.objections import contradicted_view
from workstation.domain.projection import Projection, projection_of_view
from workstation.ui import i18n, words
from workstation.ui.look import Look, PanelButton, button, icon_label, label, review_width, text_width
from workstation.ui.theme import Size


class ProjectionCard(QFrame):
    """Projection of the film; opens to frontal | lateral | what the model says, while nothing is decided.

    Args:
        analysed: whether films are analysed at all; else a choice would change nothing.

    Signals:
        overridden(Projection | None): a person chose; None leaves it to the model.
    """

    overridden = Signal(object)

    def __init__(
        self,
        look: Look,
        finding: ProjectionFinding | None,
        exposure: Exposure,
        parent: QWidget | None = None,
        *,
        analysed: bool = True,
    ) -> None:
        super().__init__(parent)
        header = projection_of_view(exposure.header.view_position, exposure.header.view_code)
        state = finding.state if finding is not None else State.NOT_ASSESSED
        shown = finding.label if finding is not None else header
        by_user = finding is not None and finding.source is Source.USER
        clash = finding is not None and contradicted_view(finding, exposure.header) is not None
        self.setProperty("card", True)
        self.setProperty("state", State.WARN.value if clash else state.value)
        self._open_to_change = analysed and not is_decided(exposure.state)
        self._head = PanelButton("row")
        if self._open_to_change:
            self._head.setToolTip(self.tr("Set the projection by hand (F2)"))
        else:
            self._head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self._head)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        ratio = self.devicePixelRatioF()
        row.addWidget(
            icon_label(look.state_pixmap(State.WARN if clash else state, look.px(24), ratio), look.px(24))
        )
        title = words.projection(shown)
        long = len(title) > 14
        sure = self._how_sure(finding, by_user)
        heading = label(title, size="head" if long else "verdict", wrap=long)
        how_sure = label(sure, tone="unsure" if state is State.UNSURE else "quiet", bold=True)
        if look.roomy or (not long and _beside(look, title, sure)):
            row.addWidget(heading, 1)
            row.addWidget(how_sure)
        else:
            lines = QVBoxLayout()
            lines.setSpacing(0)
            lines.addWidget(heading)
            if sure:
                lines.addWidget(how_sure)
            row.addLayout(lines, 1)
        chevron = icon_label(look.pixmap("chevron-down", look.colours.quiet, look.px(16), ratio), look.px(16))
        row.addWidget(chevron)
        chevron.setVisible(self._open_to_change)
        self._head.setAccessibleName(self.tr("Projection: {0}, {1}").format(title, sure))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        for text, tone in self._remarks(finding):
            remark = label(text, tone=tone, wrap=True)
            remark.setContentsMargins(12, 0, 12, 8)
            layout.addWidget(remark)
        self._choices = self._make_choices(finding, by_user)
        layout.addWidget(self._choices)
        self._choices.hide()
        self._head.clicked.connect(self.toggle_choices)

    def toggle_choices(self) -> None:
        """Open or close the row of choices; the focus goes with it. Of a decided film nothing is chosen any more."""
        if not self._open_to_change:
            return
        opening = self._choices.isHidden()
        self._choices.setVisible(opening)
        if opening:
            self._first.setFocus()
        else:
            self._head.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the choice that has the focus, Esc puts the choices away."""
        focus = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape and not self._choices.isHidden():
            self.toggle_choices()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QPushButton):
            focus.click()
        else:
            super().keyPressEvent(event)

    def _how_sure(self, finding: ProjectionFinding | None, by_user: bool) -> str:
        if finding is None:
            return self.tr("by the header")
        if by_user:
            return self.tr("set by you")
        if finding.probability_lateral is None:
            return ""
        lateral = finding.label is Projection.LATERAL
        return i18n.percent(finding.probability_lateral if lateral else 1.0 - finding.probability_lateral)

    def _remarks(self, finding: ProjectionFinding | None) -> list[tuple[str, str]]:
        remarks = []
        if finding is not None and finding.state is State.UNSURE:
            remarks.append((self.tr("Not sure whether frontal or lateral: choose yourself."), "unsure"))
        if finding is not None and finding.reason:
            remarks.append((words.reason_not_assessed(finding.reason), "quiet"))
        return remarks

    def _make_choices(self, finding: ProjectionFinding | None, by_user: bool) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(12, 0, 12, 12)
        row.setSpacing(8)
        group = QButtonGroup(self)
        options: list[tuple[str, Projection | None]] = [
            (words.projection(Projection.FRONTAL), Projection.FRONTAL),
            (words.projection(Projection.LATERAL), Projection.LATERAL),
        ]
        if by_user:
            options.append((self.tr("By the model"), None))
        for text, choice in options:
            made = button(text, "choice")
            made.setCheckable(True)
            made.setChecked(finding is not None and choice is finding.label)
            made.clicked.connect(lambda _checked=False, c=choice: self.overridden.emit(c))
            group.addButton(made)
            row.addWidget(made)
        self._first = group.buttons()[0]
        return box


def _beside(look: Look, title: str, sure: str) -> bool:
    """Whether heading and certainty fit on one line between the icon and the chevron."""
    words_ = text_width(title, Size.VERDICT, look.scale) + text_width(sure, Size.BODY, look.scale)
    return words_ + look.px(24) + look.px(16) + 96 <= review_width(look)
