"""The patient's previous film of the same projection beside the one on the stage, zoom and position linked."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from workstation.domain.turn import UNTURNED, Turn
from workstation.imaging.lut import display_lut
from workstation.services.film_text import FilmWords
from workstation.ui.look import label
from workstation.ui.viewer.canvas import FilmCanvas, LeftDrag
from workstation.ui.viewer.overlays import OverlayState
from workstation.ui.viewer.prepared import PreparedFilm

translate = QCoreApplication.translate


class ComparePane(QWidget):
    """The other film. Follows `main` and is followed by it while linked.

    Args:
        main: canvas of the film on the stage.
        words: of the overlays.
    """

    def __init__(self, main: FilmCanvas, words: FilmWords, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self._main = main
        self._words = words
        self._prepared: PreparedFilm | None = None
        self.canvas = FilmCanvas(self)
        self._size = self.canvas.size()
        self.canvas.set_left_drag(LeftDrag.PAN)
        self.caption = label(wrap=True)
        self.link = QToolButton(self)
        self.link.setCheckable(True)
        self.link.setChecked(True)
        self.link.setText(translate("Compare", "Linked"))
        self.link.setToolTip(translate("Compare", "Zoom and move both films together"))
        self.close_button = QToolButton(self)
        self.close_button.setText(translate("Compare", "Close  C"))
        # Over the film, so that both canvases are equally high.
        self.caption.setProperty("tone", "film")
        self.caption.setProperty("weight", "bold")
        over = QVBoxLayout(self.canvas)
        over.setContentsMargins(10, 8, 10, 8)
        over.addWidget(self.caption)
        over.addStretch(1)
        bar = QWidget(self)
        bar.setObjectName("film-toolbar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        row.addStretch(1)
        for tool in (self.link, self.close_button):
            tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(tool)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(bar)
        main.view_changed.connect(self._follow)
        self.canvas.view_changed.connect(self._lead)
        self.canvas.fit_wanted.connect(self.canvas.fit)
        self.link.toggled.connect(self._link)

    @property
    def film(self) -> PreparedFilm | None:
        """The film compared with."""
        return self._prepared

    def set_film(self, prepared: PreparedFilm | None, caption: str, turn: Turn = UNTURNED) -> None:
        """Show the previous film as its own file wants it, turned as it was sent; or a sentence why there is none yet.

        Args:
            turn: how whoever read that film saw it.
        """
        self._prepared = prepared
        self.caption.setText(caption)
        self.canvas.setAccessibleName(caption.replace("\n", ", "))
        if prepared is None:
            self.canvas.set_film(None, None)
            return
        pipeline = prepared.film.header.greyscale
        header, sent = prepared.film.header, turn != UNTURNED
        lut = display_lut(pipeline, prepared.lut.voi)
        self.canvas.set_film(prepared.pyramid, lut, header.pixel_aspect)
        self.canvas.set_turn(turn)
        self.canvas.set_overlay_state(OverlayState(header, self._words, sent_turned=sent, beside=True))
        self._link(self.link.isChecked())

    def set_message(self, text: str) -> None:
        """What stands where the film will be."""
        self.canvas.set_message("", text)

    def _link(self, linked: bool) -> None:
        if linked and self._main.viewport is not None:
            self.canvas.follow(self._main.viewport)

    def _follow(self, viewport: object) -> None:
        if self.isVisible() and self.link.isChecked() and self._main.viewport is not None:
            del viewport
            self.canvas.follow(self._main.viewport)

    def _lead(self, viewport: object) -> None:
        del viewport
        if self.isVisible() and self.link.isChecked() and self.canvas.viewport is not None:
            # A new film or size follows the stage; a person's hand on this one leads it.
            resized, self._size = self.canvas.size() != self._size, self.canvas.size()
            if not resized and (self.canvas.underMouse() or self.canvas.hasFocus()):
                self._main.follow(self.canvas.viewport)
            elif self._main.viewport is not None:
                self.canvas.follow(self._main.viewport)
