"""Presentation states: what is drawn, turned and shuttered, written, read back, and rendered by DCMTK."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.dicom.evidence_films import (
    DEVICE,
    SHOWN,
    SHUTTERS,
    evidence_film,
    example_verdict,
    with_overlay,
)
from tests.dicom.test_shutter import CIRCLE, RECTANGLE
from tests.support.dicom_maker import film_dataset, make_film
from workstation.dicom.evidence import read_evidence
from workstation.dicom.presentation_state import presentation_state, turned_state
from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.findings import (
    CropFinding,
    ProjectionFinding,
    RotationFinding,
    State,
    Verdict,
)
from workstation.domain.projection import Projection
from workstation.domain.turn import Turn


def test_the_presentation_state_draws_outline_edges_and_words_on_its_film(tmp_path: Path) -> None:
    film = evidence_film()
    outline = (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),)
    verdict = Verdict(
        ProjectionFinding(Projection.FRONTAL, State.PASS, 0.01),
        (CropFinding(State.WARN, 0.9, 0.7, edges=(Edge.BOTTOM,), lung_outline=outline),),
        "cxr-cascade@1",
    )
    words = ["Левый рёберно-диафрагмальный синус срезан.", "Move the detector down."]
    state = presentation_state(
        film, SHOWN, verdict, words, made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    path = tmp_path / "state.dcm"
    state.save_as(path, enforce_file_format=True)
    read = pydicom.dcmread(path)
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.1"
    referenced = read.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert referenced.ReferencedSOPInstanceUID == film.SOPInstanceUID
    annotation = read.GraphicAnnotationSequence[0]
    assert [t.UnformattedTextValue for t in annotation.TextObjectSequence] == words
    triangle, edge = (np.reshape(g.GraphicData, (-1, 2)) for g in annotation.GraphicObjectSequence)
    # C.10.5: PIXEL units run from the outer corner of the first pixel, 0 0, to that of the last, Columns Rows.
    rows, columns = film.Rows, film.Columns
    assert triangle.tolist() == [[0, 0], [columns, 0], [columns, rows], [0, 0]]
    assert edge.tolist() == [[0, rows], [columns, rows]]


def test_the_presentation_state_draws_cut_edges_at_the_blades() -> None:
    film = evidence_film()
    crop = CropFinding(State.WARN, 0.9, 0.7, edges=(Edge.BOTTOM, Edge.RIGHT))
    verdict = Verdict(ProjectionFinding(Projection.FRONTAL, State.PASS, 0.01), (crop,), "cxr-cascade@1")
    verdict = verdict.found_within(CollimatedField(0.25, 0.0, 1.0, 0.5))
    state = presentation_state(
        film, SHOWN, verdict, [], made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    drawn = state.GraphicAnnotationSequence[0].GraphicObjectSequence
    bottom, right = (np.reshape(g.GraphicData, (-1, 2)).tolist() for g in drawn)
    rows, columns = film.Rows, film.Columns
    assert bottom == [[columns / 4, rows / 2], [columns, rows / 2]]
    assert right == [[columns, 0], [columns, rows / 2]]


@pytest.mark.parametrize("state", list(State))
def test_ribs_are_drawn_where_the_rotation_is_not_right_and_never_off_the_film(state: State) -> None:
    film = evidence_film()
    contours = (((0.5, 0.25), (1.2, 0.75)), ((0.25, -0.1), (0.5, 1.5)))
    rotation = RotationFinding(state, 0.9, 0.6, 0.4, 14.0, rib_contours=contours)
    verdict = Verdict(ProjectionFinding(Projection.LATERAL, State.PASS, 0.99), (rotation,), "cxr-cascade@1")
    made = presentation_state(
        film, SHOWN, verdict, [], made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    drawn = [
        np.reshape(g.GraphicData, (-1, 2)).tolist()
        for g in made.GraphicAnnotationSequence[0].get("GraphicObjectSequence", ())
    ]
    rows, columns = film.Rows, film.Columns
    ribs = [
        [[columns / 2, rows / 4], [columns, rows * 3 / 4]],
        [[columns / 4, 0], [columns / 2, rows]],
    ]
    assert drawn == (ribs if state in (State.WARN, State.UNSURE) else [])


@pytest.mark.parametrize(("photometric", "shape"), [("MONOCHROME1", "INVERSE"), ("MONOCHROME2", "IDENTITY")])
def test_presentation_states_keep_black_and_white_as_the_film_has_them(
    tmp_path: Path, photometric: str, shape: str
) -> None:
    source = tmp_path / "film.dcm"
    ramp = np.linspace(0, 4095, 48 * 64).reshape(48, 64).astype(np.uint16)
    make_film(source, ramp, photometric=photometric, windows=[(2048, 4096)])
    film, shown = read_evidence(source), replace(SHOWN, photometric=photometric)
    at = "2026-11-23T10:00:00+03:00"
    states = (
        turned_state(film, shown, Turn(0, False), made_at=at, device_uid=DEVICE),
        presentation_state(
            film, shown, replace(example_verdict(), findings=()), ["."], made_at=at, device_uid=DEVICE
        ),
    )
    for state in states:
        assert state.PresentationLUTShape == shape
    if not shutil.which("dcmp2pgm"):
        return
    plain = _rendered(source, tmp_path, None)
    assert (plain[0, 0] > plain[-1, -1]) == (photometric == "MONOCHROME1")
    for state in states:
        state.save_as(tmp_path / "state.dcm", enforce_file_format=True)
        shown = _rendered(source, tmp_path, tmp_path / "state.dcm")
        # The words in the corner are drawn by the viewer: the last rows hold none.
        assert np.abs(shown[-8:].astype(int) - plain[-8:].astype(int)).max() <= 1


def _rendered(film: Path, folder: Path, state: Path | None) -> np.ndarray:
    """What DCMTK's viewer shows of a film, by a presentation state or without."""
    picture = folder / "shown.pgm"
    options = ["-p", str(state)] if state is not None else []
    subprocess.run(["dcmp2pgm", *options, str(film), str(picture)], check=True, timeout=60)
    return np.asarray(Image.open(picture))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turn_goes_along_as_a_presentation_state_that_viewers_can_follow(
    tmp_path: Path, quarters: int, mirrored: bool
) -> None:
    film = evidence_film()
    pixels = np.arange(int(film.Rows) * int(film.Columns)).reshape(int(film.Rows), int(film.Columns))
    made = turned_state(
        film, SHOWN, Turn(quarters, mirrored), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    made.save_as(tmp_path / "turn.dcm", enforce_file_format=True)
    read = pydicom.dcmread(tmp_path / "turn.dcm")
    assert read.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.1"
    assert (read.ImageRotation, read.ImageHorizontalFlip) == (90 * quarters, "Y" if mirrored else "N")
    assert read.StudyInstanceUID == film.StudyInstanceUID
    referenced = read.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    assert referenced.ReferencedSOPInstanceUID == film.SOPInstanceUID
    # C.10.4: the corners are stored pixels, named as they come to lie after turn and flip.
    turned = np.rot90(pixels, -quarters)
    turned = turned[:, ::-1] if mirrored else turned
    area = read.DisplayedAreaSelectionSequence[0]
    left, top = area.DisplayedAreaTopLeftHandCorner
    right, bottom = area.DisplayedAreaBottomRightHandCorner
    assert pixels[top - 1, left - 1] == turned[0, 0]
    assert pixels[bottom - 1, right - 1] == turned[-1, -1]
    again = turned_state(
        film, SHOWN, Turn(quarters, mirrored), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    assert again.SOPInstanceUID == made.SOPInstanceUID


@pytest.mark.parametrize(
    ("tags", "ratio"),
    [
        ({"ImagerPixelSpacing": ["0.2", "0.1"]}, [2, 1]),
        ({"PixelSpacing": ["0.1", "0.15"]}, [2, 3]),
        ({"PixelAspectRatio": ["3", "2"]}, [3, 2]),
        ({"PixelSpacing": ["0.1", "0.1"]}, [1, 1]),
        ({}, [1, 1]),
    ],
)
@pytest.mark.parametrize("colour", [False, True])
def test_presentation_states_show_pixels_in_their_true_shape(
    tags: dict[str, list[str]], ratio: list[int], colour: bool
) -> None:
    options = {"made_at": "2026-11-23T10:00:00+03:00", "device_uid": DEVICE}
    pixels = np.zeros((20, 30, 3) if colour else (20, 30), np.uint8)
    film = evidence_film(
        pixels=pixels, bits_stored=8, photometric="RGB" if colour else "MONOCHROME2", sop_class="SC", **tags
    )
    # C.10.4: of the stored pixel, whatever the turn.
    for state in (
        presentation_state(film, SHOWN, example_verdict(), ["words"], **options),
        turned_state(film, SHOWN, Turn(1, False), **options),
    ):
        (area,) = state.DisplayedAreaSelectionSequence
        assert area.PresentationPixelAspectRatio == ratio


@pytest.mark.parametrize("shutter", SHUTTERS)
@pytest.mark.parametrize("turn", [Turn(0, False), Turn(1, True)])
def test_a_presentation_state_keeps_the_film_s_shutter_closed(
    tmp_path: Path, shutter: str, turn: Turn
) -> None:
    source = tmp_path / "film.dcm"
    make_film(source, windows=[(2048, 4096)], ShutterPresentationValue=0xFFFF, **SHUTTERS[shutter])
    film = read_evidence(source)
    at = "2026-11-23T10:00:00+03:00"
    states = (
        turned_state(film, SHOWN, turn, made_at=at, device_uid=DEVICE),
        presentation_state(film, SHOWN, example_verdict(), ["."], made_at=at, device_uid=DEVICE),
    )
    for state in states:
        state.save_as(tmp_path / "state.dcm", enforce_file_format=True)
        # Of stored pixels in a turned state, too: the Spatial Transformation comes after the shutter (PS3.4 N.2).
        written = {
            keyword: pydicom.dcmread(tmp_path / "state.dcm").get(keyword) for keyword in SHUTTERS[shutter]
        }
        assert written == SHUTTERS[shutter]
        assert state.ShutterPresentationValue == 0, "black, as this console shows it"
        if shutil.which("dcmp2pgm"):
            options = ["-p", str(tmp_path / "state.dcm"), "+S", str(tmp_path / "understood.dcm")]
            subprocess.run(
                ["dcmp2pgm", *options, str(source), str(tmp_path / "shown.pgm")], check=True, timeout=60
            )
            understood = pydicom.dcmread(tmp_path / "understood.dcm")
            assert {keyword: understood.get(keyword) for keyword in SHUTTERS[shutter]} == SHUTTERS[shutter]


def test_a_shutter_that_cannot_be_used_is_in_no_state() -> None:
    for slip in (
        {"ShutterShape": "RECTANGULAR"},
        {**RECTANGLE, "ShutterRightVerticalEdge": 12},
        {"ShutterShape": "BITMAP"},
        {**CIRCLE, "RadiusOfCircularShutter": 4000},
    ):
        made = turned_state(
            evidence_film(**slip), SHOWN, Turn(1), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
        )
        assert not [
            e for e in made if e.keyword.startswith(("Shutter", "CenterOf", "RadiusOf", "VerticesOf"))
        ]


@pytest.mark.parametrize("colour", [False, True])
def test_a_presentation_state_keeps_the_film_s_overlay_planes_in_sight(tmp_path: Path, colour: bool) -> None:
    """C.11.7: a plane that no state activates is not shown, and a side letter may stand in it."""
    pixels = np.zeros((48, 64, 3), np.uint8) if colour else None
    photometric, sop_class = ("RGB", "SC") if colour else ("MONOCHROME2", "DX")
    data = film_dataset(pixels, photometric=photometric, sop_class=sop_class, windows=[(2048, 4096)])
    source = tmp_path / "film.dcm"
    with_overlay(with_overlay(data), 0x6004).save_as(source, enforce_file_format=True)
    film = read_evidence(source)
    at = "2026-11-23T10:00:00+03:00"
    states = (
        turned_state(film, SHOWN, Turn(1, True), made_at=at, device_uid=DEVICE),
        presentation_state(film, SHOWN, example_verdict(), ["."], made_at=at, device_uid=DEVICE),
    )
    for state in states:
        state.save_as(tmp_path / "state.dcm", enforce_file_format=True)
        understood = pydicom.dcmread(tmp_path / "state.dcm")
        layers = {layer.GraphicLayer: layer.GraphicLayerOrder for layer in understood.GraphicLayerSequence}
        active = {group: understood[group, 0x1001].value for group in (0x6000, 0x6004)}
        assert (0x6002, 0x1001) not in understood
        assert set(active.values()) == {"OVERLAYS"}
        assert sorted(layers.values()) == list(range(1, len(layers) + 1)), "each layer has a place of its own"
        assert layers["OVERLAYS"] == 1, "below what the state itself draws"


def test_a_film_without_overlay_planes_gets_no_layer_for_them() -> None:
    made = turned_state(
        evidence_film(), SHOWN, Turn(1), made_at="2026-11-23T10:00:00+03:00", device_uid=DEVICE
    )
    assert "GraphicLayerSequence" not in made
    assert not [element for element in made if 0x6000 <= element.tag.group < 0x6020]
