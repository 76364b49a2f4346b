"""The middle: the film, or how to get one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workstation.domain.exposure import Exposure
from workstation.ui import words
from workstation.ui.comparison import Comparison
from workstation.ui.console import Console
from workstation.ui.look import Look, button, icon_label, label
from workstation.ui.viewer.compare import ComparePane
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.prepared import PreparedFilm


class EmptyStage(QWidget):
    """No film yet: the ways to get one.

    Signals:
        open_wanted(), demo_wanted(), settings_wanted(): by the buttons; the last one for the watched folders.
    """

    open_wanted = Signal()
    demo_wanted = Signal()
    settings_wanted = Signal()

    def __init__(self, console: Console, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        ratio = self.devicePixelRatioF()
        column = QVBoxLayout()
        column.setSpacing(12)
        picture = icon_label(look.pixmap("film", "#9AA7B2", 64, ratio), 64)
        title = label(self.tr("No film yet"), size="verdict", tone="film", wrap=True)
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        ways = label(
            self.tr(
                "Drop DICOM files or folders here, or let them come by network or from a watched folder."
            ),
            tone="film-quiet",
            wrap=True,
        )
        ways.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        ways.setFixedWidth(440)
        ways.setMinimumHeight(40 if look.roomy else look.px(84))
        self.open = button(self.tr("Open …  Ctrl+O"), "primary", look.icon("open", look.colours.on_accent))
        self.demo = button(self.tr("Show the demo study"), icon=look.icon("demo"))
        folders = console.watching
        watch = self.tr("%n folder(s) watched", "", len(folders)) if folders else self.tr("Watch a folder …")
        self.watch = button(watch, icon=look.icon("folder"))
        row = QHBoxLayout() if look.roomy else QVBoxLayout()
        row.setSpacing(8)
        for made in (self.open, self.watch, self.demo):
            row.addWidget(made)
        column.addStretch(2)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(title)
        column.addWidget(ways, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addLayout(row)
        column.addStretch(3)
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(column)
        layout.addStretch(1)
        self.open.clicked.connect(self.open_wanted)
        self.demo.clicked.connect(self.demo_wanted)
        self.watch.clicked.connect(self.settings_wanted)


class Stage(QStackedWidget):
    """Shows what the console puts on the stage; the verdict is drawn on the film as soon as it is there."""

    def __init__(self, console: Console, look: Look, language: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self._console = console
        self._shown: tuple[int, int] | None = None
        self.empty = EmptyStage(console, look)
        self.film = FilmView(language)
        self.film.actions_.set_colours(look.colours)
        self.film.toolbar.set_colours(look.colours)
        self.compare = ComparePane(self.film.canvas, self.film.words)
        self.pair = QWidget()
        pair = QHBoxLayout(self.pair)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(1)
        pair.addWidget(self.compare, 1)
        pair.addWidget(self.film, 1)
        self.film.sent_turn_changed.connect(console.set_turn_to_send)
        self.film.actions_.overlays.toggled.connect(self.compare.canvas.set_overlays_shown)
        self.comparison = Comparison(console, self.film.actions_.compare, self.compare)
        self.addWidget(self.empty)
        self.addWidget(self.pair)
        self._drop = label(self.tr("Drop to open"), size="head", tone="film")
        self._drop.setObjectName("drop")
        self._drop.setParent(self)
        self._drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop.hide()
        console.film_shown.connect(self._film_shown)
        console.stage_changed.connect(self._stage_changed)
        console.updated.connect(self._updated)
        self._stage_changed()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)  # of the film; the empty stage gives way

    def set_dropping(self, dropping: bool) -> None:
        """Films are dragged over the window: say that they can be let go."""
        self._drop.setGeometry(self.rect())
        self._drop.raise_()
        self._drop.setVisible(dropping)

    def restore(self, before: FilmView) -> None:
        """Show the film again after the window was built anew, as a person left it in the viewer `before`."""
        film = self._console.shown
        if film is not None:
            self._film_shown(film)
            self.film.take_over(before)

    def _film_shown(self, film: PreparedFilm) -> None:
        self.film.set_film(film)
        self._leave_empty()
        self._tell_verdict()
        self._tell_turn()

    def _leave_empty(self) -> None:
        if self.currentWidget() is self.empty:
            self.setCurrentWidget(self.pair)
            self.film.setFocus()  # the keys were with what an empty window offers, and its arrows choose films

    def _tell_turn(self) -> None:
        """A film that was sent turned is shown as it was sent."""
        stage = self._console.stage
        if stage is None or not self._holds(stage):
            return
        self._tell_decided(stage)
        if stage.decision is not None and self.film.turn != stage.decision.turn:
            self.film.set_turn(stage.decision.turn)

    def _tell_decided(self, stage: Exposure) -> None:
        self.film.set_decided(stage.decision.turn if stage.decision is not None else None)

    def _stage_changed(self) -> None:
        stage = self._console.stage
        if stage is None and not self._console.previewing:
            self.film.set_film(None)
            self.setCurrentWidget(self.empty)
            return
        if stage is not None and not self._console.shows(stage.id):
            # Never another patient's film beside this one's verdict while it is being read.
            if self.film.film is not None:
                self.film.set_film(None)
            self._leave_empty()
        self._tell_verdict()
        self._tell_turn()

    def _updated(self, exposures: Sequence[Exposure]) -> None:
        stage = self._console.stage
        if stage is not None and any(exposure.id == stage.id for exposure in exposures):
            self._tell_verdict()
            if self._holds(stage):
                self._tell_decided(stage)

    def _tell_verdict(self) -> None:
        stage = self._console.stage
        why = self._console.why_unreadable
        said = words.error(why) if why is not None else ("", "")
        if said != self.film.canvas.message:
            self.film.set_message(*said)
        if stage is not None and self._holds(stage):
            self.film.set_verdict(stage.verdict)

    def _holds(self, stage: Exposure) -> bool:
        # Both: between a change of the stage and its pixels the viewer still has the film before.
        return self._console.shows(stage.id) and self.film.film is self._console.shown
