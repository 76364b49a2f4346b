"""What a person decided, stored durably before anything else happens."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import DeliveryKind
from workstation.domain.errors import KnownError
from workstation.domain.exposure import Exposure, IllegalTransition, after_decision, after_undo, after_verdict
from workstation.domain.film import FilmHeader
from workstation.domain.findings import Verdict
from workstation.domain.order import Fit, OrderCheck
from workstation.domain.projection import Projection
from workstation.domain.study import companions
from workstation.domain.turn import UNTURNED, Turn
from workstation.persistence import audit, derived, exposures, outbox, patients
from workstation.persistence.database import Database
from workstation.persistence.timestamps import iso, parse
from workstation.services.clock import Clock, local_now
from workstation.services.derived import all_destinations, plan_for_film
from workstation.settings.model import Settings

_log = logging.getLogger(__name__)


class DispositionService:
    """Verdicts, decisions and their undo. Thread-safe; each call is one durable transaction of about 1 ms."""

    def __init__(
        self,
        database: Database,
        settings: Callable[[], Settings],
        clock: Clock = local_now,
        on_queued: Callable[[], None] | None = None,
        check_order: Callable[[FilmHeader, Projection], OrderCheck] | None = None,
    ) -> None:
        """`settings` gives the settings in force; `on_queued` wakes the delivery (`DeliveryService.wake`).

        `check_order` compares a film with the worklist (`OrderService.check`): how it stood goes into the audit.
        """
        self._check_order = check_order
        self._database = database
        self._settings = settings
        self._clock = clock
        self._on_queued = on_queued

    def record_verdict(self, exposure_id: int, verdict: Verdict) -> Exposure:
        """Store a verdict beside the earlier ones; the latest counts."""
        now = self._clock()
        with self._database.transaction() as connection:
            exposure = self._get(connection, exposure_id)
            number = exposures.add_verdict(connection, exposure_id, verdict, now)
            exposures.set_state(connection, exposure_id, after_verdict(exposure.state))
            audit.append(
                connection,
                iso(now),
                "",
                "verdict",
                exposure_id,
                verdict=number,
                cascade=verdict.cascade,
                projection=verdict.projection.label.value,
                source=verdict.projection.source.value,
                state=verdict.state.value,
                retake_suggested=verdict.retake_suggested,
            )
            return self._get(connection, exposure_id)

    def choose(
        self,
        exposure_id: int,
        choice: Choice,
        author: str,
        reason: str = "",
        note: str = "",
        turn: Turn = UNTURNED,
    ) -> Exposure:
        """`decide` with the time of the service's clock. A note may be empty: keeping costs one key."""
        return self.decide(exposure_id, Decision(choice, author, iso(self._clock()), reason, note, turn))

    def decide(self, exposure_id: int, decision: Decision) -> Exposure:
        """Store the decision, its outbox rows and its audit line in one transaction.

        A film to be sent is queued for every destination in the settings, to leave when `undo_seconds` are over.
        A retake is never queued; its reject note is planned for that time. Without a destination, or where the
        file is not DICOM, the decision stands and nothing is queued (`Exposure.not_sent_because` says why).

        Raises:
            IllegalTransition: already decided (undo first).
            StorageFailed: the disk or the database refused; nothing is decided then.
        """
        now = self._clock()
        parse(decision.decided_at)  # a time without offset is a mistake of the caller's
        settings = self._settings()
        # Written by hand it may end in a blank that nobody sees, and would be counted apart.
        room = settings.room.strip()
        repeat = self._repeat(exposure_id)
        with self._database.transaction() as connection:
            exposure = self._get(connection, exposure_id)
            exposures.set_state(connection, exposure_id, after_decision(exposure.state, decision.choice))
            number = exposures.add_decision(connection, exposure_id, decision, room)
            queued: list[int] = []
            if decision.choice is not Choice.RETAKE and exposure.sendable:
                queued = enqueue_film(connection, exposure_id, settings, now)
            elif exposure.sendable:
                due = now + timedelta(seconds=settings.undo_seconds)
                derived.plan(connection, exposure_id, DeliveryKind.REJECT_NOTE, due)
            exposures.refresh_state(connection, exposure_id)
            audit.append(
                connection,
                iso(now),
                decision.author,
                "decision",
                exposure_id,
                decision=number,
                choice=decision.choice.value,
                decided_at=decision.decided_at,
                reason=decision.reason,
                has_note=bool(decision.note),
                **_turn_of(decision),
                room=room,
                queued=queued,
                **self._order_fit(exposure),
                **repeat,
            )
            decided = self._get(connection, exposure_id)
        _log.info("exposure %d: %s, %d deliveries", exposure_id, decision.choice, len(queued))
        if exposure.sendable and self._on_queued is not None:
            self._on_queued()
        return decided

    def leave_to_person(self, exposure_id: int) -> Exposure:
        """Keep a film from ever being sent by itself; no decision, so the audit has no line of it.

        Raises:
            StorageFailed: the disk or the database refused.
        """
        with self._database.transaction() as connection:
            exposures.leave_to_person(connection, exposure_id)
            return self._get(connection, exposure_id)

    def undo(self, exposure_id: int, author: str) -> Exposure:
        """Take the decision back, and its outbox rows and reject note with it; the audit keeps both.

        The film is left to the person from then on (`Exposure.left_to_person`). Once a reject note has left, IHE IOCM
        knows no way back: the archive hides the film until a person there takes the note away, and the film has to
        be sent to it by hand.

        Raises:
            IllegalTransition: nothing decided, film or note have left, or the film was cleaned up
                (`Exposure.can_undo` is False).
        """
        now = self._clock()
        with self._database.transaction() as connection:
            exposure = self._get(connection, exposure_id)
            if exposure.cleaned:
                raise IllegalTransition(
                    "the film is no longer here; the decision can no longer be taken back"
                )
            state = after_undo(exposure.state, exposure.deliveries, exposure.verdict is not None)
            removed = outbox.remove(connection, exposure_id)
            obsolete = derived.remove(connection, exposure_id)
            number = exposures.undo_decision(connection, exposure_id, now, author)
            exposures.set_state(connection, exposure_id, state)
            exposures.leave_to_person(connection, exposure_id)
            audit.append(
                connection,
                iso(now),
                author,
                "undo",
                exposure_id,
                decision=number,
                unqueued=[delivery.id for delivery in removed],
            )
            undone = self._get(connection, exposure_id)
        for path in obsolete:
            with contextlib.suppress(OSError):
                (self._database.root / path).unlink()
        _log.info("exposure %d: decision undone", exposure_id)
        return undone

    def _repeat(self, exposure_id: int) -> dict[str, int]:
        with self._database.snapshot() as connection:
            exposure = self._get(connection, exposure_id)
            previous = patients.previous(connection, self._database.root, exposure)
        found = companions(exposure, () if previous is None else (previous,))
        return {} if found.repeat_of is None else {"repeat_of": found.repeat_of.id}

    def _order_fit(self, exposure: Exposure) -> dict[str, str]:
        if self._check_order is None:
            return {}
        verdict = exposure.verdict
        projection = verdict.projection.label if verdict is not None else Projection.UNKNOWN
        fit = self._check_order(exposure.header, projection).fit
        return {} if fit is Fit.UNKNOWN else {"order": fit.value}

    def _get(self, connection: sqlite3.Connection, exposure_id: int) -> Exposure:
        return exposures.get(connection, self._database.root, exposure_id)


def _turn_of(decision: Decision) -> dict[str, int | bool]:
    turn = decision.turn
    return {} if turn == UNTURNED else {"turned_deg": 90 * turn.quarters, "mirrored": turn.mirrored}


def has_left(exposure: Exposure) -> KnownError:
    """Why a decision cannot be taken back any more, and what IHE IOCM leaves to the archive."""
    if exposure.cleaned and not any(delivery.has_left for delivery in exposure.deliveries):
        return KnownError(
            "copy_removed",
            "The copy of this film was removed from this console after its time.",
            "Send the film from the modality again if it is wanted after all.",
        )
    if exposure.decision is not None and exposure.decision.choice is Choice.RETAKE:
        return KnownError(
            "note_has_left",
            "The reject note has left; there is no message that takes it back.",
            "Ask the PACS administrator to remove it from the archive.",
        )
    return KnownError(
        "film_has_left",
        "The film has left; it cannot be called back from here.",
        "If it must not be read, ask the PACS administrator to reject it in the archive.",
    )


def enqueue_film(
    connection: sqlite3.Connection, exposure_id: int, settings: Settings, now: datetime
) -> list[int]:
    """Outbox rows for every destination, due when the time for undo is over; returns their ids.

    Also for those that are set aside: the film waits until a mistake in their settings is mended.
    What a destination wants beside it (report, annotated film, presentation state) is planned for the same time,
    and the turn that a person chose.
    """
    due = now + timedelta(seconds=settings.undo_seconds)
    plan_for_film(connection, exposure_id, settings, due)
    return [
        outbox.enqueue(connection, exposure_id, destination.name, now, due)
        for destination in all_destinations(settings)
    ]
