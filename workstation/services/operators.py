"""Operators: who may sign in, and every sign-in and change in the audit."""

from __future__ import annotations

import sqlite3
import unicodedata
from dataclasses import replace
from datetime import timedelta

from workstation.domain.operator import (
    LONGEST_WAIT_S,
    Operator,
    OperatorRefused,
    Role,
    SignIn,
    SignInRefused,
    wait_after,
)
from workstation.persistence import audit, operators
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso, to_us
from workstation.services.clock import Clock, local_now

LONGEST_NAME = 64
PIN_LENGTHS = range(4, 13)


class OperatorService:
    """Thread-safe; for workers: looking at a PIN takes some 50 ms. Never logs names or PINs."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[Operator]:
        """By name, the disabled ones too."""
        with self._database.snapshot() as connection:
            return operators.every(connection)

    # ---- signing in ----

    def sign_in(self, name: str, how: SignIn, pin: str = "") -> Operator:
        """Sign a person in.

        Args:
            how: PIN looks at `pin`; PICK and OS_USER trust the name. A system's user who is no operator here is let
                in as radiographer under his own name.

        Raises:
            SignInRefused: wrong PIN, too many of them, disabled, no PIN set, or not known.
        """
        now = self._clock()
        refused: SignInRefused | None = None
        with self._database.transaction() as connection:
            found = operators.get(connection, name)
            if found is None and how is SignIn.OS_USER and name.strip():
                found = Operator(name)
            refused = self._why_not(connection, found, name, how, pin)
            if refused is None:
                operators.set_tries(connection, name, operators.Tries(0, 0))
                audit.append(connection, iso(now), name, "signed_in", how=how.value)
            elif refused.code != "pin_wait":
                # Kept although it was refused: a restart must not forgive wrong PINs.
                audit.append(connection, iso(now), name if found else "", "sign_in_refused", why=refused.code)
        if refused is not None:
            raise refused
        assert found is not None
        return found

    def sign_out(self, name: str, why: str) -> None:
        """Write into the audit that a person left; `why`: ``"locked"``, ``"idle"`` or ``"ended"``."""
        with self._database.transaction() as connection:
            audit.append(connection, iso(self._clock()), name, "signed_out", why=why)

    def _why_not(
        self, connection: sqlite3.Connection, found: Operator | None, name: str, how: SignIn, pin: str
    ) -> SignInRefused | None:
        if found is None or found.disabled:
            return SignInRefused(
                "operator_disabled", "This name may not sign in here.", "Ask whoever manages the operators."
            )
        if how is not SignIn.PIN:
            return None
        if not found.has_pin:
            return SignInRefused(
                "no_pin", "No PIN is set for this name.", "Ask whoever manages the operators to set one."
            )
        now = self._clock()
        counted = operators.tries(connection, name)
        left = (counted.wait_until_us - to_us(now)) / 1e6
        if 0 < left <= LONGEST_WAIT_S:  # longer: the clock was set back
            return SignInRefused(
                "pin_wait",
                f"Too many wrong PINs: {max(1, round(left))} s to wait.",
                "Wait, or ask whoever manages the operators for a new PIN.",
                left,
            )
        if operators.pin_fits(connection, name, pin):
            return None
        failures = counted.failures + 1
        until = now + timedelta(seconds=wait_after(failures))
        operators.set_tries(connection, name, operators.Tries(failures, to_us(until)))
        return SignInRefused("wrong_pin", "The PIN is wrong.", "Try again.", wait_after(failures))

    # ---- managing ----

    def add(self, name: str, role: Role, pin: str, author: str) -> Operator:
        """Add a person; `pin` may be empty.

        Raises:
            OperatorRefused: a name that cannot be used or is taken, or a PIN that is too short or no digits.
        """
        name = _as_seen(name)
        if not name or len(name) > LONGEST_NAME or name.startswith("(") or not name.isprintable():
            raise OperatorRefused(
                "operator_name",
                "This name cannot be used.",
                f"Give 1 to {LONGEST_NAME} characters, no bracket first.",
            )
        _check_pin(pin)
        with self._database.transaction() as connection:
            # In other letters it is the same person, whose films would be counted apart.
            if name.casefold() in (_as_seen(known.name).casefold() for known in operators.every(connection)):
                raise OperatorRefused(
                    "operator_exists",
                    "There is an operator of this name.",
                    "Choose another, or enable that one again.",
                )
            made = Operator(name, role)
            operators.put(connection, made)
            if pin:
                operators.set_pin(connection, name, pin)
            self._note(connection, author, "operator_added", made)
        return replace(made, has_pin=bool(pin))

    def set_pin(self, name: str, pin: str, author: str) -> None:
        """Set a PIN of 4 to 12 digits; wrong tries are forgotten. Raises OperatorRefused."""
        _check_pin(pin or "-")
        with self._database.transaction() as connection:
            operator = _known(connection, name)
            operators.set_pin(connection, name, pin)
            self._note(connection, author, "operator_pin_set", operator)

    def change(
        self, name: str, author: str, *, role: Role | None = None, disabled: bool | None = None
    ) -> None:
        """Change the role, enable or disable.

        Raises:
            OperatorRefused: not known, or nobody would be left to manage the operators.
        """
        with self._database.transaction() as connection:
            before = _known(connection, name)
            after = replace(
                before,
                role=before.role if role is None else role,
                disabled=before.disabled if disabled is None else disabled,
            )
            if after == before:
                return
            others = [o for o in operators.every(connection) if o.name != name]
            if _manages(before) and not _manages(after) and not any(_manages(o) for o in others):
                raise OperatorRefused(
                    "last_admin",
                    "Nobody would be left to manage the operators.",
                    "Make somebody else admin first.",
                )
            operators.put(connection, after)
            self._note(connection, author, "operator_changed", after)

    def _note(self, connection: sqlite3.Connection, author: str, action: str, about: Operator) -> None:
        audit.append(
            connection,
            iso(self._clock()),
            author,
            action,
            operator=about.name,
            role=about.role.value,
            disabled=about.disabled,
        )


def _as_seen(name: str) -> str:
    """Without what nobody sees of a name that was pasted: how its accents are encoded, marks without width (Cf)."""
    composed = unicodedata.normalize("NFC", name)
    return " ".join("".join(c for c in composed if unicodedata.category(c) != "Cf").split())


def _manages(operator: Operator) -> bool:
    return operator.role is Role.ADMIN and not operator.disabled


def _known(connection: sqlite3.Connection, name: str) -> Operator:
    found = operators.get(connection, name)
    if found is None:
        raise OperatorRefused(
            "operator_unknown", "There is no operator of this name.", "See the list of operators."
        )
    return found


def _check_pin(pin: str) -> None:
    if pin and (not pin.isascii() or not pin.isdigit() or len(pin) not in PIN_LENGTHS):
        raise OperatorRefused("operator_pin", "This is not a valid PIN.", "Give 4 to 12 digits.")
