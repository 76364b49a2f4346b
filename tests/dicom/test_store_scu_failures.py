"""Peers that refuse, break off or say nothing: in plain words what is wrong, and whether to try again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.dicom_maker import CR, DX, make_film
from tests.support.peers import (
    ENDLESS,
    Shelf,
    deaf_port,
    free_port,
    peer,
    relay,
    scp,
)
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed, store_refused
from workstation.dicom.network.store_scu import store

pytestmark = pytest.mark.usefixtures("no_thread_outlives_the_test")


class TestPeersThatFail:
    @pytest.fixture
    def film(self, tmp_path: Path) -> Path:
        return make_film(tmp_path / "a.dcm")

    @pytest.fixture(params=["store", "echo"])
    def knock(self, request: pytest.FixtureRequest, film: Path) -> Callable[..., object]:
        if request.param == "echo":
            return echo
        return lambda at, interrupt=None, timeouts=None: store(at, film, interrupt, timeouts)

    def fails(self, code: str, knock: Callable[..., object], *arguments: object) -> PeerFailed:
        with pytest.raises(PeerFailed) as caught:
            knock(*arguments)
        assert caught.value.code == code
        assert caught.value.passing
        assert caught.value.peer_wide
        assert not caught.value.in_doubt
        return caught.value

    def test_refused(self, knock: Callable[..., object]) -> None:
        assert "refuses" in self.fails("refused", knock, peer(free_port())).message

    def test_unknown_host(self, knock: Callable[..., object]) -> None:
        self.fails("unknown_host", knock, replace(peer(104), host="no-such-host.invalid"))
        self.fails("unknown_host", knock, replace(peer(104), host="a" * 70 + ".пример"))

    def test_wrong_called_ae_title(self, knock: Callable[..., object], shelf: Shelf) -> None:
        with scp(shelf) as port:
            assert "WRONG" in self.fails("called_ae", knock, peer(port, "WRONG")).message

    def test_our_title_is_not_known(self, knock: Callable[..., object]) -> None:
        ae = AE("PACS")
        ae.require_calling_aet = ["SOMEBODY"]
        ae.add_supported_context(Verification)
        ae.add_supported_context(DX)
        server = ae.start_server(("127.0.0.1", 0), block=False)
        assert server is not None
        try:
            assert "CXRWS" in self.fails("calling_ae", knock, peer(server.server_address[1])).message
        finally:
            server.shutdown()
            server.server_close()
        server.server_close()

    def test_busy(self, knock: Callable[..., object]) -> None:
        ae = AE("PACS")
        ae.maximum_associations = 1
        ae.add_supported_context(Verification)
        ae.add_supported_context(DX)
        ae.add_requested_context(Verification)
        server = ae.start_server(("127.0.0.1", 0), block=False)
        assert server is not None
        other = ae.associate("127.0.0.1", server.server_address[1])
        try:
            self.fails("peer_busy", knock, peer(server.server_address[1]))
        finally:
            other.release()
            server.shutdown()
            server.server_close()
        server.server_close()

    def test_something_that_is_not_dicom(self, knock: Callable[..., object]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            self.fails("not_dicom", knock, peer(server.getsockname()[1]), None, ENDLESS)
            thread.join()

    def test_silence_after_the_connection(self, knock: Callable[..., object]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.fails(
                "not_dicom", knock, peer(server.getsockname()[1]), None, replace(ENDLESS, associate=0.5)
            )

    def test_silence_instead_of_a_connection(self, knock: Callable[..., object]) -> None:
        with deaf_port() as port:
            self.fails("no_answer", knock, peer(port), None, replace(ENDLESS, connect=0.5))

    def test_no_common_context(self, film: Path, shelf: Shelf) -> None:
        with scp(shelf, classes=(CR,)) as port, pytest.raises(PeerFailed) as caught:
            store(peer(port), film)
        assert (caught.value.code, caught.value.passing) == ("no_context", False)
        assert "Digital X-Ray" in caught.value.message

    @pytest.mark.parametrize(
        ("status", "code", "passing"),
        [
            (0xA700, "out_of_resources", True),
            (0xA7FF, "out_of_resources", True),
            (0x0110, "processing_failure", True),
            (0xA900, "film_refused", False),
            (0xC123, "film_refused", False),
            (0x0122, "film_refused", False),
            (0x0124, "not_authorised", False),
            (0x0111, "duplicate", False),
        ],
    )
    def test_failure_status(self, film: Path, shelf: Shelf, status: int, code: str, passing: bool) -> None:
        shelf.statuses = [status]
        with scp(shelf) as port, pytest.raises(PeerFailed) as caught:
            store(peer(port), film)
        assert (caught.value.code, caught.value.passing, caught.value.in_doubt) == (code, passing, False)
        assert f"{status:04X}" in caught.value.message

    @pytest.mark.parametrize("status", [0xB000, 0xB006, 0xB007])
    def test_a_warning_is_stored(self, film: Path, shelf: Shelf, status: int) -> None:
        shelf.statuses = [status]
        with scp(shelf) as port:
            assert store(peer(port), film).status == status

    def test_words_for_statuses(self) -> None:
        assert "SOP class" in store_refused(0xA9FE).message
        assert "understand" in store_refused(0xCFFF).message

    def test_no_response_leaves_doubt(self, film: Path, shelf: Shelf) -> None:
        shelf.hold.clear()
        with scp(shelf) as port, pytest.raises(PeerFailed) as caught:
            store(peer(port), film, None, replace(ENDLESS, response=0.5))
        assert (caught.value.code, caught.value.in_doubt, caught.value.peer_wide) == (
            "broken_off",
            True,
            False,
        )

    def test_a_peer_that_stops_reading(self, tmp_path: Path) -> None:
        big = make_film(tmp_path / "big.dcm", np.zeros((3000, 3000), np.uint16))
        # The silence must last longer than a busy machine may keep an honest peer from answering.
        hasty = replace(ENDLESS, stall=5.0)
        with relay(limit=200_000) as between, scp(Shelf(), port=between.target):
            with pytest.raises(PeerFailed) as caught:
                store(peer(between.port), big, None, hasty)
            assert between.full.is_set()
        assert (caught.value.code, caught.value.in_doubt) == ("broken_off", True)
