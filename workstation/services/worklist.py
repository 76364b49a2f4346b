"""The films of the day, as the worklist shows them."""

from __future__ import annotations

from datetime import datetime

from workstation.domain.exposure import Exposure
from workstation.domain.statistics import DecisionRow
from workstation.persistence.database import Database
from workstation.services.clock import Clock, local_now
from workstation.services.data_folder import DataFolder


class Worklist:
    """Reads exposures; each call is one consistent snapshot."""

    def __init__(self, folder: DataFolder, database: Database, clock: Clock = local_now) -> None:
        raise NotImplementedError

    def today(self, since: datetime | None = None) -> list[Exposure]:
        """Exposures received since local midnight (or `since`), newest first."""
        raise NotImplementedError

    def get(self, exposure_id: int) -> Exposure:
        """One exposure. Raises LookupError where there is none."""
        raise NotImplementedError

    def undecided(self) -> list[Exposure]:
        """Exposures of any day that wait for a decision, newest first."""
        raise NotImplementedError

    def decisions(self, since: datetime | None = None, until: datetime | None = None) -> list[DecisionRow]:
        """Decisions in force, for `domain.statistics`."""
        raise NotImplementedError
