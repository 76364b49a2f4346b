"""Sending to peers we did not write (DCMTK) and to pynetdicom's SCP, in every transfer syntax."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info

from tests.support.console import Console, eventually
from tests.support.dicom_maker import CR, film_bytes, film_dataset, make_film
from tests.support.odd_headers import odd_film
from tests.support.peers import (
    ALL,
    ENDLESS,
    Shelf,
    free_port,
    needs_storescp,
    peer,
    scp,
    storescp,
    storescp_log,
)
from workstation.dicom import codecs
from workstation.dicom.network.echo import echo
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.store_scu import store
from workstation.domain.decision import Choice
from workstation.domain.delivery import DeliveryState
from workstation.domain.exposure import ExposureState
from workstation.services.film_content import content_digest
from workstation.services.reading import read_film_bytes
from workstation.settings.network import Destination

pytestmark = pytest.mark.usefixtures("no_thread_outlives_the_test")


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
    @pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.JPEG2000Lossless])
    def test_storescp_takes_a_film_whose_file_meta_is_another_s(
        self, tmp_path: Path, syntax: uid.UID
    ) -> None:
        source = make_film(tmp_path / "a.dcm", transfer_syntax=syntax)
        film = pydicom.dcmread(source)
        film.file_meta.MediaStorageSOPInstanceUID = uid.generate_uid()
        film.file_meta.MediaStorageSOPClassUID = CR
        film.save_as(source, enforce_file_format=False)
        with storescp(tmp_path / "in", "-B") as (port, _):  # looks into what it gets
            stored = store(peer(port), source)
        assert (stored.status, stored.transfer_syntax, stored.transcoded) == (0, str(syntax), False)
        (received,) = (tmp_path / "in").iterdir()
        kept = pydicom.dcmread(received)
        assert (kept.SOPInstanceUID, kept.PixelData) == (film.SOPInstanceUID, film.PixelData)

    @needs_storescp
    @pytest.mark.parametrize("takes", ["-B", "+xi"])
    @pytest.mark.parametrize(
        ("told", "implicit"),
        [
            (uid.ExplicitVRLittleEndian, True),
            (uid.ImplicitVRLittleEndian, False),
            (uid.JPEG2000Lossless, True),
        ],
    )
    def test_storescp_can_read_a_film_that_is_not_encoded_as_its_file_meta_says(
        self, tmp_path: Path, told: uid.UID, implicit: bool, takes: str
    ) -> None:
        inner = Dataset()
        inner.CodeValue, inner.CodingSchemeDesignator, inner.CodeMeaning = "399067008", "SCT", "lateral"
        film = film_dataset(transfer_syntax=told, ViewCodeSequence=[inner])
        with DicomBytesIO() as head, DicomBytesIO() as rest:
            head.write(bytes(128) + b"DICM")
            write_file_meta_info(head, film.file_meta)
            rest.is_little_endian, rest.is_implicit_VR = True, implicit
            write_dataset(rest, film)
            (tmp_path / "a.dcm").write_bytes(head.getvalue() + rest.getvalue())
        with storescp(tmp_path / "in", takes) as (port, _):
            assert store(peer(port), tmp_path / "a.dcm").status == 0
        (received,) = (tmp_path / "in").iterdir()
        told_back = pydicom.dcmread(received)
        raw = told_back.get_item("PatientName")
        assert raw.is_implicit_VR == told_back.file_meta.TransferSyntaxUID.is_implicit_VR
        assert told_back.ViewCodeSequence[0].CodeMeaning == "lateral"
        assert np.array_equal(
            read_film_bytes(received.read_bytes()).pixels,
            read_film_bytes((tmp_path / "a.dcm").read_bytes()).pixels,
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
            eventually(lambda: "Received Store Request" in storescp_log(tmp_path / "in").read_text())
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

    def test_a_name_that_is_not_in_the_character_set_it_is_said_to_be_in_stays_as_it_is(
        self, shelf: Shelf, tmp_path: Path
    ) -> None:
        name = "Романов^Хасан".encode("cp1251")
        request = Dataset()
        request.RequestedProcedureDescription = "Грудь "
        request.SpecificCharacterSet = "WINDOWS-1251"
        texts = {"SpecificCharacterSet": b"ISO_IR 192", "PatientName": name, "StudyDescription": name}
        for syntax in (uid.ExplicitVRLittleEndian, uid.JPEG2000Lossless):
            data = odd_film(texts, transfer_syntax=syntax, RequestAttributesSequence=[request])
            (tmp_path / "a.dcm").write_bytes(data.replace(b"WINDOWS-1251", b"ISO_IR 192  "))
            with scp(shelf, [uid.ImplicitVRLittleEndian]) as port:
                assert store(peer(port), tmp_path / "a.dcm").transcoded
            ((_, sent),) = shelf.received
            shelf.received.clear()
            assert sent.count(name) == 2
            assert sent.count("Грудь ".encode("cp1251")) == 1

    def test_a_film_may_take_its_time_to_be_decoded(
        self, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = make_film(tmp_path / "a.dcm", transfer_syntax=uid.JPEG2000Lossless)
        decode = codecs.decode
        monkeypatch.setattr(codecs, "decode", lambda *given: time.sleep(1) or decode(*given))
        with scp(shelf, [uid.ImplicitVRLittleEndian]) as port:
            assert store(peer(port), source, timeouts=replace(ENDLESS, stall=0.2)).transcoded

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
