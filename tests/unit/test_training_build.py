"""The build command: order, marks, what is run again, and what happens when a step fails or is cut off."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from models_onnx.training.build import StepFailed, as_process, run_all
from models_onnx.training.build_steps import Step, steps


def step(name: str, *needs: str, arguments: str = "x") -> Step:
    return Step(name, [name, arguments], needs)


class Recorder:
    """Notes which steps ran, and what was running beside each."""

    def __init__(self, seconds: float = 0.0, fail: str = "") -> None:
        self.ran: list[str] = []
        self.ended: list[str] = []
        self.most = 0
        self._seconds, self._fail, self._now, self._lock = seconds, fail, 0, threading.Lock()

    def __call__(self, what: Step) -> None:
        with self._lock:
            self.ran.append(what.name)
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._seconds)
        with self._lock:
            self._now -= 1
            if what.name != self._fail:
                self.ended.append(what.name)
        if what.name == self._fail:
            raise StepFailed(what.name)


def test_every_step_comes_after_those_it_needs_and_they_share_the_lanes(tmp_path: Path) -> None:
    wanted = [step("a"), step("b"), step("c", "a"), step("d", "a", "b"), step("e", "c", "d")]
    run = Recorder(0.05)
    run_all(wanted, tmp_path / "book.json", 2, run)
    assert sorted(run.ran) == list("abcde")
    for what in wanted:
        assert all(run.ended.index(n) < run.ran.index(what.name) + 2 for n in what.needs)
    assert run.ended[-1] == "e"
    assert run.most == 2


def test_one_lane_keeps_the_order(tmp_path: Path) -> None:
    run = Recorder()
    run_all([step("a"), step("b"), step("c", "a")], tmp_path / "book.json", 1, run)
    assert run.ran == ["a", "b", "c"]
    assert run.most == 1


def test_what_was_done_is_not_run_again_but_what_follows_a_change_is(tmp_path: Path) -> None:
    book = tmp_path / "book.json"
    run_all([step("a"), step("b"), step("c", "a"), step("d", "c")], book, 1, Recorder())
    assert all("seconds" in mark and "finished" in mark for mark in json.loads(book.read_text()).values())
    again = Recorder()
    run_all([step("a"), step("b"), step("c", "a"), step("d", "c")], book, 1, again)
    assert again.ran == []
    run_all([step("a"), step("b"), step("c", "a", arguments="other"), step("d", "c")], book, 1, again)
    assert again.ran == ["c", "d"]


def test_a_failure_lets_the_others_end_keeps_their_marks_and_starts_nothing_new(tmp_path: Path) -> None:
    wanted = [step("bad"), step("long"), step("after bad", "bad"), step("after long", "long")]

    class Mixed(Recorder):
        def __call__(self, what: Step) -> None:
            self._seconds = 0.3 if what.name == "long" else 0.0
            super().__call__(what)

    run = Mixed(fail="bad")
    with pytest.raises(StepFailed, match="bad"):
        run_all(wanted, tmp_path / "book.json", 2, run)
    assert run.ran == ["bad", "long"]
    assert set(json.loads((tmp_path / "book.json").read_text())) == {"long"}
    resumed = Recorder()
    run_all(wanted, tmp_path / "book.json", 2, resumed)
    assert sorted(resumed.ran) == ["after bad", "after long", "bad"]


def test_a_process_that_fails_names_its_log(tmp_path: Path) -> None:
    run = as_process(tmp_path / "logs", 1)
    run(Step("says hello", ["this"]))
    assert "Zen of Python" in (tmp_path / "logs" / "says_hello.log").read_text()
    with pytest.raises(StepFailed, match=r"no_such\.log"):
        run(Step("no such", ["models_onnx.training.there_is_no_such_module"]))
    assert "No module named" in (tmp_path / "logs" / "no_such.log").read_text()


def test_the_steps_need_only_what_comes_before_and_their_modules_exist(tmp_path: Path) -> None:
    wanted = steps(Path("data"), Path("work"), tmp_path, 2)
    names = [s.name for s in wanted]
    assert len(set(names)) == len(names)
    for index, what in enumerate(wanted):
        assert set(what.needs) <= set(names[:index]), what.name
    root = Path(__file__).resolve().parents[2]
    for what in wanted[1:]:
        path = root / what.arguments[0].replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), what.arguments[0]
    # Everything is used: what no later step needs is an end in itself.
    ends = set(names) - {n for s in wanted for n in s.needs}
    assert ends == {"evaluate", "evaluate the body part by kind"}
