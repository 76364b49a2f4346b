"""Sending broken off because the program wants to close, wherever it hangs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.console import Console, eventually
from tests.support.dicom_maker import make_film
from tests.support.peers import (
    ENDLESS,
    Shelf,
    deaf_port,
    free_port,
    mute_peer,
    peer,
    relay,
    scp,
)
from workstation.dicom.network.errors import Interrupted
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.store_scu import store
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.settings.network import Destination

pytestmark = pytest.mark.usefixtures("no_thread_outlives_the_test")


class Watched(Interrupt):
    """Counts how often the exchange asked whether to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return super().is_set()


class TestInterrupt:
    """Whatever the connection hangs in, it ends at once when the program wants to close."""

    def interrupted(
        self, at: Peer, film: Path, begun: Callable[[], bool], interrupt: Interrupt | None = None
    ) -> Interrupted:
        """Send, and interrupt as soon as `begun`; nothing but the interrupt ends it in time."""
        interrupt = interrupt or Interrupt()

        def stop() -> None:
            try:
                eventually(begun)
            finally:
                interrupt.set()

        with contextlib.ExitStack() as stack:
            thread = threading.Thread(target=stop)
            stack.callback(thread.join)
            thread.start()
            with pytest.raises(Interrupted) as caught:
                store(at, film, interrupt, ENDLESS)
        assert begun()
        return caught.value

    def test_while_connecting(self, tmp_path: Path) -> None:
        interrupt = Watched()
        with deaf_port() as port:
            # Asked once before it connects, then once each step.
            film = make_film(tmp_path / "a.dcm")
            assert not self.interrupted(peer(port), film, lambda: interrupt.asked > 3, interrupt).in_doubt

    def test_while_associating(self, tmp_path: Path) -> None:
        with mute_peer() as (port, heard):
            assert not self.interrupted(peer(port), make_film(tmp_path / "a.dcm"), heard.is_set).in_doubt

    def test_amid_the_transfer(self, tmp_path: Path) -> None:
        big = make_film(tmp_path / "big.dcm", np.zeros((3000, 3000), np.uint16))
        with relay(limit=200_000) as between, scp(Shelf(), port=between.target):
            assert self.interrupted(peer(between.port), big, between.full.is_set).in_doubt

    def test_while_waiting_for_the_response(self, tmp_path: Path, shelf: Shelf) -> None:
        shelf.hold.clear()
        with scp(shelf) as port:
            film = make_film(tmp_path / "a.dcm")
            assert self.interrupted(peer(port), film, shelf.asked.is_set).in_doubt

    def test_before_it_began(self, tmp_path: Path) -> None:
        interrupt = Interrupt()
        interrupt.set()
        with pytest.raises(Interrupted):
            store(peer(free_port()), make_film(tmp_path / "a.dcm"), interrupt)

    def test_the_service_stops_amid_connections_that_hang(self, tmp_path: Path) -> None:
        with deaf_port() as deaf, mute_peer() as (mute, heard):
            console = Console(tmp_path / "data", send=lambda p, f, i: store(p, f, i, ENDLESS))
            ports = {"deaf": deaf, "mute": mute}
            console.settings = replace(
                console.settings,
                undo_seconds=0.0,
                destinations=tuple(Destination(n, "127.0.0.1", p, "PACS") for n, p in ports.items()),
            )
            film = console.disposition.choose(console.film().id, Choice.SEND, "A")
            console.delivery.start()
            eventually(lambda: all(d.state is DeliveryState.SENDING for d in console.get(film).deliveries))
            eventually(heard.is_set)
            console.delivery.stop()
            eventually(lambda: all(d.state is DeliveryState.WAITING for d in console.get(film).deliveries))
            assert console.get(film).can_undo
            console.close()
