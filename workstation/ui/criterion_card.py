"""One card a criterion: icon, word, how sure and why. A passed one is a quiet line that opens on a click."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workstation.domain.findings import State
from workstation.ui import i18n, theme
from workstation.ui.look import Look, PanelButton, icon_label, label, review_width, text_width
from workstation.ui.theme import Size


class ProbabilityBar(QWidget):
    """Probability of the defect, with the band where the cascade is unsure and the threshold where it warns."""

    def __init__(
        self,
        look: Look,
        score: float,
        threshold: float | None,
        unsure_from: float | None,
        state: State,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._score = score
        self._threshold = threshold
        self._unsure_from = unsure_from
        self._state = state
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.spoken())
        self.setToolTip(self.spoken())

    def spoken(self) -> str:
        """The bar in words."""
        shown = i18n.percent(self._score)
        if self._threshold is None:
            return self.tr("Probability of a defect {0}").format(shown)
        return self.tr("Probability of a defect {0}, warns from {1}").format(
            shown, i18n.percent(self._threshold)
        )

    def sizeHint(self) -> QSize:
        return QSize(160, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = self._look.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0, 2, self.width(), 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.border))
        painter.drawRoundedRect(track, 4, 4)
        if self._threshold is not None and self._unsure_from is not None:
            band = QRectF(
                track.width() * self._unsure_from,
                track.top(),
                track.width() * (self._threshold - self._unsure_from),
                track.height(),
            )
            tint = QColor(colours.unsure)
            tint.setAlpha(80)
            painter.fillRect(band, tint)
        painter.setBrush(QColor(colours.of_state(self._state)))
        filled = QRectF(track)
        filled.setWidth(max(4.0, track.width() * min(1.0, self._score)))
        painter.drawRoundedRect(filled, 4, 4)
        if self._threshold is not None:
            x = min(self.width() - 1.0, track.width() * self._threshold)
            painter.setPen(QPen(QColor(colours.text), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, 12))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.text))
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 18), QPointF(x + 4, 18), QPointF(x, 12)]))
        painter.end()


class CriterionCard(QFrame):
    """A line that can be opened; warned and unsure ones are open from the start.

    Args:
        title: the criterion in words that already carry its state.
        detail: short, at the right of the title (edge, angle).
        why: sentences under the title when open.
        score, threshold, unsure_from: for the bar; no bar without a score.
        probability: the score in words ("cut off 96 %"), under the bar.
    """

    def __init__(
        self,
        look: Look,
        state: State,
        title: str,
        detail: str = "",
        why: str = "",
        score: float | None = None,
        threshold: float | None = None,
        unsure_from: float | None = None,
        probability: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.state = state
        self.title = title
        loud = state in (State.WARN, State.UNSURE)
        self.setProperty("card", loud)
        self.setProperty("state", state.value)
        self._header = PanelButton("row")
        spoken = (title, detail, theme.state_word(state))
        self._header.setAccessibleName(". ".join(part for part in spoken if part))
        self._header.setCheckable(False)
        row = QHBoxLayout(self._header)
        row.setContentsMargins(12, 8 if loud else 6, 12, 8 if loud else 6)
        row.setSpacing(8)
        ratio = self.devicePixelRatioF()
        size = 20 if loud else 16
        size = look.px(size)
        row.addWidget(icon_label(look.state_pixmap(state, size, ratio), size))
        self._look = look
        self._title = title_label = label(
            title, size="head" if loud else "", tone="" if loud else "quiet", wrap=True
        )
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        self._lines.addWidget(title_label)
        row.addLayout(self._lines, 1)
        shown = detail
        if not shown and not loud and state is State.NOT_ASSESSED:
            shown = theme.state_word(state)
        self._said = label(shown, tone=_tone(state) if loud else "quiet", bold=loud)
        # Under large type the detail stands below.
        (row if look.roomy else self._lines).addWidget(self._said)
        self._said.setVisible(bool(shown))
        self._body = QWidget()
        self._fill_body(look, why, score, threshold, unsure_from, probability)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self._body)
        self._has_body = bool(why) or score is not None
        self._body.setVisible(loud and self._has_body)
        self._header.clicked.connect(self._toggle)

    @property
    def opened(self) -> bool:
        return not self._body.isHidden()

    def make_first(self) -> None:
        """The worst finding is read from a metre and a half, like the projection, where its words have the room."""
        room = review_width(self._look) - self._look.px(20) - 72
        title = text_width(self.title, Size.VERDICT, self._look.scale)
        if not self._look.roomy or title > room:
            return
        self._title.setProperty("type", "verdict")
        if title + text_width(self._said.text(), Size.BODY, self._look.scale) + 8 > room:
            self._lines.addWidget(self._said)  # below; it leaves its place in the row

    def _toggle(self) -> None:
        self._body.setVisible(self._has_body and self._body.isHidden())

    def _fill_body(
        self,
        look: Look,
        why: str,
        score: float | None,
        threshold: float | None,
        unsure_from: float | None,
        probability: str,
    ) -> None:
        inner = QVBoxLayout(self._body)
        inner.setContentsMargins(12, 0, 12, 12)
        inner.setSpacing(8)
        if why:
            inner.addWidget(label(why, wrap=True))
        if score is None:
            return
        inner.addWidget(ProbabilityBar(look, score, threshold, unsure_from, self.state))
        numbers = QHBoxLayout()
        numbers.addWidget(label(probability, size="small", bold=True))
        numbers.addStretch()
        if threshold is not None:
            limit = self.tr("warns from {0}").format(i18n.percent(threshold))
            numbers.addWidget(label(limit, tone="quiet", size="small"))
        inner.addLayout(numbers)


def _tone(state: State) -> str:
    return {State.WARN: "warn", State.UNSURE: "unsure", State.PASS: "pass"}.get(state, "quiet")
