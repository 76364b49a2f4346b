"""The true lateral by the posterior ribs: a chest turned by a known angle is turned back, contours land on the film."""

from __future__ import annotations

import numpy as np
import pytest

from models_onnx.training.render import ribs
from models_onnx.training.render.anatomy import Anatomy
from models_onnx.training.render.projector import Geometry, materials, project

SPACING = 2.0
SHAPE = (81, 131, 151)  # z, y, x


def chest(turn_deg: float = 0.0, apart_mm: float = 0.0) -> np.ndarray:
    """Two egg-shaped lungs 60 mm off the midline, turned in OpenCV's sense; the left one ``apart_mm`` further back."""
    z, y, x = np.indices(SHAPE).astype(np.float32)
    z, y, x = ((v - (n - 1) / 2) * SPACING for v, n in zip((z, y, x), SHAPE, strict=True))
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    across, back = c * x - s * y, s * x + c * y
    out = np.zeros(SHAPE, bool)
    for side in (-1, 1):
        middle = apart_mm if side > 0 else 0.0
        out |= ((across - side * 60) / 42) ** 2 + ((back - middle) / 90) ** 2 + (z / 72) ** 2 < 1
    return out.astype(np.float32)


@pytest.mark.parametrize("turn", [-8.0, -3.0, 0.0, 5.5])
def test_a_turned_chest_is_turned_back(turn: float) -> None:
    lung = chest(turn)
    edges = ribs.posterior_edges(lung, SPACING)
    assert ribs.overlap_turn(edges) == pytest.approx(-turn, abs=0.5)


def test_a_crooked_chest_is_straight_where_its_ribs_overlap() -> None:
    edges = ribs.posterior_edges(chest(apart_mm=12.0), SPACING)
    turn = ribs.overlap_turn(edges)
    assert abs(turn) == pytest.approx(np.degrees(np.arctan(12 / 120)), abs=0.6)
    assert ribs.separation_mm(edges, 0.0) == pytest.approx(12.0, abs=1.0)
    assert ribs.separation_mm(edges, turn) == pytest.approx(0.0, abs=0.5)


def test_ribs_that_never_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="do not meet"):
        ribs.overlap_turn(ribs.posterior_edges(chest(apart_mm=60.0), SPACING))


def test_no_lung_is_refused() -> None:
    with pytest.raises(ValueError, match="no lung"):
        ribs.posterior_edges(np.zeros(SHAPE, np.float32), SPACING)


@pytest.mark.parametrize("anterior", ["left", "right"])
@pytest.mark.parametrize("yaw", [-12.0, 0.0, 9.0])
def test_contours_land_on_the_back_of_the_projected_lung(anterior: str, yaw: float) -> None:
    lung = chest()
    hu = np.where(lung > 0, -800.0, 0.0).astype(np.float32)
    geometry = Geometry(view="lateral_left", yaw_deg=yaw, anterior=anterior, canvas_px=401, pixel_mm=1.0)
    middle = (SHAPE[0] - 1) / 2
    seen = project(materials(Anatomy(hu, lung, SPACING, "eggs")), SPACING, middle, geometry).lung > 3.0
    right, left = ribs.contours(ribs.posterior_edges(lung, SPACING, (0.1, 0.9)), middle, SPACING, geometry)
    outer = np.maximum if anterior == "left" else np.minimum
    rows = np.arange(160.0, 240.0, 8.0)
    back = outer(np.interp(rows, right[:, 1], right[:, 0]), np.interp(rows, left[:, 1], left[:, 0]))
    for row, column in zip(rows, back, strict=True):
        lungs = np.nonzero(seen[int(row)])[0]
        assert column == pytest.approx(lungs[-1] if anterior == "left" else lungs[0], abs=4.0)
    # The side turned forward leaves its ribs in front; near ribs are magnified even at zero.
    apart = ribs.contour_separation(right, left, anterior)
    if yaw:
        assert np.sign(apart) == -np.sign(yaw)
