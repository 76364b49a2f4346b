"""Everything this console writes, judged by programs that we did not write: dciodvfy, dsrdump and Orthanc."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from tests.support.console import START, WARNED
from tests.support.dicom_maker import chest_pixels, lut_item, make_film
from tests.support.orthanc import MISSING, PROGRAM, Orthanc
from tests.support.ports import free_port
from workstation.assets import resources_dir
from workstation.dicom.deidentify import Pseudonyms, deidentified
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.store_scu import store
from workstation.domain.decision import Choice, Decision
from workstation.domain.delivery import DeliveryKind
from workstation.domain.exposure import Exposure, ExposureState
from workstation.domain.turn import Turn
from workstation.imaging.lut import presentation_image
from workstation.services.derived_objects import DerivedObjects, Source
from workstation.services.reading import read_film
from workstation.services.reasons import load_reasons
from workstation.settings.model import Settings
from workstation.ui.viewer.film_layer import turned

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "dicom"
KINDS = (
    DeliveryKind.REJECT_NOTE,
    DeliveryKind.REPORT,
    DeliveryKind.SECONDARY_CAPTURE,
    DeliveryKind.PRESENTATION_STATE,
    DeliveryKind.TURN,
)
DEVICE = "2.25.1234567890"
NOTE = "Левый синус срезан; repeat done"


def films(folder: Path) -> dict[str, Path]:
    """Synthetic CR and DX, and the real films where they are at hand."""
    made = {
        name: make_film(
            folder / f"{name}.dcm",
            chest_pixels(200, 160),
            sop_class=name,
            SpecificCharacterSet="ISO_IR 144",
            patient_name="Иванов^Иван",
            PatientOrientation=["L", "F"],
            ReferringPhysicianName="",
            AccessionNumber="A1",
        )
        for name in ("CR", "DX")
    }
    for path in sorted(REAL.glob("*.dcm")) if REAL.is_dir() else []:
        made[path.stem] = path
    return made


def objects(path: Path) -> dict[DeliveryKind, Dataset]:
    made_at = START.isoformat()
    exposure = Exposure(
        id=1,
        header=read_film(path).header,
        source_name=path.name,
        stored_path=str(path),
        received_at=made_at,
        state=ExposureState.REJECTED,
        decision=Decision(Choice.RETAKE, "Иванова А.", made_at, "cut_off", NOTE, Turn(1, True)),
    )
    maker = DerivedObjects(resources_dir(), lambda: Settings(language="ru"), load_reasons(resources_dir()))
    return {kind: maker.make(kind, Source(exposure, (WARNED, made_at), DEVICE)) for kind in KINDS}


def as_bytes(document: Dataset) -> bytes:
    stream = BytesIO()
    document.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def errors(path: Path) -> list[str]:
    done = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, timeout=60, errors="replace"
    )
    return sorted({line for line in done.stderr.splitlines() if line.startswith("Error")})


def inherited(found: list[str], source: list[str]) -> list[str]:
    """What is wrong with an object that is not already wrong with its film (patient and study are copied)."""
    return [line for line in found if line not in source]


@pytest.fixture(scope="module", params=["CR", "DX", *(sorted(p.stem for p in REAL.glob("*.dcm")))])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return films(tmp_path_factory.mktemp("films"))[request.param]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_dciodvfy_finds_no_error_that_the_film_did_not_bring(film: Path, tmp_path: Path) -> None:
    of_film = errors(film)
    for kind, document in objects(film).items():
        path = tmp_path / f"{kind}.dcm"
        path.write_bytes(as_bytes(document))
        assert inherited(errors(path), of_film) == [], kind
    shown = read_film(film)
    if shown.header.burned_in_annotation != "YES":
        copy = deidentified(shown.header, shown.pixels, Pseudonyms(b"sixteen bytes or more"))
        path = tmp_path / "copy.dcm"
        path.write_bytes(as_bytes(copy))
        assert inherited(errors(path), of_film) == []


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="DCMTK is not installed (apt: dcmtk)")
@pytest.mark.parametrize("kind", [DeliveryKind.REJECT_NOTE, DeliveryKind.REPORT])
def test_dsrdump_reads_note_and_report(film: Path, tmp_path: Path, kind: DeliveryKind) -> None:
    path = tmp_path / "document.dcm"
    path.write_bytes(as_bytes(objects(film)[kind]))
    done = subprocess.run(["dsrdump", "+Pl", "+Pc", str(path)], capture_output=True, timeout=60, check=True)
    assert b"E:" not in done.stderr
    told = done.stdout.decode("utf-8")
    if kind is DeliveryKind.REJECT_NOTE:
        assert NOTE in told
        assert '(113001,DCM,"Rejected for Quality Reasons")' in told
    else:
        assert "(CROP,99CXRWS" in told
        assert "(WARN,99CXRWS" in told


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    if PROGRAM is None:
        pytest.skip(MISSING)
    made = Orthanc(tmp_path_factory.mktemp("orthanc"), free_port())
    made.start()
    yield made
    made.kill()


def test_orthanc_gives_every_object_back_field_by_field(film: Path, pacs: Orthanc, tmp_path: Path) -> None:
    peer = Peer("127.0.0.1", pacs.port, "ORTHANC", "CXRWS")
    sent = objects(film)
    for kind, document in sent.items():
        path = tmp_path / f"{kind}.dcm"
        path.write_bytes(as_bytes(document))
        store(peer, path, Interrupt())
    held = pacs.instances()
    evidence = pydicom.dcmread(film, stop_before_pixels=True)
    for kind, document in sent.items():
        held_as = held[str(document.SOPInstanceUID)]
        back = pydicom.dcmread(BytesIO(pacs.file(held_as)))
        assert back.file_meta.MediaStorageSOPClassUID == document.SOPClassUID
        written = pydicom.dcmread(tmp_path / f"{kind}.dcm")
        assert set(back.keys()) == set(written.keys()), kind
        for element in written:
            assert back[element.tag] == element, (kind, element.tag)
        assert back.StudyInstanceUID == evidence.StudyInstanceUID
        pacs.delete(f"/instances/{held_as}")  # the same film comes in several transfer syntaxes
        assert str(back.PatientID) == str(evidence.get("PatientID") or "")


_GREYSCALES: dict[str, dict[str, Any]] = {
    "window": {"windows": [(1800, 2500)]},
    "exact window": {"windows": [(1800, 2500)], "voi_function": "LINEAR_EXACT"},
    "no window": {},
    "rescale": {"rescale": (-1, 4095), "windows": [(1000, 1500)]},
    "modality LUT": {
        "modality_lut": lut_item(0, [v * v // 4096 for v in range(4096)]),
        "windows": [(900, 2000)],
    },
    "VOI LUT": {"voi_lut": [lut_item(500, [v * v // 3000 for v in range(3000)], 12)]},
    "signed": {"signed": True, "windows": [(-200, 1700)]},
    "signed VOI LUT": {"signed": True, "voi_lut": [lut_item(-1500, list(range(1024)), 10)]},
}


@pytest.mark.skipif(shutil.which("dcmp2pgm") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("greyscale", _GREYSCALES)
def test_who_follows_the_turn_sees_the_film_as_this_console_shows_it(
    tmp_path: Path, greyscale: str, photometric: str
) -> None:
    source = make_film(tmp_path / "film.dcm", photometric=photometric, **deepcopy(_GREYSCALES[greyscale]))
    state, picture = tmp_path / "state.dcm", tmp_path / "seen.pgm"
    objects(source)[DeliveryKind.TURN].save_as(state, enforce_file_format=True)
    subprocess.run(["dcmp2pgm", "-p", str(state), str(source), str(picture)], check=True, timeout=60)
    film = read_film(source)
    here = turned(presentation_image(film.header.greyscale, film.pixels), Turn(1, True))
    there = np.asarray(Image.open(picture))
    assert there.shape == here.shape
    assert np.abs(there.astype(int) - here.astype(int)).max() <= 2
