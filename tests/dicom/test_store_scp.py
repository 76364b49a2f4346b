"""The listener against peers we did not write: DCMTK's storescu and echoscu, and raw sockets."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom import uid
from pynetdicom import AE, AllStoragePresentationContexts, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
)

from tests.support.console import eventually
from tests.support.dicom_maker import make_film
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer
from workstation.dicom.network.server import AssociationRefused
from workstation.dicom.network.store_scp import (
    STORAGE_CLASSES,
    ListenerConfig,
    ListenerFailed,
    ReceivedObject,
    StoreScp,
    StoreStatus,
)
from workstation.services.data_folder import open_data_folder
from workstation.services.node import Node
from workstation.services.orders import OrderService
from workstation.settings.model import Settings
from workstation.settings.network import Listener

needs_dcmtk = pytest.mark.skipif(
    shutil.which("storescu") is None, reason="DCMTK is not installed (apt: dcmtk)"
)


class Shelf:
    """Keeps what came and answers as told."""

    def __init__(self) -> None:
        self.objects: list[ReceivedObject] = []
        self.refusals: list[AssociationRefused] = []
        self.answer = StoreStatus.SUCCESS

    def store(self, received: ReceivedObject) -> StoreStatus:
        self.objects.append(received)
        return self.answer


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def _listener(shelf: Shelf, **changes: object) -> StoreScp:
    config = ListenerConfig(port=0, address="127.0.0.1", **changes)  # type: ignore[arg-type]
    return StoreScp(config, shelf.store, shelf.refusals.append)


@pytest.fixture
def listener(shelf: Shelf) -> Iterator[StoreScp]:
    with _listener(shelf) as scp:
        yield scp


def _dcmtk(
    tool: str, scp: StoreScp, *arguments: str, called: str = "CXRWS"
) -> subprocess.CompletedProcess[str]:
    command = [tool, "-to", "10", "-aec", called, "-aet", "MODALITY", *arguments]
    target = command.index("-aet") + 2
    options = [a for a in arguments if not a.endswith(".dcm")]
    files = [a for a in arguments if a.endswith(".dcm")]
    command = [*command[:target], *options, "127.0.0.1", str(scp.port), *files]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@needs_dcmtk
@pytest.mark.parametrize(
    ("syntax", "option"),
    [
        (uid.ImplicitVRLittleEndian, "-xi"),
        (uid.ExplicitVRLittleEndian, "-xe"),
        (uid.ExplicitVRBigEndian, "-xb"),
        (uid.JPEGLosslessSV1, "-xs"),
        (uid.JPEG2000Lossless, "-xv"),
        (uid.JPEGLSLossless, "-xt"),
        (uid.RLELossless, "-xr"),
        (uid.DeflatedExplicitVRLittleEndian, "-xd"),
    ],
)
def test_a_film_arrives_in_its_own_transfer_syntax_byte_for_byte(
    listener: StoreScp, shelf: Shelf, tmp_path: Path, syntax: str, option: str
) -> None:
    path = tmp_path / "film.dcm"
    make_film(path, transfer_syntax=syntax)
    done = _dcmtk("storescu", listener, option, str(path))
    assert done.returncode == 0, done.stderr
    (received,) = shelf.objects
    sent = pydicom.dcmread(path)
    kept = tmp_path / "kept.dcm"
    kept.write_bytes(received.content)
    came = pydicom.dcmread(kept)
    assert came.file_meta.TransferSyntaxUID == syntax
    assert came.PixelData == sent.PixelData
    assert received.sop_instance_uid == sent.SOPInstanceUID
    assert received.calling_ae == "MODALITY"
    assert received.host == "127.0.0.1"


@needs_dcmtk
def test_echo_is_answered(listener: StoreScp) -> None:
    assert _dcmtk("echoscu", listener).returncode == 0


@needs_dcmtk
def test_the_callback_s_status_reaches_the_peer(listener: StoreScp, shelf: Shelf, tmp_path: Path) -> None:
    make_film(tmp_path / "film.dcm")
    shelf.answer = StoreStatus.OUT_OF_RESOURCES
    done = _dcmtk("storescu", listener, "-v", str(tmp_path / "film.dcm"))
    assert "OutOfResources" in done.stdout + done.stderr


@needs_dcmtk
def test_a_callback_that_fails_costs_nothing_but_a_failure_answer(tmp_path: Path) -> None:
    def broken(_: ReceivedObject) -> StoreStatus:
        raise RuntimeError("a mistake of ours")

    make_film(tmp_path / "film.dcm")
    with StoreScp(ListenerConfig(port=0, address="127.0.0.1"), broken) as scp:
        done = _dcmtk("storescu", scp, "-v", str(tmp_path / "film.dcm"))
        assert "CannotUnderstand" in done.stdout + done.stderr
        assert _dcmtk("echoscu", scp).returncode == 0


@needs_dcmtk
def test_wrong_called_title_unknown_caller_and_foreign_host_are_refused_and_said(shelf: Shelf) -> None:
    with _listener(shelf, allowed_ae_titles=("SOMEONE",)) as scp:
        assert _dcmtk("echoscu", scp, called="NOBODY").returncode != 0
        assert _dcmtk("echoscu", scp).returncode != 0
    with _listener(shelf, allowed_hosts=("192.0.2.0/24",)) as scp:
        assert _dcmtk("echoscu", scp).returncode != 0
    called, caller, host = shelf.refusals
    assert (called.code, caller.code, host.code) == ("in_called_ae", "in_calling_ae", "in_host")
    assert "'NOBODY'" in called.message
    assert "'MODALITY'" in caller.message
    assert "127.0.0.1" in host.message


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True):
            return True
    except (OSError, ValueError):
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 here, or no listening on both at once")
@pytest.mark.parametrize("allowed", ["127.0.0.0/8", "::ffff:127.0.0.0/104"])
def test_a_listener_on_both_internet_protocols_knows_ipv4_peers_by_their_address(
    shelf: Shelf, allowed: str
) -> None:
    with StoreScp(ListenerConfig(port=0, address="::", allowed_hosts=(allowed,)), shelf.store) as scp:
        assert echo(Peer("127.0.0.1", scp.port, "CXRWS", "MODALITY")) > 0


@pytest.mark.skipif(not _has_ipv6(), reason="no IPv6 here, or no listening on both at once")
def test_a_listener_on_both_internet_protocols_names_a_refused_ipv4_peer_by_its_address(shelf: Shelf) -> None:
    for changes in ({"allowed_hosts": ("192.0.2.0/24", "::1")}, {"ae_title": "OTHER"}):
        config = ListenerConfig(port=0, address="::", **changes)  # type: ignore[arg-type]
        with StoreScp(config, shelf.store, shelf.refusals.append) as scp, pytest.raises(PeerFailed):
            echo(Peer("127.0.0.1", scp.port, "CXRWS", "MODALITY"))
    assert [refusal.code for refusal in shelf.refusals] == ["in_host", "in_called_ae"]
    assert all(refusal.message.startswith("127.0.0.1 was refused") for refusal in shelf.refusals)


def test_an_unknown_sop_class_is_rejected_by_the_standard_and_said(shelf: Shelf) -> None:
    with _listener(shelf) as scp:
        entity = AE(ae_title="MODALITY")
        entity.add_requested_context(CTImageStorage)
        association = entity.associate("127.0.0.1", scp.port, ae_title="CXRWS")
        assert association.is_established is False or not association.accepted_contexts
        if association.is_established:
            association.release()
        eventually(lambda: bool(shelf.refusals))
        (said,) = shelf.refusals
        assert said.code == "in_class"
        assert "CT Image Storage" in said.message
        entity.add_requested_context(DigitalXRayImageStorageForPresentation)
        association = entity.associate("127.0.0.1", scp.port, ae_title="CXRWS")
        assert [c.abstract_syntax for c in association.accepted_contexts] == [
            DigitalXRayImageStorageForPresentation
        ]
        association.release()
    assert len(shelf.refusals) == 1, "one that also offers radiographs is welcome"


def test_of_an_offer_of_a_hundred_classes_a_few_are_named(shelf: Shelf) -> None:
    entity = AE(ae_title="MODALITY")
    others = [c for c in AllStoragePresentationContexts if c.abstract_syntax not in STORAGE_CLASSES]
    entity.requested_contexts = others[:100]
    with _listener(shelf) as scp:
        association = entity.associate("127.0.0.1", scp.port, ae_title="CXRWS")
        eventually(lambda: bool(shelf.refusals))
        if association.is_established:
            association.release()
    (said,) = shelf.refusals
    assert said.message.endswith(" and 95 more.")
    assert len(said.message) < 500, "the log and the page about connections are read by people"


def test_an_offer_that_is_no_uid_writes_no_line_of_its_own_into_the_log(shelf: Shelf) -> None:
    entity = AE("PEER")
    context = build_context("1.2.3")
    context._abstract_syntax = uid.UID("1.2\nERROR <b>forged</b>")
    with _listener(shelf) as scp:
        entity.associate("127.0.0.1", scp.port, [context], "CXRWS")
        eventually(lambda: bool(shelf.refusals))
    (said,) = shelf.refusals
    assert said.code == "in_class"
    assert "\n" not in said.message


def test_a_system_that_had_no_thread_to_give_shuts_nobody_out(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def starts(thread: threading.Thread) -> None:
        if "process_request_thread" in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    with _listener(shelf) as scp:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", starts)
            for _ in range(30):
                with socket.create_connection(("127.0.0.1", scp.port), timeout=10) as connection:
                    assert _closed(connection)
        peer = Peer("127.0.0.1", scp.port, scp.config.ae_title, "MODALITY")
        assert echo(peer) > 0
    assert shelf.refusals == []


def test_a_taken_port_and_a_wrong_allow_list_are_told_with_a_remedy(listener: StoreScp, shelf: Shelf) -> None:
    with pytest.raises(ListenerFailed) as taken:
        StoreScp(ListenerConfig(port=listener.port, address="127.0.0.1"), shelf.store).start()
    assert taken.value.code == "port_taken"
    with pytest.raises(ListenerFailed) as wrong:
        _listener(shelf, allowed_hosts=("not a host",)).start()
    assert wrong.value.code == "bad_allow_list"


@pytest.mark.parametrize(("address", "port"), [("192.168..5", 0), ("300.1.1.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_and_a_port_that_cannot_be_are_told(shelf: Shelf, address: str, port: int) -> None:
    with pytest.raises(ListenerFailed) as wrong:
        StoreScp(ListenerConfig(address=address, port=port), shelf.store).start()
    assert wrong.value.code == "no_address"


def test_a_mistyped_address_holds_up_no_other_part_of_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[OrderService] = []
    monkeypatch.setattr(OrderService, "start", lambda service: started.append(service))
    listener = Listener(enabled=True, address="192.168..5")
    with Node(open_data_folder(tmp_path), lambda: Settings(listener=listener), ()) as node:
        node.start()
        status = node.listening.status()
        assert started == [node.orders]
    assert status is not None
    assert status.failure is not None
    assert status.failure.code == "no_address"


def _closed(connection: socket.socket) -> bool:
    """True once the listener closes; a minute is for a busy machine, not for the listener."""
    connection.settimeout(60)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.parametrize(
    "first_bytes",
    [
        b"",
        b"\x01\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">BBL", 1, 0, 0xFFFFFFF0),
        struct.pack(">BBL", 1, 0, 200) + b"\x00" * 20,
        struct.pack(">BBL", 4, 0, 64) + b"\xff" * 64,
        bytes(range(256)) * 8,
    ],
    ids=["silent", "two-bytes", "http", "huge-pdu", "short-pdu", "data-first", "noise"],
)
@needs_dcmtk
def test_a_hostile_peer_is_closed_and_the_next_honest_one_is_served(shelf: Shelf, first_bytes: bytes) -> None:
    with _listener(shelf, idle_s=3.0) as scp:
        before = threading.active_count()
        with socket.create_connection(("127.0.0.1", scp.port), timeout=5) as connection:
            connection.sendall(first_bytes)
            assert _dcmtk("echoscu", scp).returncode == 0
            assert _closed(connection)
        eventually(lambda: threading.active_count() <= before)
    assert not shelf.objects
