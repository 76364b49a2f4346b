"""The worklist query against DCMTK's wlmscpfs: orders come back as they were written, and nothing else does."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid
from pynetdicom import AE, evt

from tests.support.console import START, Clock, eventually
from tests.support.ports import free_port
from workstation.cli import main
from workstation.cli import worklist as worklist_command
from workstation.dicom.network import worklist_scu
from workstation.dicom.network.errors import PeerFailed
from workstation.dicom.network.requestor import Peer, Timeouts
from workstation.dicom.network.worklist_scu import Query, find_orders
from workstation.domain.film import FilmHeader, PatientIdentity
from workstation.domain.order import Fit, Order, check_order
from workstation.services.orders import OrderService
from workstation.settings import file
from workstation.settings.model import Settings
from workstation.settings.network import WorklistPeer

needs_dcmtk = pytest.mark.skipif(
    shutil.which("wlmscpfs") is None, reason="DCMTK is not installed (apt: dcmtk)"
)
DAY = START.date()


def entry(
    name: str, number: str, accession: str, *, day: date = DAY, modality: str = "DX", asked: str = ""
) -> Dataset:
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.PatientName, made.PatientID, made.AccessionNumber = name, number, accession
    made.PatientBirthDate, made.PatientSex = "19700101", "M"
    made.StudyInstanceUID = generate_uid()
    made.RequestedProcedureID = "1"
    made.RequestedProcedureDescription = asked or "Chest"
    step = Dataset()
    step.ScheduledStationAETitle = "ROOM2"
    step.ScheduledProcedureStepStartDate = day.strftime("%Y%m%d")
    step.ScheduledProcedureStepStartTime = "103000"
    step.Modality = modality
    step.ScheduledPerformingPhysicianName = ""
    step.ScheduledProcedureStepDescription = asked or "Chest"
    step.ScheduledProcedureStepID = "S1"
    made.ScheduledProcedureStepSequence = [step]
    return made


@pytest.fixture
def worklist(tmp_path: Path) -> Iterator[Peer]:
    folder = tmp_path / "worklists" / "RIS"
    folder.mkdir(parents=True)
    (folder / "lockfile").touch()
    entries = [
        entry("Иванов^Иван", "P1", "A1", asked="Chest PA and lateral"),
        entry("Petrova^Anna", "P2", "A2"),
        entry("Old^Order", "P3", "A3", day=date(2026, 11, 22)),
        entry("Other^Modality", "P4", "A4", modality="CT"),
    ]
    for index, dataset in enumerate(entries):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = "1.2.276.0.7230010.3.1.0.1"
        dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / f"{index}.wl", enforce_file_format=True)
    port = free_port()
    process = subprocess.Popen(
        ["wlmscpfs", "-dfp", str(folder.parent), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < until
    yield Peer("127.0.0.1", port, "RIS", "CXRWS")
    process.kill()
    process.wait(10)


@needs_dcmtk
def test_todays_orders_of_the_modalities_come_back(worklist: Peer) -> None:
    orders = find_orders(worklist, Query(DAY, ("CR", "DX")))
    assert {(o.patient.name, o.patient.patient_id, o.accession_number) for o in orders} == {
        ("Иванов, Иван", "P1", "A1"),
        ("Petrova, Anna", "P2", "A2"),
    }
    first = next(o for o in orders if o.accession_number == "A1")
    assert first.scheduled_at == "2026-11-23T10:30:00"
    assert first.patient.birth_date == "1970-01-01"
    assert "lateral" in first.description
    assert {o.modality for o in find_orders(worklist, Query(DAY))} == {"DX", "CT"}
    assert find_orders(worklist, Query(DAY, ("DX",), "ELSEWHERE")) == ()


@needs_dcmtk
def test_a_wrong_title_and_a_closed_port_are_said(worklist: Peer) -> None:
    hasty = Timeouts(connect=5, associate=10, stall=10, response=10)
    with pytest.raises(PeerFailed) as wrong:
        find_orders(Peer("127.0.0.1", worklist.port, "NOBODY", "CXRWS"), Query(DAY), timeouts=hasty)
    assert wrong.value.code == "called_ae"
    with pytest.raises(PeerFailed) as closed:
        find_orders(Peer("127.0.0.1", free_port(), "RIS", "CXRWS"), Query(DAY), timeouts=hasty)
    assert closed.value.code == "refused"


@needs_dcmtk
def test_the_service_checks_films_and_outlives_a_dead_worklist(worklist: Peer) -> None:
    settings = Settings(
        worklist=WorklistPeer(enabled=True, host="127.0.0.1", port=worklist.port, called_ae="RIS")
    )
    heard: list[int] = []
    clock = Clock()
    service = OrderService(lambda: settings, clock, lambda: heard.append(1))
    service.start()
    eventually(lambda: bool(heard))
    service.stop()
    assert service.status.orders == 2
    film = FilmHeader(10, 10, accession_number="A1", patient=PatientIdentity("Иванов, Иван", "P1"))
    assert service.check(film).fit is Fit.FITS
    stranger = FilmHeader(10, 10, accession_number="A1", patient=PatientIdentity("Petrova, Anna", "P2"))
    assert service.check(stranger).fit is Fit.WRONG_PATIENT
    settings = Settings(
        worklist=WorklistPeer(enabled=True, host="127.0.0.1", port=free_port(), called_ae="RIS")
    )
    OrderService.ask(service)  # stopped, but not the object: its interrupt is spent
    service.start()
    eventually(lambda: service.status.error is not None)
    service.stop()
    assert service.check(film).fit is Fit.FITS  # what is known of today still serves
    clock.forward(24 * 3600)
    assert service.check(film).fit is Fit.UNKNOWN


@needs_dcmtk
def test_the_command_lists_todays_orders(
    worklist: Peer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.save(
        tmp_path / "settings.toml",
        Settings(worklist=WorklistPeer(enabled=True, host="127.0.0.1", port=worklist.port, called_ae="RIS")),
    )
    assert main(["worklist", "--data-dir", str(tmp_path), "--day", "2026-11-23"], lambda *_: 0) == 0
    told = capsys.readouterr().out
    assert "A1" in told
    assert "Иванов, Иван" in told
    assert "Old" not in told
    assert main(["worklist", "--data-dir", str(tmp_path), "--day", "2031-01-01"], lambda *_: 0) == 0
    assert tuple(capsys.readouterr()) == ("", "no orders on 2031-01-01\n")


def test_what_an_order_says_breaks_no_line_and_drives_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order = worklist_scu._order(entry("Iva\x1b[2Jnov^I", "1\x1b]0;x\x07", "A\n1", asked="Chest\r\tPA"))
    assert order is not None
    monkeypatch.setattr(worklist_command, "find_orders", lambda *_: (order,))
    file.save(tmp_path / "settings.toml", Settings(worklist=WorklistPeer(enabled=True, host="127.0.0.1")))
    assert main(["worklist", "--data-dir", str(tmp_path)], lambda *_: 0) == 0
    (line,) = capsys.readouterr().out.splitlines()
    cells = line.split("\t")
    assert cells[0] == "10:30"
    assert len(cells) == 4
    assert all(cell.isprintable() for cell in cells)


@pytest.mark.parametrize(("modality", "taken"), [("DX", 20), ("CT", 0)])
def test_answers_without_end_are_listened_to_for_so_long_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, modality: str, taken: int
) -> None:
    monkeypatch.setattr(worklist_scu, "MOST", 20)
    monkeypatch.setattr(worklist_scu, "MOST_ANSWERS", 50)
    told = []

    def answer(_: evt.Event) -> Iterator[tuple[int, Dataset]]:
        while True:
            told.append(1)
            yield 0xFF00, entry("Petrova^Anna", "P2", "A2", modality=modality)

    entity = AE("RIS")
    entity.add_supported_context("1.2.840.10008.5.1.4.31")
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        peer = Peer("127.0.0.1", server.server_address[1], "RIS", "CXRWS")
        orders = find_orders(peer, Query(DAY, ("DX",)))
    finally:
        server.shutdown()
    assert len(orders) == taken
    assert len(told) < 10_000
    assert "the rest is not taken" in caplog.text


@pytest.mark.parametrize("told", [None, "", "ISO_IR 6", "ISO_IR_192", "ISO 2022 IR 192"])
@pytest.mark.parametrize(
    ("name", "read"), [("Романов^Хасан", "Романов, Хасан"), ("Müller^Jörg", "Müller, Jörg")]
)
def test_orders_in_utf_8_are_read_as_that_also_where_the_character_set_is_missing_or_misspelt(
    told: str | None, name: str, read: str
) -> None:
    def answer(_: evt.Event) -> Iterator[tuple[int, Dataset]]:
        made = entry(name, "P1", "A1", asked="Прямая проекция")
        for dataset in (made, made.ScheduledProcedureStepSequence[0]):
            for element in dataset:
                if element.VR in ("PN", "LO"):  # its bytes, whatever the character set
                    dataset[element.tag] = DataElement(element.tag, "UN", str(element.value).encode())
        del made.SpecificCharacterSet
        if told is not None:
            made.add_new("SpecificCharacterSet", "UN", told.encode())
        yield 0xFF00, made

    entity = AE("RIS")
    entity.add_supported_context("1.2.840.10008.5.1.4.31", ImplicitVRLittleEndian)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        (order,) = find_orders(Peer("127.0.0.1", server.server_address[1], "RIS", "CXRWS"), Query(DAY))
    finally:
        server.shutdown()
    assert order.patient.name == read
    assert order.description == "Прямая проекция"
    film = FilmHeader(10, 10, accession_number="A1", patient=PatientIdentity(read, "P1"))
    assert check_order(film, [order]).fit is Fit.FITS


def test_without_a_worklist_nothing_is_asked() -> None:
    def fail(*_: object) -> tuple[Order, ...]:
        raise AssertionError("asked")

    service = OrderService(Settings, Clock(), find=fail)
    service.ask()
    assert not service.status.enabled
    assert service.check(FilmHeader(1, 1, accession_number="A")).fit is Fit.UNKNOWN
