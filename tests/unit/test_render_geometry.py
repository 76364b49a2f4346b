"""The renderer's geometry on made-up phantoms: where things land, how far yaw parts them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models_onnx.training.render.anatomy import Anatomy
from models_onnx.training.render.projector import Geometry, Projection, axes, materials, project

SPACING = 2.0
SHAPE = (101, 121, 141)  # z, y, x


def phantom(markers_mm: list[tuple[float, float, float]], radius_mm: float = 6.0) -> np.ndarray:
    """Materials of balls of water in air at (x, y, z) mm from the array's middle."""
    z, y, x = np.indices(SHAPE).astype(np.float32)
    middle = [(n - 1) / 2 for n in SHAPE]
    hu = np.full(SHAPE, -1000.0, np.float32)
    for mx, my, mz in markers_mm:
        offsets = (x - middle[2] - mx / SPACING, y - middle[1] - my / SPACING, z - middle[0] - mz / SPACING)
        distance = np.sqrt(sum(o**2 for o in offsets))
        hu = np.maximum(hu, np.clip(1000 * (radius_mm / SPACING - distance + 0.5), 0, 1000) - 1000)
    lung = np.zeros(SHAPE, np.float32)
    return materials(Anatomy(hu.astype(np.float32), lung, SPACING, "phantom"))


def shoot(markers_mm: list[tuple[float, float, float]], **geometry: object) -> tuple[Projection, Geometry]:
    made = Geometry(pixel_mm=1.0, canvas_px=401, axis_to_detector_mm=200.0, **geometry)  # type: ignore[arg-type]
    return project(phantom(markers_mm), SPACING, (SHAPE[0] - 1) / 2, made, merge=1), made


def centroid(image: np.ndarray) -> tuple[float, float]:
    rows, cols = np.indices(image.shape)
    return float((image * cols).sum() / image.sum()), float((image * rows).sum() / image.sum())


@pytest.mark.parametrize("x", [-60.0, 0.0, 60.0])
def test_a_ball_lands_where_cone_beam_magnification_says(x: float) -> None:
    # Left lateral: the beam runs along +x, so x is depth; y = 40 mm (back) appears to the right, z down.
    projection, geometry = shoot([(x, 40.0, 30.0)], view="lateral_left")
    magnification = 1800.0 / (1800.0 - 200.0 + x)
    col, row = centroid(projection.soft)
    assert col - 200 == pytest.approx(40.0 * magnification, abs=0.4)
    assert row - 200 == pytest.approx(30.0 * magnification, abs=0.4)
    assert geometry.sid_mm == 1800.0


def test_the_path_through_a_ball_is_its_mass() -> None:
    projection, _ = shoot([(0.0, 0.0, 0.0)], view="frontal_pa")
    magnification = 1800.0 / 1600.0
    volume_cm3 = float(projection.soft.sum()) * (0.1 / magnification) ** 2
    assert volume_cm3 == pytest.approx(4 / 3 * math.pi * 0.6**3, rel=0.1)
    assert projection.soft.max() == pytest.approx(1.2, rel=0.08)  # g/cm2 through 12 mm of water


@pytest.mark.parametrize(("view", "sign"), [("frontal_pa", 1.0), ("frontal_ap", 1.0)])
def test_frontal_films_show_the_patients_left_on_the_right(view: str, sign: float) -> None:
    projection, _ = shoot([(50.0, 0.0, 0.0)], view=view)
    assert sign * (centroid(projection.soft)[0] - 200) > 40


def test_the_front_is_shown_on_the_named_side() -> None:
    for side, sign in (("left", -1.0), ("right", 1.0)):
        projection, _ = shoot([(0.0, -40.0, 0.0)], view="lateral_right", anterior=side)
        assert sign * (centroid(projection.soft)[0] - 200) > 30


@pytest.mark.parametrize("yaw", [-20.0, -10.0, 10.0, 20.0])
def test_yaw_parts_a_left_and_a_right_marker_by_the_expected_distance(yaw: float) -> None:
    # Two posterior "ribs" 120 mm apart lie over each other at yaw 0 (on the central ray).
    left, right = (60.0, 0.0, -20.0), (-60.0, 0.0, 20.0)
    columns = []
    for marker in (left, right):
        projection, _ = shoot([marker], view="lateral_left", yaw_deg=yaw)
        columns.append(centroid(projection.soft)[0] - 200)
    theta = math.radians(yaw)
    expected = []
    for x in (60.0, -60.0):
        # Turning the left side forward moves the left marker to the front (image left) and leaves x cos(yaw) of depth.
        depth, across = x * math.cos(theta), -x * math.sin(theta)
        expected.append(across * 1800.0 / (1600.0 + depth))
    assert columns == pytest.approx(expected, abs=0.5)
    assert columns[1] - columns[0] == pytest.approx(120 * math.sin(theta) * 1.125, rel=0.02)


def test_positive_yaw_turns_the_left_side_forward() -> None:
    # Frontal PA, left side forward = nearer to the detector at the front: less magnified, and closer to the midline.
    _, across = axes("frontal_pa", 30.0)
    beam, _ = axes("frontal_pa", 30.0)
    assert (
        beam[0] * 1.0 + beam[1] * 0.0 > 0
    )  # the left marker (+x) moved along the beam, towards the detector
    assert across[0] == pytest.approx(math.cos(math.radians(30)))


def test_merging_planes_hardly_changes_the_picture() -> None:
    volume = phantom([(40.0, 20.0, 10.0), (-30.0, -40.0, -20.0)])
    geometry = Geometry(view="lateral_left", pixel_mm=1.0, canvas_px=301, yaw_deg=7.0)
    one = project(volume, SPACING, 50.0, geometry, merge=1).soft
    two = project(volume, SPACING, 50.0, geometry, merge=2).soft
    assert float(np.abs(one - two).max()) < 0.03 * float(one.max())
