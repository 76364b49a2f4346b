"""TLS on both sides, against DCMTK's tools and our own; what does not fit is said in plain words."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.console import Console, eventually
from tests.support.dicom_maker import make_film
from tests.support.peers import ENDLESS, listens, mute_peer
from tests.support.ports import free_port
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import Interrupted, PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer, Timeouts
from workstation.dicom.network.store_scp import ListenerConfig, ReceivedObject, StoreScp, StoreStatus
from workstation.dicom.network.store_scu import store
from workstation.dicom.network.tls import TlsFiles, TlsFilesInvalid, client_context, server_context
from workstation.domain.decision import Choice
from workstation.domain.exposure import ExposureState
from workstation.services.certificates import certificate_warnings
from workstation.services.film_content import content_digest
from workstation.services.listening import ListeningService
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener

pytestmark = pytest.mark.usefixtures("no_thread_outlives_the_test")
needs_dcmtk = pytest.mark.skipif(
    shutil.which("storescp") is None, reason="DCMTK is not installed (apt: dcmtk)"
)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "hospital")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "stranger")


class Shelf:
    def __init__(self) -> None:
        self.objects: list[ReceivedObject] = []
        self.refusals: list[str] = []

    def store(self, received: ReceivedObject) -> StoreStatus:
        self.objects.append(received)
        return StoreStatus.SUCCESS


@contextlib.contextmanager
def listening(files: TlsFiles | None, shelf: Shelf | None = None, **changes: object) -> Iterator[StoreScp]:
    shelf = shelf or Shelf()
    tls = None if files is None else server_context(files)
    config = ListenerConfig(port=0, address="127.0.0.1", tls=tls, **changes)  # type: ignore[arg-type]
    with StoreScp(config, shelf.store, shelf.refusals.append) as scp:
        yield scp


def peer(port: int, files: TlsFiles | None, host: str = "127.0.0.1", tls_host: str = "") -> Peer:
    return Peer(host, port, "CXRWS", "CONSOLE", files, tls_host)


def failure(
    port: int, files: TlsFiles | None, timeouts: Timeouts = ENDLESS, tls_host: str = ""
) -> PeerFailed:
    with pytest.raises(PeerFailed) as caught:
        echo(peer(port, files, tls_host=tls_host), timeouts=timeouts)
    assert caught.value.passing, "the film waits until somebody mends it"
    return caught.value


@contextlib.contextmanager
def dcmtk_pacs(folder: Path, files: TlsFiles) -> Iterator[int]:
    folder.mkdir()
    port = free_port()
    command = ["storescp", "-od", str(folder), "-aet", "CXRWS", "+xa", "+B", "+tls", str(files.key)]
    command += [str(files.certificate), "+cf", str(files.authorities), "-rc", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: listens(port))
            yield port
        finally:
            process.kill()


def _dcmtk(tool: str, port: int, files: TlsFiles | None, *paths: Path) -> subprocess.CompletedProcess[str]:
    command = [tool, "-to", "5", "-aec", "CXRWS"]
    if files is not None:
        command += ["+tls", str(files.key), str(files.certificate), "+cf", str(files.authorities), "-rc"]
    command += ["127.0.0.1", str(port), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@needs_dcmtk
def test_a_film_goes_to_dcmtk_s_storescp_and_comes_from_storescu_byte_for_byte(
    hospital: Authority, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.dcm")
    with dcmtk_pacs(tmp_path / "pacs", hospital.files("pacs")) as port:
        assert echo(peer(port, hospital.files("console"))) > 0
        store(peer(port, hospital.files("console")), film)
    (kept,) = (tmp_path / "pacs").iterdir()
    assert content_digest(kept.read_bytes()) == content_digest(film.read_bytes())
    shelf = Shelf()
    with listening(hospital.files("listener"), shelf) as scp:
        assert _dcmtk("echoscu", scp.port, hospital.files("modality")).returncode == 0
        assert _dcmtk("storescu", scp.port, hospital.files("modality"), film).returncode == 0
    (received,) = shelf.objects
    assert content_digest(received.content) == content_digest(film.read_bytes())


@needs_dcmtk
def test_modalities_without_tls_or_with_foreign_certificates_stay_outside(
    hospital: Authority, stranger: Authority
) -> None:
    shelf = Shelf()
    with listening(hospital.files("listener"), shelf) as scp:
        assert _dcmtk("echoscu", scp.port, None).returncode != 0
        foreign = stranger.files("spy")
        assert _dcmtk("echoscu", scp.port, replace(foreign, authorities=hospital.certificate)).returncode != 0
        bare = TlsFiles(authorities=hospital.certificate)
        assert failure(scp.port, bare).code in ("tls_refused", "not_dicom")
        assert _dcmtk("echoscu", scp.port, hospital.files("modality")).returncode == 0
    assert {refusal.code for refusal in shelf.refusals} == {"in_tls"}
    without, spy, nobody = (refusal.message for refusal in shelf.refusals)
    assert "does not speak TLS" in without
    assert "certificate is not trusted" in spy
    assert "no certificate" in nobody


def test_what_is_wrong_with_the_peer_s_certificate_is_said(hospital: Authority, stranger: Authority) -> None:
    ours = hospital.files("console")
    with listening(replace(stranger.files("pacs"), authorities=hospital.certificate)) as scp:
        assert failure(scp.port, ours).code == "tls_untrusted"
    with listening(hospital.files("old", days=-1)) as scp:
        assert failure(scp.port, ours).code == "tls_expired"
    with listening(hospital.files("elsewhere", host="pacs.example")) as scp:
        assert failure(scp.port, ours).code == "tls_name"
        assert echo(peer(scp.port, ours, tls_host="pacs.example")) > 0
        for no_name in (".example", "pacs..example", 70 * "x"):
            assert failure(scp.port, ours, tls_host=no_name).code == "tls_name"
    with listening(hospital.files("pacs")) as scp:
        refused = failure(scp.port, replace(stranger.files("console"), authorities=hospital.certificate))
        assert refused.code == "tls_refused"
        assert failure(scp.port, replace(ours, key=Path("gone.key"))).code == "tls_files"


def test_a_peer_that_speaks_no_tls_is_named_so(hospital: Authority) -> None:
    with listening(None, idle_s=1.0) as scp:
        assert failure(scp.port, hospital.files("console")).code == "tls_absent"
    with listening(hospital.files("pacs"), idle_s=1.0) as scp:
        assert failure(scp.port, None).code == "not_dicom"
        assert "TLS" in failure(scp.port, None).remedy
    with mute_peer() as (port, _):
        hasty = replace(ENDLESS, connect=0.5)
        assert failure(port, hospital.files("console"), hasty).code == "tls_absent"


def test_a_peer_that_dawdles_over_its_handshake_holds_up_nobody(hospital: Authority) -> None:
    ours = hospital.files("console")
    with listening(hospital.files("listener"), idle_s=600.0) as scp, contextlib.ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", scp.port), timeout=10))
            for _ in range(3)
        ]
        assert echo(peer(scp.port, ours)) > 0
        for connection in slow:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)  # still open, still shaking hands


def test_a_peer_that_never_ends_its_handshake_is_closed_when_its_time_is_over(hospital: Authority) -> None:
    with (
        listening(hospital.files("listener"), idle_s=0.3) as scp,
        socket.create_connection(("127.0.0.1", scp.port), timeout=60) as connection,
    ):
        assert connection.recv(1) == b""


def test_a_peer_amid_its_handshake_does_not_hold_up_the_end(hospital: Authority) -> None:
    with listening(hospital.files("listener"), idle_s=600.0) as scp:
        refused: list[object] = []
        scp._server._on_refused = refused.append
        with socket.create_connection(("127.0.0.1", scp.port), timeout=10) as connection:
            eventually(lambda: bool(scp._server._shaking))
            begun = time.monotonic()
            scp.stop()
            assert time.monotonic() - begun < 10
            assert connection.recv(1) == b""
        eventually(lambda: not [t for t in threading.enumerate() if "process_request_thread" in t.name])
        assert refused == [], "the peer did nothing wrong"


def test_an_interrupt_ends_a_handshake(hospital: Authority) -> None:
    interrupt = Interrupt()
    with mute_peer() as (port, heard), contextlib.ExitStack() as stack:

        def stop() -> None:
            try:
                eventually(heard.is_set)
            finally:
                interrupt.set()

        thread = threading.Thread(target=stop)
        stack.callback(thread.join)
        thread.start()
        with pytest.raises(Interrupted):
            echo(peer(port, hospital.files("console")), interrupt, ENDLESS)
    assert heard.is_set()


def test_old_protocols_and_weak_ciphers_are_not_spoken(hospital: Authority) -> None:
    files = hospital.files("console")
    for context in (client_context(files), server_context(files)):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        names = [cipher["name"] for cipher in context.get_ciphers()]
        assert names
        assert all(n.startswith(("TLS_", "ECDHE-")) and ("GCM" in n or "CHACHA20" in n) for n in names)
    with listening(hospital.files("listener")) as scp:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(hospital.certificate)
        old.load_cert_chain(files.certificate, files.key)  # type: ignore[arg-type]
        old.set_ciphers("AES128-SHA:@SECLEVEL=0")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", scp.port)) as connection,
            pytest.raises(ssl.SSLError),
        ):
            old.wrap_socket(connection, server_hostname="127.0.0.1")


def test_the_queue_sends_through_tls_and_waits_while_the_files_are_wrong(
    hospital: Authority, tmp_path: Path
) -> None:
    files = hospital.files("console")
    shelf = Shelf()
    console = Console(tmp_path / "data", send=store)
    with listening(hospital.files("listener"), shelf) as scp:
        destination = Destination(
            "PACS",
            "127.0.0.1",
            scp.port,
            "CXRWS",
            tls=True,
            tls_certificate=str(files.certificate),
            tls_key=str(tmp_path / "later.key"),
            tls_authorities=str(files.authorities),
        )
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=(destination,))
        film = console.disposition.choose(console.film().id, Choice.SEND, "A")
        console.delivery.start()
        eventually(lambda: console.get(film).deliveries[0].last_error is not None)
        error = console.get(film).deliveries[0].last_error
        assert error is not None
        assert error.code == "tls_files"
        assert files.key is not None
        shutil.copy(files.key, tmp_path / "later.key")
        console.delivery.retry_now(console.get(film).deliveries[0].id, "A")
        eventually(lambda: console.get(film).state is ExposureState.SENT)
    assert len(shelf.objects) == 1
    console.close()


def test_a_listener_with_wrong_files_says_so_and_stops_nothing(hospital: Authority, tmp_path: Path) -> None:
    console = Console(tmp_path / "data")
    files = hospital.files("listener")
    wrong = Listener(
        enabled=True, port=free_port(), address="127.0.0.1", tls=True, tls_certificate=str(files.certificate)
    )
    console.settings = replace(console.settings, listener=wrong)
    service = ListeningService(console.folder, console.intake, lambda: console.settings)
    service.apply_settings()
    status = service.status()
    assert status is not None
    assert status.failure is not None
    assert (status.listening, status.failure.code) == (False, "tls_files")
    console.settings = replace(
        console.settings,
        listener=replace(wrong, tls_key=str(files.key), tls_authorities=str(files.authorities)),
    )
    service.apply_settings()
    status = service.status()
    assert status is not None
    assert status.listening
    assert echo(peer(wrong.port, hospital.files("modality"))) > 0
    service.stop()
    console.close()


def test_certificates_that_end_are_told_in_time(hospital: Authority, tmp_path: Path) -> None:
    soon, ended = hospital.sign("soon", days=20), hospital.sign("ended", days=-3)
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    base = Destination("PACS", "127.0.0.1", 1, "PACS", tls=True)
    settings = Settings(
        listener=Listener(enabled=True, tls=True, tls_certificate=str(soon.certificate)),
        destinations=tuple(
            replace(base, name=str(path), tls_certificate=str(path)) for path in (ended.certificate, broken)
        ),
    )
    now = datetime.now(UTC)
    words = [warning.message for warning in certificate_warnings(settings, now)]
    assert len(words) == 3
    assert "ended.pem ended on" in words[0]
    assert "broken.pem" in words[1]
    assert "soon.pem ends on" in words[2]
    assert len(certificate_warnings(settings, now - timedelta(days=40))) == 1, "only the broken one"
    with pytest.raises(TlsFilesInvalid):
        client_context(TlsFiles(authorities=broken))
