"""Operators and the salted hashes of their PINs."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass

from workstation.domain.operator import Operator, Role
from workstation.persistence.migrations import migration
from workstation.persistence.serialise import word

# RFC 7914; 16 MiB and some 50 ms a try: a stolen database of four-digit PINs is not safe, the lock-out is what counts.
_N, _R, _P = 2**14, 8, 1


@migration(1, 4)
def _operators(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE operator (
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            disabled INTEGER NOT NULL DEFAULT 0,
            pin TEXT NOT NULL DEFAULT '',
            failures INTEGER NOT NULL DEFAULT 0,
            wait_until_us INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID"""
    )


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong PINs in a row, and until when (microseconds since 1970) none is looked at."""

    failures: int
    wait_until_us: int


def every(connection: sqlite3.Connection) -> list[Operator]:
    """All operators by name, the disabled ones too."""
    return [
        _operator(row) for row in connection.execute("SELECT * FROM operator ORDER BY name COLLATE NOCASE")
    ]


def get(connection: sqlite3.Connection, name: str) -> Operator | None:
    """One operator, or None."""
    row = connection.execute("SELECT * FROM operator WHERE name = ?", (name,)).fetchone()
    return None if row is None else _operator(row)


def put(connection: sqlite3.Connection, operator: Operator) -> None:
    """Add an operator, or change role and `disabled` of the one with this name; the PIN stays."""
    connection.execute(
        "INSERT INTO operator (name, role, disabled) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET role = excluded.role, disabled = excluded.disabled",
        (operator.name, operator.role.value, int(operator.disabled)),
    )


def set_pin(connection: sqlite3.Connection, name: str, pin: str) -> None:
    """Store the hash of a PIN and forget wrong tries; ``""`` removes it."""
    stored = _hashed(pin, secrets.token_bytes(16)) if pin else ""
    connection.execute(
        "UPDATE operator SET pin = ?, failures = 0, wait_until_us = 0 WHERE name = ?", (stored, name)
    )


def pin_fits(connection: sqlite3.Connection, name: str, pin: str) -> bool:
    """Compare in constant time; False where no PIN is set. About 50 ms."""
    row = connection.execute("SELECT pin FROM operator WHERE name = ?", (name,)).fetchone()
    if row is None or not row["pin"]:
        return False
    salt = bytes.fromhex(row["pin"].split("$")[1])
    return hmac.compare_digest(_hashed(pin, salt), row["pin"])


def tries(connection: sqlite3.Connection, name: str) -> Tries:
    """Wrong PINs so far."""
    row = connection.execute(
        "SELECT failures, wait_until_us FROM operator WHERE name = ?", (name,)
    ).fetchone()
    return Tries(0, 0) if row is None else Tries(row["failures"], row["wait_until_us"])


def set_tries(connection: sqlite3.Connection, name: str, counted: Tries) -> None:
    """Remember wrong PINs: a restart of the program does not forgive them."""
    connection.execute(
        "UPDATE operator SET failures = ?, wait_until_us = ? WHERE name = ?",
        (counted.failures, counted.wait_until_us, name),
    )


def _operator(row: sqlite3.Row) -> Operator:
    # A role of a newer program has at least these rights.
    role = word(Role, row["role"], Role.RADIOGRAPHER)
    return Operator(row["name"], role, bool(row["disabled"]), bool(row["pin"]))


def _hashed(pin: str, salt: bytes) -> str:
    made = hashlib.scrypt(pin.encode("utf-8"), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return f"scrypt-{_N}-{_R}-{_P}${salt.hex()}${made.hex()}"
