"""What the window needs from below, as app.py puts it together. Protocols, so that tests can bring their own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from workstation.domain.decision import RejectReason
from workstation.domain.errors import CascadeUnavailable
from workstation.domain.film import FilmHeader
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.domain.turn import Turn
from workstation.settings.network import Destination, WorklistPeer
from workstation.ui.jobs import Jobs, Pool, ThreadPool

_END_MS = 5_000
_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from workstation.services.advice import Advice
    from workstation.services.delivery import DeliveryService
    from workstation.services.disposition import DispositionService
    from workstation.services.film import Film
    from workstation.services.intake import IntakeService
    from workstation.services.listening import ListeningService
    from workstation.services.operators import OperatorService
    from workstation.services.orders import OrderService
    from workstation.services.statistics_service import StatisticsService
    from workstation.services.worklist import Worklist


class Analyser(Protocol):
    """`services.analysis.AnalysisService`, as the window uses it."""

    @property
    def unavailable(self) -> CascadeUnavailable | None: ...

    @property
    def cascade_name(self) -> str: ...

    def analyse(self, film: Film, projection: Projection | None = None) -> Verdict: ...

    def warm_up(self) -> object: ...


class Advises(Protocol):
    """`services.advice.Adviser`, as the window uses it."""

    def for_verdict(
        self, verdict: Verdict, header: FilmHeader, language: str, turn: Turn | None = None
    ) -> Advice: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Services, made once by app.py.

    Attributes:
        make_analyser: loads the cascade the settings name; slow, runs on a worker; never raises KnownError.
        data_root: data folder, for thumbnails and logs.
        demo: folder of the demo study.
    """

    read_film: Callable[[Path], Film]
    intake: IntakeService
    make_analyser: Callable[[], Analyser]
    disposition: DispositionService
    worklist: Worklist
    delivery: DeliveryService
    listening: ListeningService
    statistics: StatisticsService
    orders: OrderService
    operators: OperatorService
    adviser: Advises
    reasons: tuple[RejectReason, ...]
    preselect: Callable[[Verdict | None], str]
    data_root: Path
    demo: Path

    def test(self, peer: Destination | WorklistPeer) -> float:
        """C-ECHO to a peer as it may be set, on a worker: round trip in ms.

        Raises:
            PeerFailed: in plain words what is wrong.
        """
        return self.orders.test(peer) if isinstance(peer, WorklistPeer) else self.delivery.test(peer)


class Workers:
    """The window's job queues: each keeps its order, none waits for another.

    Attributes (there is none that is no queue, see `all`):
        intake: reading and taking in, in the order of arrival.
        films: loading the film a person selected.
        analysis: the cascade.
        decisions: everything that reads or writes the database, so that answers come in the order asked, and the
            settings' file: both are finished before the end.
        folders: asking the watched folders; a dead share holds up nothing but itself.
        background: thumbnails, exports, connection tests, statistics.
    """

    def __init__(self, parent: QObject, make_pool: Callable[[], Pool] = lambda: ThreadPool(1)) -> None:
        self.intake = Jobs(make_pool(), parent)
        self.films = Jobs(make_pool(), parent)
        self.analysis = Jobs(make_pool(), parent, make_pool)
        self.decisions = Jobs(make_pool(), parent)
        self.folders = Jobs(make_pool(), parent)
        self.background = Jobs(make_pool(), parent)

    def all(self) -> tuple[Jobs, ...]:
        """Every queue."""
        return tuple(vars(self).values())

    @property
    def busy(self) -> bool:
        return any(jobs.busy for jobs in self.all())

    def close(self) -> bool:
        """Stop everything; what a person decided or set is finished, the rest is dropped (films stay).

        Returns:
            False where something hangs: the log says which queue. All of it together is waited for `_END_MS` after the
            decisions.
        """
        hanging = [] if self.decisions.close(finish=True) else ["decisions"]
        end = time.monotonic() + _END_MS / 1000
        for name, jobs in vars(self).items():
            if not jobs.close(max(0, round((end - time.monotonic()) * 1000))):
                hanging.append(name)
        for name in dict.fromkeys(hanging):
            _log.error("a worker hangs: %s", name)
        return not hanging
