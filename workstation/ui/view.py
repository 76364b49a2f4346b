"""The parts of the window, made and placed anew for every language, theme and size of type."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workstation.settings.model import Settings
from workstation.ui.console import Console
from workstation.ui.decision_panel import DecisionPanel
from workstation.ui.look import Look, review_width
from workstation.ui.menus import Menus
from workstation.ui.problems_panel import ProblemsPanel
from workstation.ui.stage import Stage
from workstation.ui.theme import Size
from workstation.ui.top_bar import TopBar
from workstation.ui.worklist_view import WorklistPanel

_FOR_ONE_FILM, _FOR_TWO_FILMS = 280, 482
_LEAST_LIST = 240


@dataclass(frozen=True, slots=True)
class View:
    """The parts of one build of the window.

    Attributes:
        body: holds all others.
        side: the column of the list.
    """

    body: QWidget
    side: QWidget
    menus: Menus
    top: TopBar
    worklist: WorklistPanel
    problems: ProblemsPanel
    stage: Stage
    panel: DecisionPanel

    @classmethod
    def make(cls, console: Console, settings: Settings, look: Look, language: str) -> View:
        """The parts in their places, and what they tell each other."""
        body = QWidget()
        body.setObjectName("window")
        menus = Menus(body)
        top = TopBar(console, look, settings, menus)
        worklist = WorklistPanel(console, look)
        problems = ProblemsPanel(look)
        stage = Stage(console, look, language)
        stage.film.set_type_scale(look.scale)
        stage.compare.canvas.set_type_scale(look.scale)
        stage.film.set_sends_turned(settings.send_turned)
        panel = DecisionPanel(console, look, language, settings.undo_seconds)
        left = QVBoxLayout()
        left.setSpacing(1)
        left.addWidget(worklist, 1)
        left.addWidget(problems)
        side = QWidget()
        side.setFixedWidth(_list_width(look))
        side.setLayout(left)
        left.setContentsMargins(0, 0, 0, 0)
        panel.setFixedWidth(review_width(look))
        panel.keep_keys_from(stage.film.canvas, worklist.view)
        columns = QHBoxLayout()
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(1)
        columns.addWidget(side)
        columns.addWidget(stage, 1)
        columns.addWidget(panel)
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(top)
        rows.addLayout(columns, 1)
        worklist.chosen.connect(console.select)
        panel.keys_free.connect(stage.film.setFocus)
        problems.keys_free.connect(stage.film.setFocus)
        stage.film.turn_changed.connect(panel.set_turn)
        return cls(body, side, menus, top, worklist, problems, stage, panel)

    def fit_list(self, width: int, look: Look) -> None:
        """Two films side by side need the room of the list where a window of `width` pixels is narrow for them.

        On a narrow screen the list gives way to the three actions, too: it is narrower there, or hidden.
        """
        beside = width - self.panel.maximumWidth()
        comparing = self.stage.film.actions_.compare.isChecked()
        left = beside - _FOR_ONE_FILM
        self.side.setFixedWidth(max(_LEAST_LIST, min(_list_width(look), left)))
        for_two = look.roomy and beside - self.side.maximumWidth() >= _FOR_TWO_FILMS
        self.side.setHidden(left < _LEAST_LIST or (comparing and not for_two))


def _list_width(look: Look) -> int:
    return look.px(Size.WORKLIST_WIDTH, 340)
