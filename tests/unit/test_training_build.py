"""The build command: order, marks, what is run again, and what happens when a step fails or is cut off."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections import defaultdict
from pathlib import Path

import pytest

from models_onnx.training.build import StepFailed, as_process, run_all
from models_onnx.training.build_steps import Step, steps

LONG_S = 30  # a step held longer means that the scheduler went wrong


def step(name: str, *needs: str, arguments: str = "x") -> Step:
    return Step(name, [name, arguments], needs)


class Recorder:
    """Notes which steps ran and what had ended as each began; a step of `holds` first waits for its event.

    `began` holds an event a step, to be waited for. Nothing here depends on how fast a thread is.
    """

    def __init__(self, fail: str = "") -> None:
        self.ran: list[str] = []
        self.before: dict[str, set[str]] = {}
        self.began: defaultdict[str, threading.Event] = defaultdict(threading.Event)
        self.holds: dict[str, threading.Event] = {}
        self.most = 0
        self._fail, self._ended, self._now, self._lock = fail, set[str](), 0, threading.Lock()

    def __call__(self, what: Step) -> None:
        with self._lock:
            self.ran.append(what.name)
            self.before[what.name] = set(self._ended)
            self._now += 1
            self.most = max(self.most, self._now)
            self.began[what.name].set()
            hold = self.holds.get(what.name)
        assert hold is None or hold.wait(LONG_S), f"{what.name} was never let go"
        with self._lock:
            self._now -= 1
            if what.name != self._fail:
                self._ended.add(what.name)
        if what.name == self._fail:
            raise StepFailed(what.name)


def test_every_step_comes_after_those_it_needs_and_two_run_at_once(tmp_path: Path) -> None:
    wanted = [step("a"), step("b"), step("c", "a"), step("d", "a", "b"), step("e", "c", "d"), step("free")]
    run = Recorder()
    # "a" ends only once "free" runs beside it: meanwhile a lane stands idle, and nothing that needs "a" may take it.
    run.holds["a"] = run.began["free"]
    run_all(wanted, tmp_path / "book.json", 2, run)
    assert sorted(run.ran) == ["a", "b", "c", "d", "e", "free"]
    for what in wanted:
        assert set(what.needs) <= run.before[what.name], what.name
    assert run.most == 2


def test_one_lane_runs_one_step_at_a_time_in_order(tmp_path: Path) -> None:
    run, overlapped = Recorder(), []

    def slowly(what: Step) -> None:
        run(what)
        if what.name == "a":
            overlapped.append(run.began["b"].wait(0.2))  # room for a second lane to show itself

    run_all([step("a"), step("b"), step("c", "a")], tmp_path / "book.json", 1, slowly)
    assert run.ran == ["a", "b", "c"]
    assert overlapped == [False]


def test_what_was_done_is_not_run_again_but_what_follows_a_change_is(tmp_path: Path) -> None:
    book = tmp_path / "book.json"
    run_all([step("a"), step("b"), step("c", "a"), step("d", "c")], book, 1, Recorder())
    assert all("seconds" in mark and "finished" in mark for mark in json.loads(book.read_text()).values())
    again = Recorder()
    run_all([step("a"), step("b"), step("c", "a"), step("d", "c")], book, 1, again)
    assert again.ran == []
    run_all([step("a"), step("b"), step("c", "a", arguments="other"), step("d", "c")], book, 1, again)
    assert again.ran == ["c", "d"]


def test_what_was_to_be_done_again_is_still_to_be_done_after_a_failure(tmp_path: Path) -> None:
    book = tmp_path / "book.json"
    chain = [step("a"), step("b", "a"), step("c", "b"), step("free")]
    run_all(chain, book, 1, Recorder())
    changed = [step("a", arguments="other"), *chain[1:]]
    with pytest.raises(StepFailed, match="b"):
        run_all(changed, book, 1, Recorder(fail="b"))
    assert set(json.loads(book.read_text())) == {"a", "free"}
    resumed = Recorder()
    run_all(changed, book, 1, resumed)
    assert resumed.ran == ["b", "c"], "they were made of what the old a had left"


def test_a_book_cut_off_while_it_is_written_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "book.json"
    run_all([step("a")], book, 1, Recorder())

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_all([step("a"), step("b")], book, 1, Recorder())
    assert set(json.loads(book.read_text())) == {"a"}


class Told(io.StringIO):
    """What is printed; `heard` is set once `word` is."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word, self.heard = word, threading.Event()

    def write(self, text: str) -> int:
        if self._word in text:
            self.heard.set()
        return super().write(text)


def test_a_failure_is_told_at_once_lets_the_others_end_and_starts_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [step("bad"), step("long"), step("after bad", "bad"), step("after long", "long")]
    run, told = Recorder(fail="bad"), Told("bad: failed")
    run.holds = {"bad": run.began["long"], "long": told.heard}
    monkeypatch.setattr(sys, "stdout", told)
    with pytest.raises(StepFailed, match="bad"):
        run_all(wanted, tmp_path / "book.json", 2, run)
    assert sorted(run.ran) == ["bad", "long"]
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
    assert ends == {"install"}


def test_what_is_shipped_is_touched_by_the_last_step_alone(tmp_path: Path) -> None:
    out = tmp_path / "shipped"
    wanted = steps(Path("data"), tmp_path / "work", out, 2)
    assert [s.name for s in wanted if any(str(out) in word for word in s.arguments)] == ["install"]
    assert wanted[-1].name == "install"


def test_no_step_reads_the_manifest_while_figures_are_written_into_it() -> None:
    wanted = {s.name: s for s in steps(Path("data"), Path("work"), Path("out"), 2)}

    def before(name: str) -> set[str]:
        needs = set(wanted[name].needs)
        return needs.union(*(before(n) for n in needs)) if needs else needs

    (tells,) = (name for name, s in wanted.items() if "--tell" in s.arguments)
    reads = {name for name, s in wanted.items() if "--cascade" in s.arguments} - {tells}
    assert reads == {"evaluate the collimated field", "evaluate the body part by kind", "install"}
    assert {name for name in reads if name in before(tells) or tells in before(name)} == reads
