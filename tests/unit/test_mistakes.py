"""What is logged of a mistake says where it happened and never what the film said."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import workstation
from tests.support.archiving import COMMITTING_PACS
from tests.support.console import Clock, Console, eventually
from tests.support.dicom_maker import make_film
from workstation.assets import resources_dir
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.domain.errors import StorageFailed
from workstation.inference import runner
from workstation.mistakes import log_mistake, told
from workstation.persistence import migrations
from workstation.services import checking
from workstation.services.advice import Adviser
from workstation.services.checking import CheckService
from workstation.services.commitment import CommitmentService
from workstation.services.orders import OrderService
from workstation.settings.model import Settings
from workstation.settings.network import WorklistPeer

SECRET = "Ivanova^Anna"


def fail(*_: object, **__: object) -> object:
    # The lines of source that a traceback quotes do not hold the word itself.
    try:
        raise KeyError(SECRET)
    except KeyError as exc:
        raise ValueError(SECRET) from exc


def caught(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except Exception as exc:
        return exc
    raise AssertionError("nothing was raised")


def test_types_and_places_of_the_whole_chain_are_told_without_a_word_of_theirs() -> None:
    text = told(caught(fail))
    assert SECRET not in text
    assert text.index("KeyError\n") < text.index("ValueError\n")
    assert text.count("in fail") == 2


def test_a_chain_that_bites_its_tail_and_an_error_never_raised_are_told() -> None:
    one, two = ValueError(SECRET), KeyError(SECRET)
    one.__cause__, two.__cause__ = two, one
    assert told(one) == "KeyError\nValueError\n"
    assert told(StorageFailed("disk_full", SECRET, SECRET)) == "StorageFailed (disk_full)\n"


def test_a_context_that_was_put_aside_is_not_told() -> None:
    def act() -> None:
        try:
            raise KeyError(SECRET)
        except KeyError:
            raise ValueError(SECRET) from None

    assert "KeyError\n" not in told(caught(act))


def test_the_line_names_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    log_mistake(logging.getLogger("x"), caught(fail), "delivery %d failed", 7)
    (record,) = caplog.records
    assert record.getMessage().startswith("delivery 7 failed\n")
    assert record.levelno == logging.ERROR
    assert record.exc_info is None
    assert record.funcName == "test_the_line_names_what_failed"


def test_no_log_of_the_program_writes_the_message_of_an_exception() -> None:
    """One way to log a mistake; `log.exception` would quote whatever the exception quotes."""
    (package,) = workstation.__path__
    found = [
        path.name
        for path in Path(package).rglob("*.py")
        if path.name != "mistakes.py"
        for text in (path.read_text(encoding="utf-8"),)
        if ".exception(" in text or "exc_info" in text
    ]
    assert found == []


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[str], None]:
    """Waits until `what` is logged, and asserts that the secret is not."""

    def check(what: str) -> None:
        eventually(lambda: what in caplog.text)
        assert "ValueError" in caplog.text
        assert SECRET not in caplog.text

    return check


def test_a_sender_that_quotes_a_film(console: Console, log: Callable[[str], None]) -> None:
    console.settings = replace(console.settings, undo_seconds=0.0)
    console.post.always = ValueError(SECRET)
    film = console.disposition.choose(console.film().id, Choice.SEND, "A")
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.FAILED)
    log("mistake of the program")


def test_a_worker_and_its_listener_that_quote_a_film(
    console: Console, log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from workstation.persistence import outbox

    monkeypatch.setattr(outbox, "claim", fail)
    console.delivery._on_change = fail  # type: ignore[assignment]
    console.delivery.start()
    log("delivery failed")
    log("a listener to the delivery failed")


def test_what_is_derived(
    console: Console, log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.derived, "make_due", fail)
    console.derived.start()
    log("the maker of derived objects failed")


def test_a_request_for_commitment(console: Console, log: Callable[[str], None]) -> None:
    console.settings = replace(console.settings, undo_seconds=0.0, destinations=(COMMITTING_PACS,))
    film = console.disposition.choose(console.film().id, Choice.SEND, "A")
    console.delivery.start()
    eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.SENT)
    console.clock.forward(60)
    service = CommitmentService(
        console.database,
        lambda: console.settings,
        console.clock,
        request=fail,  # type: ignore[arg-type]
    )
    service.start()
    log("commitment failed")
    service.stop()


def test_a_query_of_the_worklist(log: Callable[[str], None]) -> None:
    settings = Settings(worklist=WorklistPeer(enabled=True, host="nowhere", port=104, called_ae="RIS"))
    service = OrderService(lambda: settings, Clock(), find=fail)  # type: ignore[arg-type]
    service.start()
    log("the worklist failed")
    service.stop()


def test_a_film_that_is_checked(
    log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checking, "read_film", fail)
    service = CheckService(None, Adviser(resources_dir()), "en")  # type: ignore[arg-type]
    record = service.check(str(make_film(tmp_path / "a.dcm")))
    assert record["error"]["code"] == "internal"
    assert SECRET not in str(record)
    log("unexpected failure")


def test_a_network(log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.FilmReadings, "_run", fail)
    spec = type("Spec", (), {"model": "m", "reads": {"score": "s"}})()
    readings = runner.FilmReadings(type("Manifest", (), {"stages": ()})(), {}, np.zeros((2, 2), np.uint8))
    with pytest.raises(runner.StageFailed):
        readings._values(spec, "score", runner.Correction())
    log("model m failed on a film")


def test_a_migration(log: Callable[[str], None], tmp_path: Path) -> None:
    steps: migrations.Registry = {(1, 0): lambda _: None}
    with closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as connection:
        migrations.migrate(connection, tmp_path / "b", steps)
        steps[1, 1] = fail  # type: ignore[assignment]
        with pytest.raises(StorageFailed):
            migrations.migrate(connection, tmp_path / "b", steps)
    log("migration from 1.0 failed")
