"""Any sequence of ordinary events at the console: what is decided is what was seen, and nothing is lost or doubled.

A seeded random walk over the real window with real services; the work of its queues is held back and let go at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.support.pools import HeldPool
from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.edges import Edge
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure, is_decided
from workstation.domain.findings import State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.turn import UNTURNED, Turn
from workstation.persistence import exposures, outbox
from workstation.services.film import Film
from workstation.services.reading import read_film
from workstation.settings.model import Settings
from workstation.settings.network import Destination
from workstation.ui import film_store
from workstation.ui.auto_send import AutoSend

SETTINGS = Settings(
    language="en",
    operator="Ivanova",
    undo_seconds=600.0,
    auto_send_seconds=3,
    destinations=(Destination("PACS", "127.0.0.1", 1, "PACS"),),
)
STEPS = 80
QUEUES = ("intake", "films", "analysis", "decisions")
KEYS = {
    "send": (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier),
    "keep": (Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier),
    "retake": (Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier),
    "enter": (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
    "escape": (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier),
    "reason": (Qt.Key.Key_2, Qt.KeyboardModifier.NoModifier),
    "undo": (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
    "newer": (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier),
    "older": (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier),
    "turn": (Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier),
    "turn goes along": (Qt.Key.Key_T, Qt.KeyboardModifier.NoModifier),
    "projection": (Qt.Key.Key_F2, Qt.KeyboardModifier.NoModifier),
    "tab": (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
    "space": (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier),
}


def number_of(film: Film) -> int:
    """Which of the walk's films these pixels are."""
    return int(film.pixels[0, 0])


def judge(film: Film, projection: Projection | None) -> Verdict:
    number = number_of(film)
    if projection is Projection.LATERAL or (projection is None and number % 3 == 0):
        return lateral(crop(State.PASS), rotation(State.WARN if number % 2 else State.PASS, 3.0))
    if projection is None and number % 7 == 5:
        raise ValueError("the model failed")
    return frontal(crop(State.WARN, Edge.LEFT) if number % 4 == 1 else crop(State.PASS))


@dataclass
class Decided:
    """A decision that the console took up, and what stood on the screen."""

    film: int
    choice: Choice
    author: str
    turn: Turn


@dataclass
class Walk:
    """One console with what must be true of it."""

    desk: Desk
    chance: random.Random
    program: Program = field(init=False)
    pools: dict[str, HeldPool] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    asked: dict[int, Decided] = field(default_factory=dict)
    in_force: dict[int, Decided] = field(default_factory=dict)
    taken: int = 0
    hands: set[int] = field(default_factory=set)
    full: bool = False
    files: list[Path] = field(default_factory=list)

    def open(self) -> None:
        self.pools = {name: HeldPool() for name in QUEUES}
        used = iter([*self.pools.values(), HeldPool(), HeldPool()])
        self.program = self.desk.open(
            SETTINGS, make_pool=lambda: next(used), analyser=ScriptedAnalyser(judge)
        )
        self._spy()

    # ---- what happens ----

    def arrive(self) -> None:
        options: dict[str, object] = {}
        if self._films() and self.chance.random() < 0.15:  # another content under a known identity
            options["sop_instance_uid"] = self.chance.choice(self._films()).header.sop_instance_uid
        self.files.append(self.desk.film(**options))
        self.program.console._found([self.files[-1]])

    def arrive_again(self) -> None:
        if self.files:
            self.program.console._found([self.chance.choice(self.files)])

    def open_by_hand(self) -> None:
        self.files.append(self.desk.film())
        self.program.console.open_paths([self.files[-1]], by_hand=True)

    def open_again(self) -> None:
        if self.files:
            self.program.console.open_paths([self.chance.choice(self.files)], by_hand=True)

    def choose(self) -> None:
        films = self._films()
        if films:
            view = self.program.window.view.worklist
            film = self.chance.choice(films)
            self._hand()
            self.program.console.touch()  # a click is one, as the filter of the application has it
            view.view.setCurrentIndex(view.model.index(view.model.row_of(film.id)))

    def press(self, name: str) -> None:
        key, modifier = KEYS[name]
        self._hand()
        again = self.chance.random() < 0.1
        target = QApplication.focusWidget() or self.program.window
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            text = "2" if name == "reason" else ""
            event = QKeyEvent(kind, key, modifier, text, again, 1)
            window = self.program.window.windowHandle()
            QApplication.sendEvent(window if kind is QEvent.Type.KeyPress else target, event)
        QCoreApplication.processEvents()

    def hold(self) -> None:
        self.pools[self.chance.choice(QUEUES)].hold()

    def let_go(self) -> None:
        self.pools[self.chance.choice(QUEUES)].release()

    def second(self) -> None:
        for countdown in self.program.window.findChildren(AutoSend):
            countdown._tick.timeout.emit()

    def wait(self) -> None:
        for _ in range(4):
            self.second()

    def send_turned(self) -> None:
        for name in ("turn", "turn goes along", "send"):
            self.press(name)

    def reject(self) -> None:
        for name in ("retake", "reason", "enter"):
            self.press(name)

    def refresh(self) -> None:
        self.program.console.refresh()

    def rebuild(self) -> None:
        room = f"Room {self.chance.randrange(99)}"
        self.program.settings.replace(replace(self.program.settings(), room=room))
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def reload(self) -> None:
        self.program.console.apply_settings(cascade=True)

    def disk(self) -> None:
        self.full = not self.full

    def restart(self) -> None:
        if self.full:
            self.hands.clear()  # what the disk refused until the end, nobody knows of afterwards
        self.full = False
        for name in ("intake", "films", "analysis"):
            self.pools[name]._waiting.clear()
        self.desk.close(self.program)
        self.open()
        self.settle()

    # ---- what must be true ----

    def settle(self) -> None:
        for pool in self.pools.values():
            pool.release()
        self.full = False
        self.program.console.refresh()
        self.desk.settled(self.program)
        QCoreApplication.processEvents()

    def check_shown(self) -> None:
        """Now, whatever is under way."""
        console, view = self.program.console, self.program.window.view
        stage = console.stage
        film = view.stage.film.film
        if stage is not None:
            assert view.worklist.model.row_of(stage.id) == view.worklist.view.currentIndex().row()
            if film is not None and console.shows(stage.id):
                assert number_of(film.film) == self.number(stage), "another film's pixels"
                assert view.stage.film._verdict == stage.verdict
            elif film is not None:
                raise AssertionError("pixels of nobody")
            assert view.panel.cards._shown[0] == stage.id
            assert view.panel.cards.turn == view.stage.film.turn
            turn = view.stage.film.turn
            if stage.decision is not None and film is not None and turn != UNTURNED:
                assert (view.stage.film.sent_turn == turn) == (turn == stage.decision.turn)
            if not is_decided(stage.state) and console.shows(stage.id):
                assert console._turn_to_send == view.stage.film.sent_turn
        if view.panel.strip._of is not None:
            known = console.get(view.panel.strip._of)
            assert known is not None
            assert known.can_undo
        live = view.panel.send_button.isEnabled()
        assert live == (stage is not None and console.can_decide(stage))
        assert not (view.panel.prompting and not live)

    def check_kept(self) -> None:
        """Nothing is under way: window, database, queue and audit tell the same."""
        program = self.program
        database = program.node.database
        with database.snapshot() as connection:
            found = exposures.select(connection, database.root, "")
            rows = outbox.open_deliveries(connection)
            lines = [
                tuple(line)
                for line in connection.execute("SELECT action, exposure_id FROM audit ORDER BY id")
            ]
        assert {e.id for e in found} == {e.id for e in program.console.exposures}
        for film in found:
            shown = program.console.get(film.id)
            assert shown == film, "the list tells otherwise than the database"
            decided = self.in_force.get(film.id)
            assert is_decided(film.state) == (decided is not None) == (film.decision is not None)
            queued = [row for row in rows if row.exposure_id == film.id]
            assert len(queued) == (decided is not None and decided.choice is not Choice.RETAKE)
            acts = [action for action, of in lines if of == film.id and action in ("decision", "undo")]
            assert acts == ["decision", "undo"] * (len(acts) // 2) + ["decision"] * (decided is not None)
            if film.decision is not None and decided is not None:
                assert film.decision.choice is decided.choice
                assert film.decision.author == decided.author
                assert film.decision.turn == decided.turn
            if film.id in self.hands and not is_decided(film.state):
                assert program.console.is_left_to_person(film)
        assert sum(action == "decision" for action, _ in lines) == self.taken

    def number(self, film: Exposure) -> int:
        if film.id not in self.numbers:
            self.numbers[film.id] = number_of(read_film(Path(film.stored_path)))
        return self.numbers[film.id]

    # ---- inside ----

    def _films(self) -> list[Exposure]:
        return self.program.console.exposures

    def _hand(self) -> None:
        stage = self.program.console.stage
        if stage is not None and not is_decided(stage.state):
            self.hands.add(stage.id)

    def _spy(self) -> None:
        console, disposition = self.program.console, self.program.node.disposition
        decide, choose, undo = console.decide, disposition.choose, disposition.undo
        record, leave = disposition.record_verdict, disposition.leave_to_person

        def seen(
            exposure_id: int, choice: Choice, reason: str = "", note: str = "", *, author: str = ""
        ) -> None:
            before = exposure_id in console._deciding
            view = self.program.window.view.stage.film
            film, stage = view.film, console.stage
            turn = view.sent_turn
            known = console.get(exposure_id)
            assert known is not None
            if author == AUTOMATIC:
                assert exposure_id not in self.hands, "somebody had it in hand"
                assert not known.shares_uid
                assert known.verdict is not None
                assert known.verdict.state is State.PASS
            free = console.can_decide(known) and not console.undoing and not before
            if free:
                assert stage is not None
                assert stage.id == exposure_id, "not the film on the stage"
                if console._unreadable != exposure_id:
                    assert film is not None
                    assert number_of(film.film) == self.number(known), "another film was seen"
                self.asked[exposure_id] = Decided(
                    exposure_id,
                    choice,
                    author or console.author,
                    turn if choice is not Choice.RETAKE else UNTURNED,
                )
            decide(exposure_id, choice, reason, note, author=author)

        def chosen(exposure_id: int, *args: object) -> Exposure:
            self._disk()
            made = choose(exposure_id, *args)
            self.in_force[exposure_id] = self.asked.pop(exposure_id)
            self.taken += 1
            return made

        def undone(exposure_id: int, author: str) -> Exposure:
            self._disk()
            before = self.program.node.worklist.get(exposure_id)
            made = undo(exposure_id, author)
            del self.in_force[exposure_id]
            self.hands.add(exposure_id)
            assert made.verdict == before.verdict
            return made

        console.decide = seen
        disposition.choose = chosen
        disposition.undo = undone

        def recorded(exposure_id: int, verdict: Verdict) -> Exposure:
            self._disk()
            return record(exposure_id, verdict)

        def left(exposure_id: int) -> Exposure:
            self._disk()
            return leave(exposure_id)

        disposition.record_verdict = recorded
        disposition.leave_to_person = left

    def _disk(self) -> None:
        if self.full:
            raise StorageFailed("disk_full", "The disk is full.", "Free some space.")


def steps(walk: Walk) -> list[tuple[float, str, Callable[[], None]]]:
    """Weight, name and act."""
    acts: list[tuple[float, str, Callable[[], None]]] = [
        (6, "arrive", walk.arrive),
        (1, "arrive again", walk.arrive_again),
        (1, "open by hand", walk.open_by_hand),
        (1, "open again", walk.open_again),
        (5, "choose", walk.choose),
        (5, "hold", walk.hold),
        (8, "let go", walk.let_go),
        (3, "second", walk.second),
        (5, "wait", walk.wait),
        (2, "send turned", walk.send_turned),
        (2, "reject", walk.reject),
        (1, "refresh", walk.refresh),
        (0.7, "rebuild", walk.rebuild),
        (0.7, "reload", walk.reload),
        (0.7, "disk", walk.disk),
        (0.4, "restart", walk.restart),
    ]
    weights = {"send": 6, "undo": 5, "retake": 4, "enter": 5, "reason": 2}
    return acts + [(weights.get(name, 1.5), name, partial(walk.press, name)) for name in KEYS]


@pytest.mark.parametrize("seed", [44, 61])
def test_any_sequence(desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # An empty window offers to open files by a dialog that would wait for ever.
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    monkeypatch.setattr(film_store, "_KEPT", 1)  # most films are read anew when they take the stage
    walk = Walk(desk, random.Random(seed))
    walk.open()
    acts = steps(walk)
    for step in range(STEPS):
        (act,) = walk.chance.choices(acts, [weight for weight, _, _ in acts])
        print(act[1])
        act[2]()
        walk.check_shown()
        if step % 20 == 19:
            walk.settle()
            walk.check_shown()
            walk.check_kept()
