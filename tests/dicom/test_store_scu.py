"""Sending to peers we did not write (DCMTK), to pynetdicom's SCP, and to sockets that misbehave."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.console import Console, eventually
from tests.support.dicom_maker import CR, DX, film_bytes, film_dataset, make_film
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import Interrupted, PeerFailed, store_refused
from workstation.dicom.network.requestor import Interrupt, Peer, Timeouts
from workstation.dicom.network.store_scu import store
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.domain.exposure import ExposureState
from workstation.services.intake import content_digest
from workstation.services.reading import read_film_bytes
from workstation.settings.network import Destination

needs_storescp = pytest.mark.skipif(
    shutil.which("storescp") is None, reason="DCMTK is not installed (apt: dcmtk)"
)
ALL = [
    *(
        getattr(uid, name)
        for name in ("ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian")
    ),
    uid.DeflatedExplicitVRLittleEndian,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.RLELossless,
    uid.HTJ2KLossless,
]
HASTY = Timeouts(connect=0.5, associate=0.7, stall=0.7, response=0.7)


@pytest.fixture(autouse=True)
def no_thread_outlives_the_test() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    eventually(lambda: set(threading.enumerate()) <= before)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peer(port: int, called: str = "PACS") -> Peer:
    return Peer("127.0.0.1", port, called, "CXRWS")


class Shelf:
    """A Storage SCP that keeps the bytes and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.statuses: list[int] = []
        self.hold = threading.Event()
        self.hold.set()

    def store(self, event: evt.Event) -> int:
        self.hold.wait(10)
        self.received.append((str(event.context.transfer_syntax), event.encoded_dataset(include_meta=False)))
        return self.statuses.pop(0) if self.statuses else 0


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@contextlib.contextmanager
def scp(
    shelf: Shelf, syntaxes: list[uid.UID] | None = None, port: int = 0, classes: tuple[str, ...] = (CR, DX)
) -> Iterator[int]:
    ae = AE("PACS")
    ae.require_called_aet = True
    ae.add_supported_context(Verification)
    for sop_class in classes:
        ae.add_supported_context(sop_class, syntaxes or ALL)
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, shelf.store)])
    assert server is not None
    try:
        yield server.server_address[1]
    finally:
        shelf.hold.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def storescp(folder: Path, *options: str, port: int = 0) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = port or free_port()
    command = ["storescp", "-od", str(folder), "-aet", "PACS", "+xa", "+B", *options, str(port)]
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: listens(port))
            yield port, process
        finally:
            process.kill()


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def pixels_of(data: bytes, syntax: str) -> np.ndarray:
    ds = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data), force=True)
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uid.UID(syntax)
    return ds.pixel_array


class TestDcmtk:
    @needs_storescp
    @pytest.mark.parametrize(
        "syntax",
        [
            uid.ImplicitVRLittleEndian,
            uid.ExplicitVRLittleEndian,
            uid.ExplicitVRBigEndian,
            uid.DeflatedExplicitVRLittleEndian,
            uid.JPEGLosslessSV1,
            uid.JPEGLSLossless,
            uid.JPEG2000Lossless,
            uid.RLELossless,
        ],
        ids=lambda u: u.name,
    )
    def test_storescp_gets_the_data_set_as_it_was(self, tmp_path: Path, syntax: uid.UID) -> None:
        source = make_film(tmp_path / "a.dcm", transfer_syntax=syntax)
        with storescp(tmp_path / "in") as (port, _):
            stored = store(peer(port), source)
        assert (stored.status, stored.transfer_syntax, stored.transcoded) == (0, str(syntax), False)
        (received,) = (tmp_path / "in").iterdir()
        assert content_digest(received.read_bytes()) == content_digest(source.read_bytes())

    @needs_storescp
    def test_storescp_that_takes_only_the_default_gets_it_decompressed(self, tmp_path: Path) -> None:
        source = make_film(tmp_path / "a.dcm", transfer_syntax=uid.JPEG2000Lossless)
        with storescp(tmp_path / "in", "+xi") as (port, _):
            stored = store(peer(port), source)
        assert stored.transcoded
        (received,) = (tmp_path / "in").iterdir()
        before, after = pydicom.dcmread(source), pydicom.dcmread(received)
        assert after.SOPInstanceUID == before.SOPInstanceUID
        assert np.array_equal(
            read_film_bytes(received.read_bytes()).pixels, read_film_bytes(source.read_bytes()).pixels
        )

    @needs_storescp
    def test_killed_amid_a_transfer_and_resumed(self, tmp_path: Path) -> None:
        console = Console(tmp_path / "data", send=lambda p, f, i: store(p, f, i))
        port = free_port()
        console.settings = replace(
            console.settings, undo_seconds=0.0, destinations=(Destination("PACS", "127.0.0.1", port, "PACS"),)
        )
        film = console.disposition.choose(console.film().id, Choice.SEND, "A")
        with storescp(tmp_path / "in", "--sleep-during", "30", port=port) as (_, process):
            console.delivery.start()
            eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.SENDING)
            time.sleep(0.3)
            process.kill()
            eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.WAITING)
        shutil.rmtree(tmp_path / "in")
        with storescp(tmp_path / "in", port=port):
            console.clock.forward(600)
            console.delivery.wake()
            eventually(lambda: console.get(film).state is ExposureState.SENT)
            (received,) = (tmp_path / "in").iterdir()
        assert content_digest(received.read_bytes()) == film.content_sha256
        console.close()

    @pytest.mark.skipif(shutil.which("echoscu") is None, reason="DCMTK is not installed (apt: dcmtk)")
    @needs_storescp
    def test_echo(self, tmp_path: Path) -> None:
        with storescp(tmp_path / "in") as (port, _):
            assert echo(peer(port)) > 0


class TestTransferSyntaxes:
    @pytest.mark.parametrize(
        "wanted", [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian], ids=lambda u: u.name
    )
    @pytest.mark.parametrize("given", ALL, ids=lambda u: u.name)
    def test_the_peer_gets_what_it_takes_and_the_values_stay(
        self, shelf: Shelf, tmp_path: Path, given: uid.UID, wanted: uid.UID
    ) -> None:
        source = make_film(tmp_path / "a.dcm", transfer_syntax=given)
        with scp(shelf, [wanted]) as port:
            stored = store(peer(port), source)
        assert stored.transcoded == (given != wanted)
        ((syntax, data),) = shelf.received
        assert syntax == wanted
        assert np.array_equal(pixels_of(data, syntax), read_film_bytes(source.read_bytes()).pixels)
        sent = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data), force=True)
        original = pydicom.dcmread(source)
        assert sent.SOPInstanceUID == original.SOPInstanceUID
        assert str(sent.PatientName) == str(original.PatientName)

    def test_the_original_is_preferred_to_something_plain(self, shelf: Shelf, tmp_path: Path) -> None:
        source = make_film(tmp_path / "a.dcm", transfer_syntax=uid.JPEGLSLossless)
        with scp(shelf, [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.JPEGLSLossless]) as port:
            assert not store(peer(port), source).transcoded
        ((_, data),) = shelf.received
        assert source.read_bytes().endswith(data)

    @pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian])
    def test_a_file_without_meta_is_sent(self, shelf: Shelf, tmp_path: Path, syntax: uid.UID) -> None:
        data = film_bytes(transfer_syntax=syntax)
        length = int.from_bytes(data[140:144], "little")
        (tmp_path / "bare.dcm").write_bytes(data[144 + length :])
        with scp(shelf) as port:
            store(peer(port), tmp_path / "bare.dcm")
        assert shelf.received == [(str(syntax), data[144 + length :])]

    def test_damaged_pixels_cannot_be_re_encoded(self, shelf: Shelf, tmp_path: Path) -> None:
        ds = film_dataset(transfer_syntax=uid.JPEG2000Lossless)
        ds.PixelData = ds.PixelData[:60] + bytes(len(ds.PixelData) - 60)
        ds.save_as(tmp_path / "a.dcm", enforce_file_format=True)
        with scp(shelf, [uid.ExplicitVRLittleEndian]) as port, pytest.raises(PeerFailed) as caught:
            store(peer(port), tmp_path / "a.dcm")
        assert (caught.value.code, caught.value.passing) == ("film_unusable", False)
        assert shelf.received == []

    def test_a_film_that_is_gone(self, tmp_path: Path) -> None:
        with pytest.raises(PeerFailed) as caught:
            store(peer(free_port()), tmp_path / "gone.dcm")
        assert caught.value.code == "film_unusable"


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
            self.fails("not_dicom", knock, peer(server.getsockname()[1]), None, HASTY)
            thread.join()

    def test_silence_after_the_connection(self, knock: Callable[..., object]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.fails("not_dicom", knock, peer(server.getsockname()[1]), None, HASTY)

    def test_silence_instead_of_a_connection(self, knock: Callable[..., object]) -> None:
        with deaf_port() as port:
            self.fails("no_answer", knock, peer(port), None, HASTY)

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
            store(peer(port), film, None, HASTY)
        assert (caught.value.code, caught.value.in_doubt, caught.value.peer_wide) == (
            "broken_off",
            True,
            False,
        )

    def test_a_peer_that_stops_reading(self, tmp_path: Path) -> None:
        big = make_film(tmp_path / "big.dcm", np.zeros((3000, 3000), np.uint16))
        with relay(limit=200_000) as (port, shelf_port), scp(Shelf(), port=shelf_port):
            start = time.monotonic()
            with pytest.raises(PeerFailed) as caught:
                store(peer(port), big, None, replace(HASTY, response=60.0))
            assert time.monotonic() - start < 30
        assert (caught.value.code, caught.value.in_doubt) == ("broken_off", True)


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue of connections is full: further ones get no answer at all."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(address)
        yield address[1]


@contextlib.contextmanager
def relay(limit: int) -> Iterator[tuple[int, int]]:
    """(port, target port): passes bytes both ways, but reads no more than `limit` from the sender."""
    target = free_port()
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            near, _ = server.accept()
            with near, socket.create_connection(("127.0.0.1", target)) as far:
                near.settimeout(0.05)
                far.settimeout(0.05)
                passed = 0
                while not done.is_set():
                    for source, sink in ((near, far), (far, near)):
                        if source is near and passed >= limit:
                            continue
                        with contextlib.suppress(TimeoutError):
                            data = source.recv(min(65536, limit))
                            if not data:
                                return
                            passed += len(data) if source is near else 0
                            sink.sendall(data)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield server.getsockname()[1], target
        finally:
            done.set()
            thread.join()


class TestInterrupt:
    """Whatever the connection hangs in, it ends at once when the program wants to close."""

    def interrupted(self, at: Peer, film: Path, after: float = 0.3) -> Interrupted:
        interrupt = Interrupt()
        timer = threading.Timer(after, interrupt.set)
        timer.start()
        start = time.monotonic()
        with pytest.raises(Interrupted) as caught:
            store(at, film, interrupt, Timeouts())
        assert time.monotonic() - start < 2.0 + after
        timer.join()
        return caught.value

    def test_while_connecting(self, tmp_path: Path) -> None:
        with deaf_port() as port:
            assert not self.interrupted(peer(port), make_film(tmp_path / "a.dcm")).in_doubt

    def test_while_associating(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert not self.interrupted(peer(server.getsockname()[1]), make_film(tmp_path / "a.dcm")).in_doubt

    def test_amid_the_transfer(self, tmp_path: Path) -> None:
        big = make_film(tmp_path / "big.dcm", np.zeros((3000, 3000), np.uint16))
        with relay(limit=200_000) as (port, target), scp(Shelf(), port=target):
            assert self.interrupted(peer(port), big, 1.0).in_doubt

    def test_while_waiting_for_the_response(self, tmp_path: Path, shelf: Shelf) -> None:
        shelf.hold.clear()
        with scp(shelf) as port:
            assert self.interrupted(peer(port), make_film(tmp_path / "a.dcm")).in_doubt

    def test_before_it_began(self, tmp_path: Path) -> None:
        interrupt = Interrupt()
        interrupt.set()
        with pytest.raises(Interrupted):
            store(peer(free_port()), make_film(tmp_path / "a.dcm"), interrupt)

    def test_the_service_stops_within_two_seconds(self, tmp_path: Path) -> None:
        with deaf_port() as deaf, socket.create_server(("127.0.0.1", 0)) as mute:
            console = Console(tmp_path / "data", send=lambda p, f, i: store(p, f, i))
            ports = {"deaf": deaf, "mute": mute.getsockname()[1]}
            console.settings = replace(
                console.settings,
                undo_seconds=0.0,
                destinations=tuple(Destination(n, "127.0.0.1", p, "PACS") for n, p in ports.items()),
            )
            film = console.disposition.choose(console.film().id, Choice.SEND, "A")
            console.delivery.start()
            eventually(lambda: all(d.state is DeliveryState.SENDING for d in console.get(film).deliveries))
            time.sleep(0.2)
            start = time.monotonic()
            console.delivery.stop()
            assert time.monotonic() - start < 2.0
            assert all(d.state is DeliveryState.WAITING for d in console.get(film).deliveries)
            assert console.get(film).can_undo
            console.close()


def test_many_films_leave_no_thread_and_no_socket(tmp_path: Path, shelf: Shelf) -> None:
    film = make_film(tmp_path / "a.dcm")
    with scp(shelf) as port:
        store(peer(port), film)
        handles = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
        for _ in range(20):
            store(peer(port), film)
        if handles:
            eventually(lambda: len(list(Path("/proc/self/fd").iterdir())) <= handles + 2)
    assert len(shelf.received) == 21


def test_a_data_set_of_another_class_than_its_meta(tmp_path: Path, shelf: Shelf) -> None:
    ds: Dataset = film_dataset(sop_class="CR")
    ds.file_meta.MediaStorageSOPClassUID = uid.UID(CR)
    ds.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    with scp(shelf) as port:
        store(peer(port), tmp_path / "a.dcm")
    assert len(shelf.received) == 1
