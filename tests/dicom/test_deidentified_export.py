"""An export of de-identified films: its files, their numbers, and what could not be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.support.dicom_maker import (
    chest_pixels,
    make_film,
)
from workstation.cli import export as cli_export
from workstation.cli import main
from workstation.dicom.deidentify import CORNERS
from workstation.services.deidentified import DeidentifiedExport
from workstation.services.export import annotated_png
from workstation.services.reading import read_film


def test_an_export_numbers_its_files_and_overwrites_none(tmp_path: Path) -> None:
    source = make_film(tmp_path / "Ivanov_1970.dcm")
    out = tmp_path / "out"
    first, second = DeidentifiedExport(out).add(source), DeidentifiedExport(out).add(source)
    assert (first.name, second.name) == ("CXR_0001.dcm", "CXR_0002.dcm")
    one, two = pydicom.dcmread(first), pydicom.dcmread(second)
    assert one.PatientID != two.PatientID  # exports cannot be joined


def test_the_command_writes_copies_and_tells_what_it_could_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    make_film(folder / "a.dcm", patient_name="Secret^Person")
    make_film(folder / "b.dcm", BurnedInAnnotation="YES")
    (folder / "c.dcm").write_bytes(b"no film")
    code = main(["export", str(folder), "--out", str(tmp_path / "out")], lambda *_: 0)
    told = capsys.readouterr()
    assert code == 2
    (made,) = (tmp_path / "out").iterdir()
    assert str(made) in told.out
    assert b"Secret" not in made.read_bytes()
    assert told.err.count("b.dcm") == 1
    assert "burnt-in" in told.err
    assert "--blank-corners" in told.err
    assert "c.dcm" in told.err
    again = [
        "export",
        str(folder / "b.dcm"),
        "--out",
        str(tmp_path / "out"),
        "--blank-corners",
        "--blank",
        "40,0,60,5",
    ]
    assert main(again, lambda *_: 0) == 0
    with pytest.raises(SystemExit):
        main([*again, "--blank", "1,2"], lambda *_: 0)


def test_pictures_and_films_of_one_export_share_their_number(tmp_path: Path) -> None:
    source = make_film(tmp_path / "film.dcm", chest_pixels(256, 256))
    out = tmp_path / "out"
    assert main(["export", str(source), "--out", str(out), "--format", "both"], lambda *_: 0) == 0
    assert sorted(p.name for p in out.iterdir()) == ["CXR_0001.dcm", "CXR_0001.png"]
    assert read_film(out / "CXR_0001.png").pixels.size


def test_one_film_that_the_program_fails_on_does_not_end_the_export(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = "Ivanova^Anna"
    for name in "abc":
        make_film(tmp_path / "films" / f"{name}.dcm")
    whole = DeidentifiedExport.add

    def failing(self: DeidentifiedExport, source: Path) -> Path:
        if source.name == "b.dcm":
            raise TypeError(f"{secret} is no number")
        return whole(self, source)

    monkeypatch.setattr(DeidentifiedExport, "add", failing)
    code = main(["export", str(tmp_path / "films"), "--out", str(tmp_path / "out")], lambda *_: 0)
    told = capsys.readouterr()
    assert code == 2
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["CXR_0001.dcm", "CXR_0002.dcm"]
    assert "b.dcm" in told.err
    assert "TypeError" in told.err
    assert "TypeError" in caplog.text
    assert secret not in told.err + told.out + caplog.text


def test_the_picture_of_an_export_is_blanked_like_its_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_film(tmp_path / "film.dcm", chest_pixels(256, 256), BurnedInAnnotation="YES")
    asked: list[Any] = []

    def spied(*films: Any, **options: Any) -> bytes:
        asked.append(options["blank"])
        return annotated_png(*films, **options)

    monkeypatch.setattr(cli_export, "annotated_png", spied)
    out = tmp_path / "out"
    arguments = ["export", str(source), "--out", str(out), "--format", "both", "--blank-corners"]
    assert main(arguments, lambda *_: 0) == 0
    assert sorted(p.name for p in out.iterdir()) == ["CXR_0001.dcm", "CXR_0001.png"]
    assert asked == [[*CORNERS]]
