"""The film with its toolbar: what the main window places, asks and listens to."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workstation import assets
from workstation.domain.findings import State, Verdict
from workstation.domain.turn import UNTURNED, Turn, suggested_turn
from workstation.imaging.lut import VoiChoice, display_lut
from workstation.services.film_text import (
    FilmWords,
    edge_label,
    load_words,
    projection_label,
    rotation_label,
)
from workstation.ui.viewer.actions import MEASURES, FilmActions
from workstation.ui.viewer.canvas import ZOOM_STEP, FilmCanvas, LeftDrag
from workstation.ui.viewer.measures import Measures, Tool
from workstation.ui.viewer.overlays import OverlayState
from workstation.ui.viewer.prepared import PreparedFilm
from workstation.ui.viewer.toolbar import FilmToolbar
from workstation.ui.viewer.window_level import dragged, start_of_drag, written_window

_IN_HAND = (*MEASURES, "magnifier", "compare")
"""Tools that Escape puts away."""


class FilmView(QWidget):
    """One film, its overlays and its toolbar.

    `actions` holds QActions (fit, one_to_one, window_level, invert, reset, overlays, ...) to be placed in menus;
    their keys work in the whole window.

    Args:
        language: of the words on the film, "en" or "ru".
        parent: owner.

    Signals:
        film_there(bool): a film was put here, or taken away.
        turn_changed(Turn): shown turned or mirrored.
        sent_turn_changed(Turn): how whoever reads the film is to see it.
    """

    film_there = Signal(bool)
    turn_changed = Signal(object)
    sent_turn_changed = Signal(object)

    def __init__(self, language: str = "en", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self._words = load_words(assets.resources_dir(), language)
        self._prepared: PreparedFilm | None = None
        self._verdict: Verdict | None = None
        self._voi: VoiChoice | None = None
        self._drag_start: VoiChoice | None = None
        self._before_drag: VoiChoice | None = None
        self._invert = False
        self._turn = UNTURNED
        self._sends_turned = False
        self._decided: Turn | None = None
        self._chosen_before = False
        self.canvas = FilmCanvas(self)
        self.actions_ = FilmActions(self)
        self.toolbar = FilmToolbar(self.actions_, self)
        # Only while a tool is in the hand: Escape closes prompts otherwise.
        self._put_away = QAction(self, enabled=False)
        self._put_away.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        self.addAction(self._put_away)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.toolbar)
        self.setFocusProxy(self.canvas)
        self._connect()
        self._enable()
        self._describe()

    # What is shown

    @property
    def film(self) -> PreparedFilm | None:
        """The film on the stage."""
        return self._prepared

    @property
    def voi(self) -> VoiChoice | None:
        """How it is windowed."""
        return self._voi

    @property
    def inverted(self) -> bool:
        """True where the person has exchanged black and white."""
        return self._invert

    @property
    def turn(self) -> Turn:
        """How it is turned on screen; the stored film stays as it is."""
        return self._turn

    @property
    def sent_turn(self) -> Turn:
        """How whoever reads the film is to see it: as here where that was chosen, else as it is stored."""
        return self._turn if self.actions_.send_turned.isChecked() else UNTURNED

    @property
    def words(self) -> FilmWords:
        """Of the overlays, in the window's language."""
        return self._words

    def set_sends_turned(self, preselected: bool) -> None:
        """Whether a turn on screen is chosen to be sent as well, until a person says otherwise."""
        self._sends_turned = preselected

    def set_film(self, prepared: PreparedFilm | None) -> None:
        """Show a film as its file wants it, at fit, with no verdict yet; or the empty stage."""
        self._prepared = prepared
        self._verdict = None
        self._invert = False
        self._turn = UNTURNED
        self._decided, self._chosen_before = None, False
        self._offer_sending_turned(False)
        self._drag_start = self._before_drag = None
        self._voi = prepared.lut.voi if prepared is not None else None
        if prepared is None:
            self.canvas.set_film(None, None)
        else:
            self.canvas.set_film(prepared.pyramid, prepared.lut, prepared.film.header.pixel_aspect)
        self._tell_measures()
        self.actions_.invert.setChecked(False)
        # What was hidden on one film must not be missing on the next: name, side letters, cut edges.
        self.actions_.overlays.setChecked(True)
        # So with what lies outside the field: where its blades are found amid the lung, that lung must be seen.
        self.actions_.shutter.setChecked(False)
        self._enable()
        self._tell_overlays()
        self._describe()
        choices = prepared.choices if prepared is not None else ()
        self.toolbar.set_choices(choices, self._voi)
        self.turn_changed.emit(self._turn)
        self.film_there.emit(prepared is not None)

    def set_verdict(self, verdict: Verdict | None) -> None:
        """Draw what the cascade found on the film that is shown. Nothing already there moves."""
        self._verdict = verdict
        self.actions_.upright.setEnabled(self._prepared is not None and self._suggested() is not None)
        self.actions_.shutter.setEnabled(verdict is not None and not verdict.collimation.whole)
        self._tell_overlays()
        self._describe()

    def set_voi(self, voi: VoiChoice) -> None:
        """Window the film; ignored on the empty stage."""
        if self._prepared is None:
            return
        self._voi = voi
        self._relook()
        self.toolbar.set_current(voi)

    def set_inverted(self, inverted: bool) -> None:
        """Exchange black and white on screen."""
        if self._prepared is None or inverted == self._invert:
            return
        self._invert = inverted
        self.actions_.invert.setChecked(inverted)
        self._relook()

    def set_turn(self, turn: Turn, *, sent: bool | None = None) -> None:
        """Turn or mirror the film on screen; `sent`: for whoever reads it as well (None: as it was chosen before)."""
        if self._prepared is None:
            return
        was_turned = self._turn != UNTURNED
        self._turn = turn
        self.canvas.set_turn(turn)
        chosen = self.actions_.send_turned.isChecked() if was_turned else self._sends_turned
        self._offer_sending_turned(chosen if sent is None else sent)
        self.turn_changed.emit(turn)

    def set_decided(self, turn: Turn | None) -> None:
        """How whoever reads the film sees it by the decision in force: no key changes that; None without one."""
        if turn == self._decided:
            return
        chosen = self.actions_.send_turned.isChecked()
        if self._decided is None:
            self._chosen_before = chosen
        self._decided = turn
        self._offer_sending_turned(chosen or self._chosen_before)  # taken back, it is as it was

    def take_over(self, other: FilmView) -> None:
        """Show the film as a person left it in another viewer: window, inversion, turn and whether that is sent."""
        if self._prepared is None or other.film is not self._prepared or other.voi is None:
            return
        self.set_voi(other.voi)
        self.set_inverted(other.inverted)
        if other.turn != self._turn:
            self.set_turn(other.turn, sent=other.sent_turn != UNTURNED)

    def set_upright(self) -> None:
        """Turn the film as the verdict suggests."""
        turn = self._suggested()
        if turn is not None:
            self.set_turn(turn)

    def _suggested(self) -> Turn | None:
        return suggested_turn(self._verdict.orientation) if self._verdict is not None else None

    def next_window(self) -> None:
        """The next of the windows on offer; after one set by hand, the first."""
        if self._prepared is not None and self._prepared.choices:
            choices = self._prepared.choices
            at = choices.index(self._voi) + 1 if self._voi in choices else 0
            self.set_voi(choices[at % len(choices)])

    def _offer_sending_turned(self, chosen: bool) -> None:
        action, turned = self.actions_.send_turned, self._turn != UNTURNED
        action.setEnabled(turned and self._decided is None)
        action.setChecked(turned and (chosen if self._decided is None else self._turn == self._decided))
        self._sent_turn_changed()

    def _sent_turn_changed(self) -> None:
        self.sent_turn_changed.emit(self.sent_turn)
        self._tell_overlays()

    def set_message(self, title: str, text: str = "") -> None:
        """Words on the empty stage."""
        self.canvas.set_message(title, text)

    def set_type_scale(self, scale: float) -> None:
        """Size of the overlays' type, 1.0 is 100 %."""
        self.canvas.set_type_scale(scale)

    def reset(self) -> None:
        """As the file wants it: first window, not inverted, not turned, at fit."""
        if self._prepared is None:
            return
        self.set_inverted(False)
        self.set_turn(UNTURNED)
        self.set_voi(self._prepared.lut.voi)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LanguageChange:
            self.actions_.retranslate()
            self.toolbar.retranslate()

    # Inside

    def _connect(self) -> None:
        acts, canvas = self.actions_, self.canvas
        acts.fit.triggered.connect(canvas.fit)
        acts.one_to_one.triggered.connect(canvas.one_to_one)
        acts.zoom_in.triggered.connect(lambda: canvas.zoom(ZOOM_STEP))
        acts.zoom_out.triggered.connect(lambda: canvas.zoom(1 / ZOOM_STEP))
        acts.window_level.toggled.connect(self._left_drag)
        acts.invert.triggered.connect(self.set_inverted)
        acts.rotate.triggered.connect(lambda: self.set_turn(self._turn.turned(1)))
        acts.flip.triggered.connect(lambda: self.set_turn(self._turn.flipped()))
        acts.upright.triggered.connect(self.set_upright)
        acts.send_turned.triggered.connect(self._sent_turn_changed)
        acts.next_window.triggered.connect(self.next_window)
        acts.reset.triggered.connect(self.reset)
        acts.overlays.toggled.connect(canvas.set_overlays_shown)
        acts.why.toggled.connect(canvas.set_why_shown)
        acts.shutter.toggled.connect(canvas.set_shutter_shown)
        for name in MEASURES:
            acts.by_name()[name].toggled.connect(self._choose_tool)
        acts.remove_measure.triggered.connect(self.remove_measure)
        acts.magnifier.toggled.connect(canvas.set_lens_shown)
        for name in _IN_HAND:
            acts.by_name()[name].toggled.connect(self._hold)
        self._put_away.triggered.connect(self.leave_tool)
        canvas.measured.connect(self._measured)
        canvas.fit_wanted.connect(canvas.fit)
        canvas.window_drag_started.connect(self._start_drag)
        canvas.window_dragged.connect(self._drag)
        canvas.window_drag_undone.connect(self._undo_drag)
        self.toolbar.voi_chosen.connect(self.set_voi)
        self._left_drag(acts.window_level.isChecked())

    @property
    def measures(self) -> Measures:
        """What was measured on the film."""
        return self.canvas.measures

    def remove_measure(self) -> None:
        """Remove the measurement touched last."""
        if self.canvas.measures.remove_chosen():
            self.canvas.update()
            self._measured()

    @property
    def busy_with_tool(self) -> bool:
        """Whether ruler, angle, region, glass or the film compared with is in use."""
        named = self.actions_.by_name()
        return any(named[name].isChecked() for name in _IN_HAND)

    def leave_tool(self) -> None:
        """Put ruler, angle, region, glass and the film compared with away."""
        for name in _IN_HAND:
            self.actions_.by_name()[name].setChecked(False)

    def _hold(self) -> None:
        self._put_away.setEnabled(self.busy_with_tool)

    def _choose_tool(self, on: bool) -> None:
        named = self.actions_.by_name()
        if on:
            for name in MEASURES:
                if named[name] is not self.sender():
                    named[name].setChecked(False)
        chosen = next((name for name in MEASURES if named[name].isChecked()), None)
        self.canvas.set_tool(Tool(chosen) if chosen is not None else None)
        self._measured()

    def _tell_measures(self) -> None:
        film = self._prepared.film if self._prepared is not None else None
        self.canvas.measures.set_film(film, self._words)
        self._measured()

    def _measured(self) -> None:
        self.actions_.remove_measure.setEnabled(bool(self.canvas.measures.all))
        self._describe()

    def _left_drag(self, window_level: bool) -> None:
        self.canvas.set_left_drag(LeftDrag.WINDOW_LEVEL if window_level else LeftDrag.PAN)

    def _start_drag(self) -> None:
        if self._prepared is not None and self._voi is not None:
            self._before_drag = self._voi
            self._drag_start = start_of_drag(self._prepared.film.header.greyscale, self._voi)

    def _drag(self, right: float, up: float) -> None:
        if self._drag_start is not None and self._prepared is not None:
            inverted = self._prepared.film.header.greyscale.inverted != self._invert
            self.set_voi(dragged(self._drag_start, right, up, inverted=inverted))

    def _undo_drag(self) -> None:
        if self._before_drag is not None:
            self.set_voi(self._before_drag)

    def _relook(self) -> None:
        if self._prepared is not None and self._voi is not None:
            pipeline = self._prepared.film.header.greyscale
            self.canvas.set_lut(display_lut(pipeline, self._voi, self._invert))
            self._tell_overlays()

    def _tell_overlays(self) -> None:
        if self._prepared is None or self._voi is None:
            self.canvas.set_overlay_state(None)
            return
        self.canvas.set_overlay_state(
            OverlayState(
                header=self._prepared.film.header,
                words=self._words,
                verdict=self._verdict,
                window=written_window(self._voi, self._words),
                inverted=self._invert,
                sent_turned=self.actions_.send_turned.isChecked(),
                extra_notices=self._prepared.notices,
            )
        )

    def _describe(self) -> None:
        """For screen readers: what is drawn on the film, in words."""
        self.canvas.setAccessibleName(self._words("film"))
        said: list[str] = []
        if self._prepared is not None and self._verdict is not None:
            verdict, header = self._verdict, self._prepared.film.header
            said.append(projection_label(verdict, self._words))
            if verdict.crop is not None:
                said += [edge_label(edge, verdict, header, self._words) for edge in verdict.crop.edges]
            if verdict.rotation is not None and verdict.rotation.state in (State.WARN, State.UNSURE):
                said.append(rotation_label(verdict.rotation, self._words))
        said += [line for measure in self.canvas.measures.all for line in measure.text]
        self.canvas.setAccessibleDescription("; ".join(said))

    def _enable(self) -> None:
        self.actions_.set_enabled(self._prepared is not None)
        self.actions_.remove_measure.setEnabled(bool(self.canvas.measures.all))
        self.toolbar.setEnabled(self._prepared is not None)
