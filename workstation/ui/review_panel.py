"""What the cascade says of the film on the stage, in one order: projection, worst finding, what to do, the rest."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from workstation import assets
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.film import Notice, NoticeCode
from workstation.domain.findings import (
    CropFinding,
    Finding,
    GateFinding,
    Kind,
    OrientationFinding,
    State,
    Verdict,
)
from workstation.domain.order import Fit
from workstation.domain.turn import UNTURNED, Turn, suggested_turn
from workstation.services.advice import Advice
from workstation.services.film_text import load_words, missing_part
from workstation.services.limits import limits_of, load_limits
from workstation.ui import words
from workstation.ui.console import Console
from workstation.ui.criterion_card import CriterionCard
from workstation.ui.look import Look, icon_label, label
from workstation.ui.order_card import order_card
from workstation.ui.projection_card import ProjectionCard
from workstation.ui.study_lines import StudyLines
from workstation.ui.tips import verbatim

SPINNER_AFTER_MS = 150
_MISMATCH = (Fit.WRONG_PATIENT, Fit.WRONG_ACCESSION, Fit.WRONG_PROJECTION)
_ORDER = (State.WARN, State.UNSURE, State.PASS, State.NOT_ASSESSED)


class ReviewCards(QScrollArea):
    """Cards of the film on the stage; rebuilt when what they say changes.

    Signals:
        projection_overridden(Projection | None): a person named the projection; None: back to the model.
        focus_lost: the card that had the focus made way for a new one.
    """

    projection_overridden = Signal(object)
    focus_lost = Signal()

    def __init__(self, console: Console, look: Look, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._console = console
        self._look = look
        self._language = language
        self._film_words = load_words(assets.resources_dir(), language)
        self._limits = load_limits(assets.resources_dir())
        self._shown: object = None
        self._turn = UNTURNED
        self._told: object = None
        self._study_lines = StudyLines(self)
        self.projection_card: ProjectionCard | None = None
        self.cards: list[CriterionCard] = []
        self._late = QTimer(self, singleShot=True, interval=SPINNER_AFTER_MS)
        self._late.timeout.connect(self._show_pending)
        console.companions.changed.connect(self.refresh)
        self.refresh()

    @property
    def turn(self) -> Turn:
        """How the film that the cards are about is shown."""
        return self._turn

    def set_turn(self, turn: Turn) -> None:
        """Name edges as they are seen on a film that is shown so."""
        self._turn = turn
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of the film on the stage now; does nothing where that is on show already."""
        exposure = self._console.stage
        pending = exposure is not None and self._console.analysis.is_pending(exposure.id)
        failed = self._console.verdicts.errors.get(exposure.id) if exposure is not None else None
        now = (
            exposure.id if exposure is not None else None,
            exposure.verdict if exposure is not None else None,
            pending,
            failed,
            self._console.previewing,
            self._console.analysis.loading,
            (exposure.header.notices, exposure.shares_uid) if exposure is not None else (),
            self._console.order_check(exposure) if exposure is not None else None,
            self._console.companions.of(exposure.id if exposure is not None else None),
            self._turn if _names_edges(exposure) else None,
            is_decided(exposure.state) if exposure is not None else False,
        )
        if now == self._shown:
            return
        same_film = isinstance(self._shown, tuple) and self._shown[0] == now[0]
        self._shown = now
        rerun = pending and same_film and exposure is not None and exposure.verdict is not None
        if rerun and exposure is not None and self._told == self._besides(exposure):
            return  # the old cards stay until the new verdict replaces them
        self._late.stop()
        if exposure is None:
            self._put([])
            if self._console.previewing:
                self._late.start()
        elif exposure.verdict is not None:
            # With a failure the verdict is an older one: another projection or cascade was asked for since.
            self._show_verdict(exposure, exposure.verdict, failed if not pending else None)
        elif failed is not None and not pending:
            self._show_failure(exposure, failed)
        else:
            # Also a film that nobody assesses: between two questions that lasts a moment, and is not worth a word.
            self._put(self._first(exposure))
            self._late.start()

    def _besides(self, exposure: Exposure) -> object:
        """What the cards of a verdict say that may change while the film is assessed again."""
        return self._turn, self._console.order_check(exposure), exposure.shares_uid

    # ---- states ----

    def _show_pending(self) -> None:
        stage = self._console.stage
        if stage is not None and stage.verdict is None and not self._console.analysis.is_pending(stage.id):
            self._show_failure(stage, self._console.verdicts.errors.get(stage.id))
            return
        if self._console.analysis.loading:
            text = self.tr("Loading the models …")
        elif self._console.stage is None:
            text = self.tr("Taking the film in …")
        elif not self._console.analysis.is_running(self._console.stage.id):
            text = self.tr("Waiting for the analysis of another film …")
        else:
            text = self.tr("Analysing …")
        stages = self.tr("Body part, greyscale, orientation, projection, lung fields, rotation")
        sending = self.tr("You need not wait: the three actions work now.")
        box, layout = _block()
        layout.addWidget(label(text, size="head", wrap=True))
        layout.addWidget(label(stages, tone="quiet", wrap=True))
        layout.addWidget(label(sending, tone="quiet", wrap=True))
        self._put([*(self._first(stage) if stage is not None else []), box])

    def _show_failure(self, exposure: Exposure, error: BaseException | None) -> None:
        whole = isinstance(error, CascadeUnavailable)
        title = self.tr("Analysis unavailable") if whole else self.tr("This film could not be analysed")
        box = _failure(title, error, self.tr("Look at the film yourself. Sending works as always."))
        ordered = order_card(self._console.order_check(exposure), exposure, self._look)
        before = [*self._conflict(exposure), *([ordered] if ordered is not None else [])]
        about = [*self._study(exposure), *self._notices(exposure)]
        projection = ProjectionCard(self._look, None, exposure, analysed=not whole)
        projection.overridden.connect(self.projection_overridden)
        self._put([*before, projection, box, *about], projection)

    def _show_verdict(self, exposure: Exposure, verdict: Verdict, failed: BaseException | None) -> None:
        projection = ProjectionCard(self._look, verdict.projection, exposure)
        projection.overridden.connect(self.projection_overridden)
        self.projection_card = projection
        adviser = self._console.parts.adviser
        self._told = self._besides(exposure)
        advice = adviser.for_verdict(verdict, exposure.header, self._language, self._turn)
        cards = self._criteria(exposure, verdict, advice)
        cards.sort(key=lambda c: _ORDER.index(c.state))
        loud = [c for c in cards if c.state in (State.WARN, State.UNSURE)]
        quiet = [c for c in cards if c not in loud]
        if loud:
            loud[0].make_first()
        order = self._console.order_check(exposure)
        order_said = None if order.fit in _MISMATCH else order_card(order, exposure, self._look)
        ordered = [order_said] if order_said is not None else []
        again = []
        if failed is not None:
            title, earlier = self.tr("The repeated analysis failed"), self.tr("The earlier result is below.")
            again.append(_failure(title, failed, earlier))
        widgets: list[QWidget] = [*self._first(exposure), *again, projection, *loud]
        what_to_do = self._advice(advice, verdict)
        if what_to_do is not None:
            widgets.append(what_to_do)
        passed = [f for f in verdict.findings if f.state is State.PASS]
        weak = [_remark(line) for f in passed for line in self._weak(exposure, verdict, f)]
        notices = [*weak, *ordered, *self._study(exposure), *self._notices(exposure)]
        self._put([*widgets, *quiet, *notices, self._footer(verdict)], projection, cards)

    # ---- pieces ----

    def _first(self, exposure: Exposure) -> list[QWidget]:
        """What is said before all else, and before there is a verdict: the film may leave without one."""
        order = self._console.order_check(exposure)
        card = order_card(order, exposure, self._look) if order.fit in _MISMATCH else None
        return [*([card] if card is not None else []), *self._conflict(exposure)]

    def _criteria(self, exposure: Exposure, verdict: Verdict, advice: Advice) -> list[CriterionCard]:
        cards = [
            self._finding_card(exposure, verdict, finding, "\n".join(advice.said.get(finding.kind, ())))
            for finding in verdict.findings
        ]
        for kind, gate in (
            (Kind.ORIENTATION, verdict.orientation),
            (Kind.POLARITY, verdict.polarity),
            (Kind.BODY_PART, verdict.body_part),
        ):
            if gate is not None:
                cards.append(self._gate_card(kind, gate, "\n".join(advice.said.get(kind, ()))))
        return cards

    def _finding_card(
        self, exposure: Exposure, verdict: Verdict, finding: Finding, what: str
    ) -> CriterionCard:
        detail, why = "", words.reason_not_assessed(finding.reason)
        if isinstance(finding, CropFinding):
            if finding.state is State.PASS:
                detail = self.tr("all edges clear") if finding.edge_scores else ""
            elif finding.edges:
                parts = [
                    self.tr("{0}: {1}").format(
                        words.capital(words.edge(self._turn.edge(edge))),
                        missing_part(edge, verdict, exposure.header, self._film_words),
                    )
                    for edge in finding.edges
                ]
                why = "\n".join(parts)
        elif finding.state is not State.NOT_ASSESSED:
            detail = words.angle(finding)
        if finding.state is State.UNSURE and why:  # at which edges, as they are seen
            why = "\n".join((self.tr("Not sure: look yourself."), why))
        else:
            why = what or why
        if finding.state in (State.WARN, State.UNSURE):
            why = "\n".join(p for p in (why, *self._weak(exposure, verdict, finding)) if p)
        return CriterionCard(
            self._look,
            finding.state,
            words.criterion(finding.kind, finding.state),
            detail,
            why,
            finding.score,
            finding.threshold,
            finding.unsure_from,
            words.probability(finding.kind, finding.score),
        )

    def _weak(self, exposure: Exposure, verdict: Verdict, finding: Finding) -> list[str]:
        label_ = verdict.projection.label
        return limits_of(self._limits, finding, label_, exposure.header, self._language)

    def _gate_card(self, kind: Kind, gate: GateFinding | OrientationFinding, what: str) -> CriterionCard:
        detail, by_hand = "", ""
        if isinstance(gate, OrientationFinding) and gate.state in (State.WARN, State.UNSURE):
            by_hand = self._how_to_turn(gate)
        elif kind is Kind.POLARITY and gate.state is State.WARN:
            by_hand = self.tr("I inverts the view.")
        elif kind is Kind.BODY_PART and gate.state is State.WARN:
            by_hand = self.tr("To analyse it all the same, set the projection.")
        why = " ".join(p for p in (what or words.reason_not_assessed(gate.reason), by_hand) if p)
        title = words.criterion(kind, gate.state)
        return CriterionCard(
            self._look,
            gate.state,
            title,
            detail,
            why,
            gate.score,
            gate.threshold,
            probability=words.probability(kind, gate.score),
        )

    def _how_to_turn(self, found: OrientationFinding) -> str:
        suggested = suggested_turn(found)
        if suggested is None:
            return ""
        if found.state is State.UNSURE:
            return words.turn_if_not_upright(suggested)
        if self._console.sends_turned:
            return self.tr("U shows it turned and the turn goes along when you send; T: on this screen only.")
        return self.tr("U shows it turned; T makes the turn go along when you send.")

    def _advice(self, advice: Advice, verdict: Verdict) -> QWidget | None:
        # The cards say what is the matter, each of its own criterion.
        said = {line for lines in advice.said.values() for line in lines}
        lines = [line for line in advice.lines if line not in said and line != advice.dose_text]
        if not lines:
            return None
        box, layout = _block()
        box.setObjectName("advice")
        layout.addWidget(label(self.tr("What to do"), tone="quiet", size="small"))
        for line in lines:
            layout.addWidget(label(line, wrap=True, bold=line == advice.change))
        if verdict.retake_suggested and advice.dose_text:
            layout.addWidget(label(advice.dose_text, tone="quiet", wrap=True))
        return box

    def _study(self, exposure: Exposure) -> list[QWidget]:
        found = self._console.companions.of(exposure.id)
        lines = self._study_lines.widgets(found, self._console.parts.reasons, self._language)
        return [*lines, *self._study_lines.exposure(exposure.header.exposure)]

    def _conflict(self, exposure: Exposure) -> list[QWidget]:
        """Two films under one identity: which of them is to leave is for the person to say."""
        if not exposure.shares_uid:
            return []
        # The later one alone has it in its header.
        told = (n for n in exposure.header.notices if n.code is NoticeCode.UID_CONFLICT)
        found = next(told, Notice(NoticeCode.UID_CONFLICT))
        box = QFrame()
        box.setProperty("card", True)
        box.setProperty("state", State.WARN.value)
        row = QHBoxLayout(box)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        side = self._look.px(20)
        row.addWidget(icon_label(self._look.state_pixmap(State.WARN, side, self.devicePixelRatioF()), side))
        row.addWidget(label(words.notice(found), wrap=True, bold=True), 1)
        box.setToolTip(verbatim(found.detail))
        return [box]

    def _notices(self, exposure: Exposure) -> list[QWidget]:
        made: list[QWidget] = []
        for notice in exposure.header.notices:
            if notice.code is NoticeCode.UID_CONFLICT:
                continue
            text = _remark(words.notice(notice))
            text.setToolTip(verbatim(notice.detail))
            made.append(text)
        return made

    def _footer(self, verdict: Verdict) -> QWidget:
        made = label(self.tr("Cascade {0}").format(verdict.cascade), tone="quiet", size="small", wrap=True)
        made.setContentsMargins(12, 0, 12, 0)
        return made

    def _put(
        self,
        widgets: list[QWidget],
        projection: ProjectionCard | None = None,
        cards: list[CriterionCard] | None = None,
    ) -> None:
        self.projection_card = projection
        self.cards = cards or []
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for widget in widgets:
            layout.addWidget(widget)
        layout.addStretch(1)
        focus = QApplication.focusWidget()
        held = focus is not None and self.isAncestorOf(focus)
        # Not deleted at once, as `setWidget` would: what a person chose there may be what brought the new cards.
        old = self.takeWidget()
        self.setWidget(page)
        if old is not None:
            old.deleteLater()
        if held:
            self.focus_lost.emit()


def _failure(title: str, error: BaseException | None, closing: str) -> QFrame:
    """A card about an analysis that failed."""
    box, layout = _block()
    box.setProperty("card", True)
    box.setProperty("state", State.NOT_ASSESSED.value)
    layout.addWidget(label(title, size="head", wrap=True))
    if error is not None:
        message, remedy = words.error(error)
        layout.addWidget(label(message, wrap=True))
        layout.addWidget(label(remedy, tone="quiet", wrap=True))
    layout.addWidget(label(closing, wrap=True))
    return box


def _names_edges(exposure: Exposure | None) -> bool:
    crop = exposure.verdict.crop if exposure is not None and exposure.verdict is not None else None
    return crop is not None and bool(crop.edges)


def _remark(text: str) -> QLabel:
    made = label(text, tone="quiet", size="small", wrap=True)
    made.setContentsMargins(12, 0, 12, 0)
    return made


def _block() -> tuple[QFrame, QVBoxLayout]:
    box = QFrame()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(12, 8, 12, 8)
    layout.setSpacing(8)
    return box, layout
