"""The films of the day, as the worklist shows them."""

from __future__ import annotations

from datetime import datetime

from workstation.domain.derived import NotMade
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Verdict
from workstation.domain.study import Companions, companions
from workstation.persistence import derived, exposures, patients
from workstation.persistence.database import Database
from workstation.persistence.timestamps import to_us
from workstation.services.clock import Clock, local_now, midnight

_NEWEST_FIRST = " ORDER BY e.received_us DESC, e.id DESC"


class Worklist:
    """Reads exposures; each call is one consistent snapshot. Thread-safe; for jobs, not for the GUI thread."""

    def __init__(self, database: Database, clock: Clock = local_now) -> None:
        self._database = database
        self._clock = clock

    def now(self) -> datetime:
        """The local time after which `today` goes. For any thread."""
        return self._clock()

    def today(self, since: datetime | None = None) -> list[Exposure]:
        """Exposures received since local midnight (or `since`), newest first."""
        if since is None:
            since = midnight(self._clock())
        return self._select("WHERE e.received_us >= ?" + _NEWEST_FIRST, to_us(since))

    def get(self, exposure_id: int) -> Exposure:
        """One exposure. Raises LookupError where there is none."""
        with self._database.snapshot() as connection:
            return exposures.get(connection, self._database.root, exposure_id)

    def companions(self, exposure_id: int) -> Companions:
        """What a film has to do with its patient's other films. Raises LookupError where there is no such film."""
        with self._database.snapshot() as connection:
            film = exposures.get(connection, self._database.root, exposure_id)
            return companions(film, patients.related(connection, self._database.root, film))

    def undecided(self) -> list[Exposure]:
        """Exposures of any day that wait for a decision, newest first."""
        return self._select("WHERE e.state IN ('received', 'analysed')" + _NEWEST_FIRST)

    def verdicts(self, exposure_id: int) -> list[Verdict]:
        """All verdicts of one exposure, oldest first."""
        with self._database.snapshot() as connection:
            return exposures.verdicts(connection, exposure_id)

    def not_made(self, since: datetime | None = None) -> list[NotMade]:
        """Objects that could not be made, given up today (or since the day of `since`), oldest first."""
        with self._database.snapshot() as connection:
            return derived.not_made(connection, (since or self._clock()).date())

    def _select(self, clauses: str, *values: object) -> list[Exposure]:
        with self._database.snapshot() as connection:
            return exposures.select(connection, self._database.root, clauses, values)
