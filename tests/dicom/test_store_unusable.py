"""Films that cannot be brought into a form the peer takes: said as such, and nothing of them gets into the log."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from pydicom import uid
from pydicom.encaps import encapsulate, encapsulate_extended
from pynetdicom import AE, evt

from tests.support.console import Console, eventually
from tests.support.dicom_maker import DX, chest_pixels, encode_frame, film_dataset, make_film
from tests.support.odd_headers import odd_film
from workstation.dicom import codecs, parsing
from workstation.dicom.network import store_scu
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer
from workstation.dicom.network.store_scu import store
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.domain.unreadable import MAX_MEGAPIXELS
from workstation.settings.network import Destination

SECRET = "Ivanova^Anna"
_HEAD = b"\x18\x00\x28\x93"  # (0018,9328) Exposure Time in ms, FD: eight bytes a value


@contextlib.contextmanager
def plain_peer() -> Iterator[Peer]:
    """Takes Implicit VR Little Endian alone."""
    ae = AE("PACS")
    ae.add_supported_context(DX, uid.ImplicitVRLittleEndian)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, lambda _: 0)])
    assert server is not None
    try:
        yield Peer("127.0.0.1", server.server_address[1], "PACS", "CXRWS")
    finally:
        server.shutdown()


def misfit(path: Path) -> Path:
    """A JPEG 2000 film with a number of a length that no number has."""
    dataset = film_dataset(transfer_syntax=uid.JPEG2000Lossless)
    dataset.add_new(0x00189328, "LO", SECRET + " " * (len(SECRET) % 2))
    dataset.save_as(path, enforce_file_format=True)
    data = path.read_bytes()
    assert data.count(_HEAD + b"LO") == 1
    path.write_bytes(data.replace(_HEAD + b"LO", _HEAD + b"FD"))
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this platform")
def test_copies_that_a_killed_program_left_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    left, under_way = (tmp_path / "temporary" / f"cxr-send-{name}" for name in ("left", "now"))
    for folder in (left, under_way):
        make_film(folder / "film.dcm")
    days_ago = left.stat().st_mtime - 2 * 86400
    os.utime(left, (days_ago, days_ago))
    film = make_film(tmp_path / "film.dcm", transfer_syntax=uid.JPEG2000Lossless)
    with plain_peer() as peer:
        assert store(peer, film).transcoded
    assert sorted((tmp_path / "temporary").iterdir()) == [under_way]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.dcm")
    with plain_peer() as peer, pytest.raises(PeerFailed) as refused:
        store(peer, tmp_path / "film.dcm")
    assert refused.value.code == "film_unusable"


@pytest.mark.parametrize("original", [uid.ExplicitVRLittleEndian, DX])
@pytest.mark.parametrize("value", [f"1.2\\{SECRET}", SECRET])
def test_a_film_whose_syntax_or_class_is_no_uid_is_said_to_be_unusable(
    tmp_path: Path, original: str, value: str
) -> None:
    film = make_film(tmp_path / "film.dcm")
    # In the file meta and in the data set: a film whose meta alone is wrong goes under its own.
    length = len(original) + len(original) % 2
    before = original.encode().ljust(length, b"\0")
    data = film.read_bytes()
    assert before in data
    film.write_bytes(data.replace(before, value.encode().ljust(length, b"\0")))
    with plain_peer() as peer, pytest.raises(PeerFailed) as refused:
        store(peer, film)
    assert refused.value.code == "film_unusable"
    assert SECRET not in refused.value.message


@pytest.mark.parametrize("instance", [b"1.2." + b"3" * 66, b"1.2.3\\1.2.4 "])
def test_a_film_whose_own_uid_is_too_long_or_two_is_said_to_be_unusable(
    tmp_path: Path, instance: bytes
) -> None:
    whole = odd_film({"SOPInstanceUID": instance})
    after_meta = 144 + int.from_bytes(whole[140:144], "little")
    (tmp_path / "film.dcm").write_bytes(whole)
    (tmp_path / "bare.dcm").write_bytes(whole[after_meta:])
    for path in (tmp_path / "film.dcm", tmp_path / "bare.dcm"):
        with plain_peer() as peer, pytest.raises(PeerFailed) as refused:
            store(peer, path)
        assert (refused.value.code, refused.value.passing) == ("film_unusable", False)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Transfer syntax of each frame that a decoder was given."""
    syntaxes: list[str] = []
    decode = codecs.decode
    monkeypatch.setattr(codecs, "decode", lambda *given: syntaxes.append(str(given[1])) or decode(*given))
    return syntaxes


def overstated(path: Path, *, header_too: bool = False) -> Path:
    """A small JPEG 2000 film whose codestream claims 65000 x 65000 pixels; the header too where asked."""
    claimed = {"Rows": 65000, "Columns": 65000} if header_too else {}
    make_film(path, transfer_syntax=uid.JPEG2000Lossless, **claimed)
    data = path.read_bytes()
    at = data.index(b"\xff\x4f\xff\x51", data.index(b"\xe0\x7f\x10\x00")) + 8
    path.write_bytes(data[:at] + struct.pack(">LL", 65000, 65000) + data[at + 8 :])
    return path


@pytest.mark.parametrize("header_too", [False, True])
def test_a_frame_of_a_claimed_size_is_refused_before_it_is_decoded(
    tmp_path: Path, decoded: list[str], header_too: bool
) -> None:
    film = overstated(tmp_path / "a.dcm", header_too=header_too)
    before = film.read_bytes()
    with plain_peer() as peer, pytest.raises(PeerFailed) as caught:
        store(peer, film)
    assert (caught.value.code, caught.value.passing, caught.value.peer_wide) == (
        "film_unusable",
        False,
        False,
    )
    assert f"not as its header says, or larger than {MAX_MEGAPIXELS} megapixels" in caught.value.message
    assert caught.value.remedy
    assert decoded == []
    assert film.read_bytes() == before


def test_frames_that_are_too_large_together_are_refused(
    tmp_path: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codecs, "MAX_MEGAPIXELS", 0.025)  # three frames of `chest_pixels`, not four
    frame = encode_frame(chest_pixels(), uid.JPEG2000Lossless, 12)
    film = film_dataset(transfer_syntax=uid.JPEG2000Lossless, PixelData=encapsulate([frame]))
    # One frame in the file, which its table names five times.
    _, offsets, lengths = encapsulate_extended([frame])
    film.ExtendedOffsetTable, film.ExtendedOffsetTableLengths = offsets * 5, lengths * 5
    film.PixelData = encapsulate([frame], has_bot=False)
    film.NumberOfFrames = 5
    film.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    with plain_peer() as peer, pytest.raises(PeerFailed) as caught:
        store(peer, tmp_path / "a.dcm")
    assert caught.value.code == "film_unusable"
    assert "megapixels" in caught.value.message
    assert len(decoded) == 3


@pytest.mark.parametrize("meta", ["whole", "without its instance"])
def test_a_deflated_data_set_that_never_ends_is_not_unpacked_for_a_peer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meta: str
) -> None:
    monkeypatch.setattr(parsing, "_MAX_INFLATED", 1 << 20)  # the true limit would take seconds
    film = make_film(tmp_path / "a.dcm", transfer_syntax=uid.DeflatedExplicitVRLittleEndian)
    whole = film.read_bytes()
    data = whole.replace(b"\x02\x00\x03\x00UI", b"\x02\x00\x04\x00UI") if meta != "whole" else whole
    start = 132 + 12 + struct.unpack_from("<L", whole, 140)[0]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    film.write_bytes(data[:start] + packer.compress(bytes(3 << 20)) + packer.flush())
    unpacked: list[Path] = []
    monkeypatch.setattr(store_scu, "dcmread", lambda path, **_: unpacked.append(path))
    with plain_peer() as peer, pytest.raises(PeerFailed) as caught:
        store(peer, film)
    assert (caught.value.code, caught.value.passing) == ("film_unusable", False)
    assert "megapixels" in caught.value.message
    assert unpacked == []


def test_the_other_films_are_sent_and_nothing_is_lost(tmp_path: Path, decoded: list[str]) -> None:
    console = Console(tmp_path / "data", send=store)
    with plain_peer() as peer:
        destination = Destination("PACS", peer.host, peer.port, "PACS")
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=(destination,))
        bad = console.intake.take(overstated(tmp_path / "a.dcm"))
        good = console.film(transfer_syntax=uid.JPEG2000Lossless)
        for film in (bad, good):
            console.disposition.choose(film.id, Choice.SEND, "A")
        console.delivery.start()
        eventually(lambda: console.get(good).deliveries[0].state is DeliveryState.SENT)
        (failed,) = console.get(bad).deliveries
        console.close()
    assert failed.state is DeliveryState.FAILED
    assert failed.last_error is not None
    assert failed.last_error.code == "film_unusable"
    assert Path(bad.stored_path).exists()
    assert decoded == [uid.JPEG2000Lossless]


def test_a_film_that_cannot_be_re_encoded_is_said_to_be_unusable(tmp_path: Path) -> None:
    with plain_peer() as peer, pytest.raises(PeerFailed) as caught:
        store(peer, misfit(tmp_path / "a.dcm"))
    assert (caught.value.code, caught.value.passing) == ("film_unusable", False)
    assert SECRET not in str(caught.value)


def test_the_delivery_ends_with_a_remedy_and_the_log_is_silent_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    console = Console(tmp_path / "data", send=store)
    with plain_peer() as peer:
        destination = Destination("PACS", peer.host, peer.port, "PACS")
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=(destination,))
        film = console.intake.take(misfit(tmp_path / "a.dcm"))
        console.disposition.choose(film.id, Choice.SEND, "A")
        console.delivery.start()
        eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.FAILED)
        error = console.get(film).deliveries[0].last_error
        console.close()
    assert error is not None
    assert error.code == "film_unusable"
    assert SECRET not in caplog.text
    assert "mistake of the program" not in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x03\x00abc" + b"\x02\x00\x10\x00UI\xff\xff1.2",
        b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00\xff\xff\xff\x7f",
        b"\xff" * 400,
        b"",
    ],
    ids=["meta of a wrong length", "meta without an end", "noise", "empty"],
)
def test_a_header_that_cannot_be_read_is_said_to_be_unusable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(PeerFailed) as caught:
        store(Peer("127.0.0.1", 1, "PACS", "CXRWS"), path)
    assert (caught.value.code, caught.value.passing) == ("film_unusable", False)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left"),
        (MemoryError(), "not enough memory"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found"), "No such file"),
    ],
    ids=["a full disk", "no memory", "no temporary folder"],
)
def test_a_film_that_this_computer_cannot_re_encode_now_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    console = Console(tmp_path / "data", send=store)
    writes = store_scu.dcmwrite
    monkeypatch.setattr(store_scu, "dcmwrite", Mock(side_effect=error))
    with plain_peer() as peer:
        destination = Destination("PACS", peer.host, peer.port, "PACS")
        console.settings = replace(console.settings, undo_seconds=0.0, destinations=(destination,))
        film = console.film(transfer_syntax=uid.JPEG2000Lossless)
        console.disposition.choose(film.id, Choice.SEND, "A")
        console.delivery.start()
        eventually(lambda: console.get(film).deliveries[0].last_error is not None)
        (waiting,) = console.get(film).deliveries
        assert waiting.state is DeliveryState.WAITING
        assert waiting.last_error is not None
        assert told in waiting.last_error.message
        monkeypatch.setattr(store_scu, "dcmwrite", writes)
        console.clock.forward(3600)
        console.delivery.wake()
        eventually(lambda: console.get(film).deliveries[0].state is DeliveryState.SENT)
        console.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full on this platform")
def test_a_full_disk_is_known_through_what_pydicom_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(tmp_path / "a.dcm", transfer_syntax=uid.JPEG2000Lossless)
    writes = store_scu.dcmwrite
    monkeypatch.setattr(
        store_scu, "dcmwrite", lambda _, *given, **options: writes("/dev/full", *given, **options)
    )
    with plain_peer() as peer, pytest.raises(PeerFailed) as caught:
        store(peer, film)
    assert (caught.value.code, caught.value.passing) == ("film_not_ready", True)


def test_a_film_on_a_share_that_fails_is_tried_again_and_one_that_is_gone_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make_film(tmp_path / "a.dcm")
    nobody = Peer("127.0.0.1", 1, "PACS", "CXRWS")
    with pytest.raises(PeerFailed) as caught:
        store(nobody, tmp_path / "gone.dcm")
    assert (caught.value.code, caught.value.passing) == ("film_unusable", False)
    stale = OSError(errno.EIO, "Input/output error")
    monkeypatch.setattr(store_scu, "read_file_meta_info", Mock(side_effect=stale))
    with pytest.raises(PeerFailed) as caught:
        store(nobody, film)
    assert (caught.value.code, caught.value.passing) == ("film_not_ready", True)
