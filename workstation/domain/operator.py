"""Who works at the console, and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.domain.errors import KnownError


class Role(StrEnum):
    """Roles, each with the rights of those before it."""

    RADIOGRAPHER = "radiographer"
    LEAD = "lead"
    ADMIN = "admin"


class Right(StrEnum):
    """What a role may do. Deciding about films needs no more than being signed in."""

    STATISTICS = "statistics"
    SETTINGS = "settings"
    OPERATORS = "operators"


_RIGHTS = {
    Role.RADIOGRAPHER: frozenset[Right](),
    Role.LEAD: frozenset({Right.STATISTICS}),
    Role.ADMIN: frozenset(Right),
}


class SignIn(StrEnum):
    """How a person says who works: the setting `sign_in`."""

    NONE = "none"
    PICK = "pick"
    PIN = "pin"
    OS_USER = "os_user"


@dataclass(frozen=True, slots=True)
class Operator:
    """One person. Names stand in the audit for good: people are disabled, never renamed or removed.

    Attributes:
        name: as shown and as signed under decisions, 1 to 64 characters.
        disabled: may not sign in.
        has_pin: a PIN is set.
    """

    name: str
    role: Role = Role.RADIOGRAPHER
    disabled: bool = False
    has_pin: bool = False

    def may(self, right: Right) -> bool:
        """True where the role has the right."""
        return right in _RIGHTS[self.role]


class SignInRefused(KnownError):
    """Nobody was signed in: code ``"wrong_pin"``, ``"pin_wait"``, ``"operator_disabled"``, ``"no_pin"`` or
    ``"signed_out"``.

    Args:
        wait_s: seconds for which no PIN of this name is looked at.
    """

    def __init__(self, code: str, message: str, remedy: str, wait_s: float = 0.0) -> None:
        super().__init__(code, message, remedy)
        self.wait_s = wait_s


class OperatorRefused(KnownError):
    """A change of the operators was refused: code ``"operator_name"``, ``"operator_exists"``,
    ``"operator_unknown"``, ``"operator_pin"`` or ``"last_admin"``."""


FREE_TRIES = 3
_FIRST_WAIT_S = 5
LONGEST_WAIT_S = 900


def wait_after(failures: int) -> int:
    """Seconds until the next try after so many wrong PINs in a row: none up to three, then 5, 10, 20 ... 900."""
    if failures < FREE_TRIES:
        return 0
    return int(min(LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(20, failures - FREE_TRIES)))
