"""How every destination stands, for the status bar, the connection page and the command line."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from workstation.domain.delivery import DestinationState, DestinationStatus, set_aside
from workstation.persistence import at_hand, commitment, outbox
from workstation.services.delivery_worker import STOPPED, Condition
from workstation.settings.model import Settings

_ANSWERED_WITHIN = timedelta(days=1)
"""An archive that is asked for commitment may take so long before it is said to be silent."""


def standing(
    connection: sqlite3.Connection, settings: Settings, conditions: Mapping[str, Condition], now: datetime
) -> list[DestinationStatus]:
    """One entry per destination; a `not_configured` entry before them where there is none, or films that were
    accepted while there was none: they never leave by themselves.

    Destinations whose settings hold a mistake follow, as `set_aside`, and those that left the settings while films
    wait for them, as `removed`.

    Args:
        conditions: of the destinations' workers by name; a destination without one is `stopped`.
    """
    tallies = outbox.tallies(connection, now.date().isoformat())
    unqueued = at_hand.count_undelivered(connection)
    found: list[DestinationStatus] = []
    if unqueued or not settings.destinations:
        found.append(DestinationStatus("", DestinationState.NOT_CONFIGURED, waiting=unqueued))
    for destination in settings.destinations:
        tally = tallies.pop(destination.name, outbox.Tally())
        condition = conditions.get(destination.name, STOPPED)
        unconfirmed, since = (0, "")
        if destination.wants_commitment:
            unconfirmed, since = _silent(connection, destination.name, now)
        found.append(
            DestinationStatus(
                name=destination.name,
                state=condition.state,
                waiting=tally.waiting + tally.sending,
                sent=tally.sent,
                failed=tally.failed,
                down_since=condition.down_since,
                next_try_at=condition.next_try_at,
                last_error=condition.last_error,
                unconfirmed=unconfirmed,
                unconfirmed_since=since,
            )
        )
    for name in (aside.name for aside in settings.set_aside):
        tally = tallies.pop(name, outbox.Tally())
        waiting = tally.waiting + tally.sending
        state = DestinationState.SET_ASIDE
        found.append(
            DestinationStatus(name, state, waiting, tally.sent, tally.failed, last_error=set_aside(name))
        )
    for name, tally in tallies.items():
        waiting = tally.waiting + tally.sending
        if waiting + tally.failed:
            found.append(DestinationStatus(name, DestinationState.REMOVED, waiting, tally.sent, tally.failed))
    return found


def _silent(connection: sqlite3.Connection, name: str, now: datetime) -> tuple[int, str]:
    count, since = commitment.unanswered(connection, name)
    silent = count and now - datetime.fromisoformat(since) >= _ANSWERED_WITHIN
    return (count, since) if silent else (0, "")
