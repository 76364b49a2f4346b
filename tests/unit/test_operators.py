"""Operators: PINs, growing delays that a restart does not forgive, roles, and everything in the audit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from workstation.domain.operator import (
    Operator,
    OperatorRefused,
    Right,
    Role,
    SignIn,
    SignInRefused,
    wait_after,
)
from workstation.persistence import audit
from workstation.persistence.database import Database
from workstation.services.operators import OperatorService

START = datetime(2026, 11, 24, 8, 0, tzinfo=timezone(timedelta(hours=3)))


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database.open(tmp_path / "workstation.sqlite3", tmp_path / "backups")
    yield made
    made.close()


@pytest.fixture
def service(database: Database, clock: Clock) -> OperatorService:
    made = OperatorService(database, clock)
    made.add("Anna Petrova", Role.ADMIN, "4711", "test")
    return made


def actions(database: Database) -> list[tuple[str, str]]:
    with database.snapshot() as connection:
        assert audit.verify(connection).intact
        return [(r["author"], r["action"]) for r in connection.execute("SELECT * FROM audit ORDER BY id")]


def code_of(service: OperatorService, pin: str, name: str = "Anna Petrova") -> str:
    with pytest.raises(SignInRefused) as found:
        service.sign_in(name, SignIn.PIN, pin)
    return found.value.code


def test_the_right_pin_signs_in_and_wrong_ones_wait_longer_and_longer(
    service: OperatorService, database: Database, clock: Clock
) -> None:
    assert service.sign_in("Anna Petrova", SignIn.PIN, "4711").role is Role.ADMIN
    assert [code_of(service, "0000") for _ in range(3)] == ["wrong_pin"] * 3
    assert code_of(service, "4711") == "pin_wait", "not even the right one is looked at"
    again = OperatorService(database, clock)
    assert code_of(again, "4711") == "pin_wait", "a restart forgives nothing"
    clock.now += timedelta(seconds=5)
    assert code_of(service, "0000") == "wrong_pin"
    clock.now += timedelta(seconds=9)
    assert code_of(service, "4711") == "pin_wait"
    clock.now += timedelta(seconds=1)
    service.sign_in("Anna Petrova", SignIn.PIN, "4711")
    assert code_of(service, "0000") == "wrong_pin", "counted from the beginning again"
    found = actions(database)
    assert found.count(("Anna Petrova", "sign_in_refused")) == 5
    assert found.count(("Anna Petrova", "signed_in")) == 2


def test_a_clock_that_is_set_right_again_locks_nobody_out(service: OperatorService, clock: Clock) -> None:
    clock.now += timedelta(days=365)
    assert [code_of(service, "0000") for _ in range(3)] == ["wrong_pin"] * 3
    assert code_of(service, "4711") == "pin_wait"
    clock.now -= timedelta(days=365)
    assert service.sign_in("Anna Petrova", SignIn.PIN, "4711").name == "Anna Petrova"


def test_waits_grow_to_a_quarter_of_an_hour() -> None:
    assert [wait_after(n) for n in (0, 2, 3, 4, 5, 10, 11, 1000)] == [0, 0, 5, 10, 20, 640, 900, 900]


def test_pins_are_salted_hashes(service: OperatorService, database: Database) -> None:
    service.add("Boris", Role.RADIOGRAPHER, "4711", "test")
    with database.snapshot() as connection:
        stored = [row["pin"] for row in connection.execute("SELECT pin FROM operator")]
        everything = "\n".join(str(tuple(row)) for row in connection.execute("SELECT * FROM audit"))
    assert len(set(stored)) == 2, "the same PIN, two salts"
    assert not any("4711" in pin.split("$")[2] and len(pin) < 40 for pin in stored)
    assert "4711" not in everything


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4", "١٢٣٤"])
def test_what_is_no_pin_is_refused(service: OperatorService, pin: str) -> None:
    with pytest.raises(OperatorRefused) as found:
        service.set_pin("Anna Petrova", pin, "test")
    assert found.value.code == "operator_pin"


def test_picking_needs_no_pin_and_the_disabled_stay_outside(service: OperatorService) -> None:
    service.add("Boris", Role.RADIOGRAPHER, "", "Anna Petrova")
    assert service.sign_in("Boris", SignIn.PICK) == Operator("Boris")
    assert code_of(service, "", "Boris") == "no_pin"
    service.change("Boris", "Anna Petrova", disabled=True)
    with pytest.raises(SignInRefused):
        service.sign_in("Boris", SignIn.PICK)
    with pytest.raises(SignInRefused):
        service.sign_in("Stranger", SignIn.PICK)
    assert service.sign_in("stranger", SignIn.OS_USER).role is Role.RADIOGRAPHER, "the system vouches"


def test_the_last_admin_stays(service: OperatorService) -> None:
    for change in ({"disabled": True}, {"role": Role.LEAD}):
        with pytest.raises(OperatorRefused) as found:
            service.change("Anna Petrova", "test", **change)  # type: ignore[arg-type]
        assert found.value.code == "last_admin"
    service.add("Boris", Role.ADMIN, "1234", "test")
    service.change("Anna Petrova", "test", disabled=True)


@pytest.mark.parametrize(
    "name", ["", "   ", "(automatic)", "x" * 65, "\u200b", "\ufeff(auto", "Anna\x1b[31m"]
)
def test_names_that_could_be_mistaken_are_refused(service: OperatorService, name: str) -> None:
    with pytest.raises(OperatorRefused) as found:
        service.add(name, Role.RADIOGRAPHER, "", "test")
    assert found.value.code == "operator_name"


def test_a_name_in_other_letters_is_the_same_name(service: OperatorService) -> None:
    service.add("Иванова А.", Role.RADIOGRAPHER, "", "test")
    for again in ("Иванова А.", "иванова а.", " ИВАНОВА  А. "):
        with pytest.raises(OperatorRefused) as found:
            service.add(again, Role.RADIOGRAPHER, "", "test")
        assert found.value.code == "operator_exists"


@pytest.mark.parametrize("again", ["Сергеи\u0306", "\ufeffСергей", "Сер\u00adгей", "сергей\u200b"])
def test_a_name_that_looks_the_same_is_the_same_name(service: OperatorService, again: str) -> None:
    """As spreadsheets and web pages give it: accents encoded otherwise, marks that nobody sees."""
    service.add("Сергей", Role.RADIOGRAPHER, "", "test")
    with pytest.raises(OperatorRefused) as found:
        service.add(again, Role.RADIOGRAPHER, "", "test")
    assert found.value.code == "operator_exists"


def test_what_nobody_sees_of_a_pasted_name_is_left_out(service: OperatorService) -> None:
    assert service.add("\ufeffЙован\u200b", Role.RADIOGRAPHER, "", "test").name == "Йован"


def test_rights_grow_with_the_role() -> None:
    rights = {role: {right for right in Right if Operator("x", role).may(right)} for role in Role}
    assert rights[Role.RADIOGRAPHER] == set()
    assert rights[Role.LEAD] == {Right.STATISTICS}
    assert rights[Role.ADMIN] == set(Right)


def test_the_command_line_is_the_way_back_in(tmp_path: Path) -> None:
    Database.open(tmp_path / "workstation.sqlite3", tmp_path / "backups").close()

    def run(*words: str, pin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workstation", "operators", *words, "--data-dir", str(tmp_path)]
        return subprocess.run(command, input=pin, capture_output=True, text=True, timeout=60)

    assert run("add", "Anna", "--role", "admin", pin="8642\n").returncode == 0
    assert run("add", "Boris", "--no-pin").returncode == 0
    assert "Anna  admin  PIN" in run("list").stdout
    refused = run("disable", "Anna")
    assert (refused.returncode, "admin first" in refused.stderr) == (2, True)
    assert run("set-pin", "Anna", pin="97531\n").returncode == 0
    assert run("disable", "Boris").returncode == 0
    assert "disabled" in run("list").stdout
    database = Database.open(tmp_path / "workstation.sqlite3", tmp_path / "backups")
    try:
        service = OperatorService(database)
        assert service.sign_in("Anna", SignIn.PIN, "97531").may(Right.OPERATORS)
        assert any("(command line)" in author for author, _ in actions(database))
    finally:
        database.close()
