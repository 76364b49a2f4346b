"""What the requestor makes of an answer that comes at the worst moment."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from pynetdicom import AE, Association, build_context, evt
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.console import eventually
from tests.support.peers import ENDLESS
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer, association


@pytest.mark.parametrize(
    ("source", "reason", "code"), [(1, 7, "called_ae"), (1, 3, "calling_ae"), (3, 1, "peer_busy")]
)
def test_a_refusal_that_overtakes_the_one_who_asked_is_understood(
    source: int, reason: int, code: str
) -> None:
    refusal = A_ASSOCIATE_RJ()
    refusal.result, refusal.source, refusal.reason_diagnostic = 1, source, reason
    closed = threading.Event()

    def refuse_and_close() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(refusal.encode())
        closed.set()

    def dawdle(event: evt.Event) -> None:
        """Holds up the thread that asked until the answer was read and the connection is gone."""
        assert closed.wait(60)
        eventually(lambda: not event.assoc.dul.socket._is_connected)
        time.sleep(0.05)

    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=refuse_and_close).start()
        at = Peer("127.0.0.1", server.getsockname()[1], "PACS", "CXRWS")
        with (
            pytest.raises(PeerFailed) as caught,
            association(
                at,
                [build_context(Verification)],
                Interrupt(),
                ENDLESS,
                600,
                [(evt.EVT_REQUESTED, dawdle)],
            ),
        ):
            pytest.fail("no association should come about")
    assert caught.value.code == code
    assert caught.value.passing
    eventually(lambda: set(threading.enumerate()) <= before)


@pytest.fixture
def peer_that_leaves() -> Iterator[Peer]:
    """Takes an association and breaks it off at once."""

    def leave(event: evt.Event) -> None:
        if isinstance(event.pdu, A_ASSOCIATE_AC):
            abort = A_ABORT_RQ()
            abort.source = abort.reason_diagnostic = 0
            event.assoc.dul.socket.send(abort.encode())

    ae = AE("PACS")
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_PDU_SENT, leave)])
    assert server is not None
    try:
        yield Peer("127.0.0.1", server.server_address[1], "PACS", "CXRWS")
    finally:
        server.shutdown()
        server.server_close()


def test_a_peer_that_takes_an_association_and_leaves_is_not_one_that_takes_nothing(
    peer_that_leaves: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Association.start

    def start_and_end(self: Association) -> None:
        """By then the peer's abort was read."""
        start(self)
        if self.is_requestor:
            self.join()

    monkeypatch.setattr(Association, "start", start_and_end)
    with pytest.raises(PeerFailed) as caught:
        echo(peer_that_leaves, timeouts=ENDLESS)
    assert (caught.value.code, caught.value.passing, caught.value.peer_wide) == ("rejected", True, True)


def test_a_peer_that_leaves_before_it_is_asked_is_no_mistake_of_the_program(peer_that_leaves: Peer) -> None:
    contexts = [build_context(Verification)]

    def ask_late() -> None:
        with association(peer_that_leaves, contexts, Interrupt(), ENDLESS, 600) as made:
            eventually(lambda: not made.is_established)
            made.send_c_echo()

    with pytest.raises(PeerFailed) as caught:
        ask_late()
    assert (caught.value.code, caught.value.passing) == ("rejected", True)


@pytest.mark.parametrize("length", [1, 6])
def test_a_peer_whose_pdus_hold_nothing_is_told_as_that(length: int) -> None:
    def narrow(event: evt.Event) -> None:
        event.assoc.acceptor.maximum_length = length

    ae = AE("PACS")
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_REQUESTED, narrow)])
    assert server is not None
    try:
        with pytest.raises(PeerFailed) as caught:
            echo(Peer("127.0.0.1", server.server_address[1], "PACS", "CXRWS"), timeouts=ENDLESS)
    finally:
        server.shutdown()
    assert caught.value.code == "rejected"
    assert f"PDUs of {length} byte" in caught.value.message
