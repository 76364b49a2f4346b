"""What the requestor makes of an answer that comes at the worst moment."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from pynetdicom import build_context, evt
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.console import eventually
from tests.support.peers import ENDLESS
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
