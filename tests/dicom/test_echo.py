"""C-ECHO against a peer that answers badly: said in words of its own, there is no film in a test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.peers import ENDLESS
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer


@contextlib.contextmanager
def peer(answer: Callable[[evt.Event], int]) -> Iterator[Peer]:
    ae = AE("PACS")
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_ECHO, answer)])
    assert server is not None
    try:
        yield Peer("127.0.0.1", server.server_address[1], "PACS", "CXRWS")
    finally:
        server.shutdown()


def breaking_off(event: evt.Event) -> int:
    event.assoc.abort()
    return 0


@pytest.mark.parametrize(
    ("answer", "code"), [(lambda _: 0x0122, "echo_refused"), (breaking_off, "echo_broken_off")]
)
def test_a_failing_test_is_not_told_as_a_failing_film(answer: Callable[[evt.Event], int], code: str) -> None:
    with peer(answer) as at, pytest.raises(PeerFailed) as caught:
        echo(at, timeouts=ENDLESS)
    assert caught.value.code == code
    assert "film" not in str(caught.value)
    assert caught.value.passing
