"""Export: without a name unless asked for, and of the film that was on the stage when the export was asked for."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog, QFileDialog

from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Verdict
from workstation.domain.turn import Turn
from workstation.services.film import Film
from workstation.settings.model import Settings
from workstation.ui import exporting
from workstation.ui.export_dialog import ExportDialog
from workstation.ui.exporting import Seen


class Written:
    """Stands for the maker of pictures: remembers what it was given."""

    def __init__(self) -> None:
        self.film: Film | None = None
        self.verdict: Verdict | None = None
        self.look: dict[str, object] = {}

    def __call__(
        self, film: Film, verdict: Verdict | None, _advice: object, *_rest: object, **look: object
    ) -> bytes:
        self.film, self.verdict, self.look = film, verdict, look
        return b"picture"


def sent(desk: Desk, program: Program) -> Exposure:
    """A decided film on the stage: the next one to arrive takes the stage from it."""
    film = desk.arrive(program)
    desk.settled(program)
    program.window.view.panel.send()
    desk.settled(program)
    return film


def answer(monkeypatch: pytest.MonkeyPatch, desk: Desk, program: Program, target: Path) -> list[Exposure]:
    """Answer both dialogs; another film arrives while "Save as" is open."""
    arrived: list[Exposure] = []

    def save_as(*_rest: object) -> tuple[str, str]:
        arrived.append(desk.arrive(program))
        desk.settled(program)
        assert program.console.stage is not None
        assert program.console.stage.id == arrived[0].id
        program.window.view.stage.film.actions_.invert.trigger()
        return str(target), ""

    monkeypatch.setattr(ExportDialog, "exec", lambda _dialog: QDialog.DialogCode.Accepted)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", save_as)
    return arrived


def seen(program: Program) -> Seen:
    found = program.window.exporter.seen()
    assert found is not None
    return found


def test_the_exported_picture_is_a_png_without_a_name(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    target = desk.root / "picture.png"
    program.window.exporter.export_to(seen(program), target)
    assert not QImage(str(target)).isNull()
    assert list(desk.root.glob(".*part")) == []


def test_a_picture_shows_the_film_as_it_is_seen_and_its_name_is_told(desk: Desk) -> None:
    program = desk.open()
    menu = program.window.view.menus.actions_by_name["export"]
    assert not menu.isEnabled(), "there is no film yet"
    desk.arrive(program)
    desk.settled(program)
    assert menu.isEnabled()
    view = program.window.view.stage.film
    plain, turned = desk.root / "plain.png", desk.root / "turned.png"
    program.window.exporter.export_to(seen(program), plain)
    view.set_turn(Turn(1))
    assert seen(program).turn == Turn(1)
    program.window.exporter.export_to(seen(program), turned)
    desk.settled(program)
    assert not QImage(str(turned)).isNull()
    assert QImage(str(turned)) != QImage(str(plain))
    assert program.window.view.panel.strip.text.full_text() == "Saved: turned.png"
    program.window.view.panel.strip._forget_saved()
    assert program.window.view.panel.strip.text.full_text() == "Not decided yet"


def test_the_exported_film_is_dicom_without_a_name(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    target = desk.root / "copy.dcm"
    program.window.exporter.export_film(seen(program), target)
    copy = pydicom.dcmread(target)
    assert b"Phantom" not in target.read_bytes()
    assert copy.PatientIdentityRemoved == "YES"


def test_corners_are_blanked_in_pictures_too_unless_the_patient_is_named(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    dialog = ExportDialog(program.window, burned_in=True)
    assert (dialog.as_dicom, dialog.identified, dialog.blank_corners) == (False, False, True)
    dialog._box.setChecked(True)
    assert (dialog.identified, dialog.blank_corners, dialog._corners.isEnabled()) == (True, False, False)
    dialog._dicom.setChecked(True)
    assert (dialog.identified, dialog.blank_corners, dialog._corners.isEnabled()) == (False, True, True)
    dialog.deleteLater()
    plain, blank = desk.root / "plain.png", desk.root / "blank.png"
    program.window.exporter.export_to(seen(program), plain)
    program.window.exporter.export_to(seen(program), blank, blank_corners=True)
    assert not QImage(str(blank)).isNull()
    assert QImage(str(plain)) != QImage(str(blank))


@pytest.mark.parametrize(
    ("language", "tick"), [("en", "blank the four corners"), ("ru", "закрасить четыре угла")]
)
def test_burnt_in_text_that_was_not_blanked_is_refused_with_what_the_dialog_offers(
    desk: Desk, language: str, tick: str
) -> None:
    program = desk.open(Settings(language=language))
    desk.arrive(program, BurnedInAnnotation="YES")
    dialog = ExportDialog(program.window, burned_in=True)
    assert dialog._corners.text().startswith(tick)
    dialog.deleteLater()
    program.window.exporter.export_film(seen(program), desk.root / "copy.dcm")
    (told,) = program.window.view.problems.texts()
    assert tick in told
    program.window.exporter.export_to(seen(program), desk.root / "picture.png")
    assert program.window.view.problems.texts() == [told], "the picture is refused in the same words"


def test_export_that_fails_is_said(desk: Desk) -> None:
    program = desk.open()
    desk.arrive(program)
    program.window.exporter.export_to(seen(program), desk.root / "no such folder" / "picture.png")
    assert len(program.window.view.problems.texts()) == 1


def test_a_film_that_arrives_meanwhile_is_not_written_as_a_picture(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    film = sent(desk, program)
    target = desk.root / "picture.png"
    written = Written()
    monkeypatch.setattr(exporting.export, "annotated_png", written)
    answer(monkeypatch, desk, program, target)
    program.window.exporter.export()
    desk.settled(program)
    assert written.film is not None
    assert written.film.header.sop_instance_uid == film.header.sop_instance_uid
    known = program.console.get(film.id)
    assert known is not None
    assert written.verdict == known.verdict
    assert written.look["invert"] is False, "as it was seen when it was asked for"
    assert target.read_bytes() == b"picture"


def test_a_film_that_arrives_meanwhile_is_not_written_as_dicom(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    film = sent(desk, program)
    shown = program.window.view.stage.film.film
    assert shown is not None
    target = desk.root / "copy.dcm"
    answer(monkeypatch, desk, program, target)
    monkeypatch.setattr(ExportDialog, "as_dicom", property(lambda _dialog: True))
    program.window.exporter.export()
    desk.settled(program)
    copy = pydicom.dcmread(target)
    assert (copy.pixel_array == shown.film.pixels).all()
    assert film.header.sop_instance_uid.encode() not in target.read_bytes()


def test_a_film_that_is_not_stored_yet_is_exported_as_it_is_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = desk.open()
    target = desk.root / "picture.png"
    written = Written()
    monkeypatch.setattr(exporting.export, "annotated_png", written)
    monkeypatch.setattr(ExportDialog, "exec", lambda _dialog: QDialog.DialogCode.Accepted)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_rest: (str(target), ""))

    def first_pixels(_film: object) -> None:
        assert program.console.previewing
        program.window.exporter.export()

    program.console.film_shown.connect(first_pixels)
    film = desk.arrive(program)
    desk.settled(program)
    assert written.film is not None
    assert written.film.header.sop_instance_uid == film.header.sop_instance_uid
    assert written.verdict is None
