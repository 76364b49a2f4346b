"""The second, plain renderer: it shares nothing with the first, and both must say the same of where things land."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models_onnx.training.render import index, plain
from models_onnx.training.render.anatomy import Anatomy
from models_onnx.training.render.projector import Geometry, materials, project

SPACING = 3.0
SHAPE = (61, 91, 91)  # z, y, x


def ball(x_mm: float, y_mm: float, z_mm: float, radius_mm: float = 9.0) -> np.ndarray:
    """HU of a ball of water in air, (x, y, z) mm from the array's middle."""
    z, y, x = (a - (n - 1) / 2 for a, n in zip(np.indices(SHAPE).astype(np.float32), SHAPE, strict=True))
    distance = np.sqrt((x - x_mm / SPACING) ** 2 + (y - y_mm / SPACING) ** 2 + (z - z_mm / SPACING) ** 2)
    return np.clip(1000 * (radius_mm / SPACING - distance + 0.5), 0, 1000) - 1000


def centre(image: np.ndarray) -> tuple[float, float]:
    """Centroid (column, row) from the image's middle."""
    rows, columns = np.indices(image.shape)
    total = image.sum()
    return (
        float((image * columns).sum() / total - (image.shape[1] - 1) / 2),
        float((image * rows).sum() / total - (image.shape[0] - 1) / 2),
    )


@pytest.mark.parametrize("yaw", [-15.0, 0.0, 15.0])
@pytest.mark.parametrize("x", [-60.0, 60.0])
def test_both_renderers_agree_where_a_ball_lands(x: float, yaw: float) -> None:
    hu = ball(x, 30.0, 20.0).astype(np.float32)
    middle = ((SHAPE[2] - 1) / 2, (SHAPE[1] - 1) / 2)
    # OpenCV's positive turn moves the left side (large x) to the front, as the first renderer's yaw does.
    volume = plain.turned(1 + hu / 1000, yaw, middle, SHAPE[2])
    shadow = plain.shadow(volume, plain.magnifications(volume, SPACING), SPACING)
    geometry = Geometry(
        "lateral_left", yaw_deg=yaw, pixel_mm=SPACING, canvas_px=201, axis_to_detector_mm=200.0
    )
    first = project(
        materials(Anatomy(hu, np.zeros(SHAPE, np.float32), SPACING, "ball")), SPACING, 30.0, geometry, merge=1
    ).soft
    assert centre(shadow) == pytest.approx(centre(first), abs=0.35)


@pytest.fixture(scope="module")
def made() -> list[plain.Plain]:
    """Films of an oval trunk of water with two lungs of air and a spine at the back."""
    _, y, x = (a - (n - 1) / 2 for a, n in zip(np.indices(SHAPE).astype(np.float32), SHAPE, strict=True))
    hu = np.where((x / 42) ** 2 + (y / 30) ** 2 < 1, 0.0, -1000.0)
    hu[10:50][(((np.abs(x) - 20) / 12) ** 2 + (y / 20) ** 2 < 1)[10:50]] = -850.0
    hu[(x / 4) ** 2 + ((y - 24) / 4) ** 2 < 1] = 1500.0
    return list(plain.films("oval", hu.astype(np.float32), SPACING, 0.0, np.random.default_rng(1)))


def test_every_view_turn_and_display_once(made: list[plain.Plain]) -> None:
    assert len({film.name for film in made}) == len(made) == 3 * 2 * 17
    assert {film.row["view"] for film in made} == {"lateral_left", "lateral_right"}
    assert {film.row["yaw_deg"] for film in made} == set(range(-24, 25, 3))
    assert all(max(film.pixels.shape) == 640 for film in made)


def test_lungs_are_dark_and_the_spine_lies_at_the_back(made: list[plain.Plain]) -> None:
    for film in (film for film in made if film.row["yaw_deg"] == 0):
        rows, columns = film.pixels.shape
        lung, belly = (film.pixels[int(rows * at), columns // 2].mean() for at in (0.5, 0.95))
        assert lung < belly - 40, film.name
        middle = film.pixels[rows // 2].astype(float)
        right, left = middle[columns * 3 // 4 :].max(), middle[: columns // 4].max()
        assert (right > left) == (film.row["view"] == "lateral_left"), film.name


def test_a_set_is_read_again(
    tmp_path: Path, made: list[plain.Plain], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "films_of", lambda _ct: iter(made[:9]))
    assert plain.render_set([tmp_path / "oval.npz"], tmp_path / "set") == 9
    rows = index.rows(tmp_path / "set")
    assert [float(row["yaw_deg"]) for row in rows][::3] == [-24, -21, -18]
    read = cv2.imread(str(tmp_path / "set" / rows[4]["file"]), cv2.IMREAD_GRAYSCALE)
    assert (read == made[4].pixels).all()
