"""Films of a made-up trunk: exact lung at the edges, polarity, determinism, warps that keep the midline."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models_onnx.training.render import batch
from models_onnx.training.render import film as films
from models_onnx.training.render import scene as scenes
from models_onnx.training.render.anatomy import Anatomy, load, save
from models_onnx.training.render.batch import films_of
from models_onnx.training.render.projector import Geometry
from models_onnx.training.render.warp import Build, random_build, warp

SPACING = 4.0


@pytest.fixture(scope="module")
def trunk() -> Anatomy:
    """An oval trunk with two lungs, a spine and ribs; left-right symmetric; 4 mm voxels."""
    shape = (90, 70, 91)
    z, y, x = np.indices(shape).astype(np.float32)
    xc, yc = (shape[2] - 1) / 2, (shape[1] - 1) / 2
    hu = np.full(shape, -1000.0, np.float32)
    body = ((x - xc) / 40) ** 2 + ((y - yc) / 28) ** 2 < 1
    hu[body] = 20.0
    hu[((x - xc) / 4) ** 2 + ((y - yc - 20) / 4) ** 2 < 1] = 500.0
    lung = (((np.abs(x - xc) - 18) / 14) ** 2 + ((y - yc) / 20) ** 2 + ((z - 42) / 26) ** 2 < 1).astype(
        np.float32
    )
    hu[lung > 0] = -820.0
    return Anatomy(hu, lung, SPACING, "oval")


@pytest.fixture(scope="module")
def projection(trunk: Anatomy) -> films.Projection:
    scn = scenes.scene(trunk)
    geometry = Geometry(view="lateral_left", pixel_mm=2.0, canvas_px=300)
    return scenes.project(scn.volume, scn.spacing_mm, scn.z_centre, geometry)


def expose(
    projection: films.Projection, margins: tuple[float, float, float, float], **more: object
) -> films.Film:
    framing = films.Framing(margins=margins, long_side=256, **more)  # type: ignore[arg-type]
    return films.expose(projection, framing, films.Look(), np.random.default_rng(0))


def test_a_whole_film_loses_nothing(projection: films.Projection) -> None:
    film = expose(projection, (0.1, 0.1, 0.1, 0.1))
    assert film.beyond == {"left": 0.0, "right": 0.0, "top": 0.0, "bottom": 0.0}
    mask = film.lung_mm > films.LUNG_FROM_MM
    assert mask.any()
    assert not mask[0].any()
    assert not mask[-1].any()
    assert not mask[:, 0].any()
    assert not mask[:, -1].any()


@pytest.mark.parametrize("edge", films.EDGES)
def test_a_cut_is_measured_at_its_own_edge_only(projection: films.Projection, edge: str) -> None:
    margins = tuple(-0.1 if e == edge else 0.1 for e in films.EDGES)
    film = expose(projection, margins)  # type: ignore[arg-type]
    assert film.depth[edge] == pytest.approx(0.1, abs=0.01)
    assert film.beyond[edge] > 0.005
    assert [e for e in films.EDGES if film.beyond[e] > 0] == [edge]
    mask = film.lung_mm > films.LUNG_FROM_MM
    touching = {"left": mask[:, 0], "right": mask[:, -1], "top": mask[0], "bottom": mask[-1]}
    assert [e for e in films.EDGES if touching[e].any()] == [edge]


def test_area_on_the_film_and_beyond_add_up(projection: films.Projection) -> None:
    whole = expose(projection, (0.1, 0.1, 0.1, 0.1))
    cut = expose(projection, (0.1, 0.1, 0.1, -0.2))
    area = [float((f.lung_mm > films.LUNG_FROM_MM).sum()) * f.pixel_mm**2 for f in (whole, cut)]
    assert area[1] / area[0] == pytest.approx(1 - cut.beyond["bottom"], abs=0.01)


def test_lung_under_a_collimation_band_is_not_on_the_film(projection: films.Projection) -> None:
    film = expose(projection, (-0.1, 0.1, 0.1, 0.1), bands=(0.1, 0.0, 0.0, 0.0), band_value=255)
    width = film.pixels.shape[1]
    band = round(film.field[0] * width)
    assert band == pytest.approx(0.1 * width, abs=1.5)
    assert (film.pixels[:, :band] == 255).all()
    assert (film.lung_mm[:, :band] == 0).all()
    assert (film.lung_mm[:, band] > films.LUNG_FROM_MM).any()


def test_the_abdomen_is_white_and_air_is_black(projection: films.Projection) -> None:
    film = expose(projection, (0.6, 0.6, 0.1, 0.25))
    lung = film.pixels[film.lung_mm > 100].mean()
    assert film.pixels[:, :3].mean() < 10
    below = film.pixels[-8:, film.pixels.shape[1] // 2].mean()
    assert lung + 40 < below


def test_crisp_bones_get_back_an_edge_that_thick_slices_smeared() -> None:
    rib = np.zeros((60, 60), np.float32)
    rib[:, 28:32] = 2.0
    smeared = cv2.GaussianBlur(rib, (0, 0), 3.0)
    again = films.crisp(smeared, films.Look(bone_detail=2.0, bone_detail_mm=3.0), pixel_mm=1.0)
    assert np.abs(again - rib).mean() < np.abs(smeared - rib).mean()
    assert again.max() > 1.3 * smeared.max()
    assert again.min() >= 0
    assert np.array_equal(films.crisp(smeared, films.Look(), 1.0), smeared)


def test_looks_are_crisp_only_where_asked() -> None:
    rng = np.random.default_rng(3)
    plain = [scenes.random_look(rng, lateral=True) for _ in range(20)]
    crisp = [scenes.random_look(rng, lateral=True, crisp=True) for _ in range(20)]
    assert all(look.bone_detail == 0 and look.bone_gain == 1 for look in plain)
    assert all(0 <= look.bone_detail <= 3 and 1 <= look.bone_gain <= 1.6 for look in crisp)
    assert len({look.bone_detail for look in crisp}) > 10


def test_the_same_seed_gives_the_same_films(trunk: Anatomy) -> None:
    runs = [list(films_of(trunk, seed, 1, 1, 1, 4.0)) for seed in (3, 3, 4)]
    for (_, first, row), (_, second, other) in zip(runs[0], runs[1], strict=True):
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.lung_mm, second.lung_mm)
        assert row == other
    assert any(
        a.pixels.shape != b.pixels.shape or not np.array_equal(a.pixels, b.pixels)
        for (_, a, _), (_, b, _) in zip(runs[0], runs[2], strict=True)
    )


def test_warps_keep_the_trunk_symmetric(trunk: Anatomy) -> None:
    rng = np.random.default_rng(1)
    build = random_build(rng)
    plain = Build(
        width=build.width, depth=build.depth, height=build.height, wall_front=1.4, wall_side=1.2, bend_mm=12
    )
    warped = warp(trunk, plain, 4.0, rng)
    assert float(np.abs(warped.lung - warped.lung[:, :, ::-1]).max()) < 0.02
    assert float(np.abs(warped.hu - warped.hu[:, :, ::-1]).mean()) < 2.0


def test_a_taller_build_has_taller_lungs_and_a_thicker_wall_a_wider_body(trunk: Anatomy) -> None:
    rng = np.random.default_rng(1)
    spans, widths = [], []
    for build in (Build(), Build(height=1.25, wall_side=1.5, wall_front=1.5, wall_back=1.5)):
        made = warp(trunk, build, 4.0, rng)
        top, bottom = made.lung_extent()
        spans.append(bottom - top)
        widths.append(int((made.hu[(top + bottom) // 2] > -300).any(axis=0).sum()))
    assert spans[1] / spans[0] == pytest.approx(1.25, abs=0.06)
    assert widths[1] > widths[0]


def test_a_prepared_trunk_survives_the_disk(trunk: Anatomy, tmp_path) -> None:
    save(trunk, tmp_path / "t.npz")
    again = load(tmp_path / "t.npz")
    assert np.abs(again.hu - trunk.hu).max() <= 0.5
    assert again.spacing_mm == trunk.spacing_mm
    assert again.name == "oval"


def test_a_set_is_the_same_by_one_process_or_by_two_and_goes_on_where_it_ended(
    trunk: Anatomy, tmp_path: Path
) -> None:
    (tmp_path / "oval.npz").write_bytes(b"prepared already: the CT itself is not read")
    (tmp_path / "cache").mkdir()
    save(trunk, tmp_path / "cache" / "oval.npz")

    def index(out: str, anatomies: int, processes: int) -> list[str]:
        batch.render_set(
            [tmp_path / "oval.npz"],
            tmp_path / "cache",
            tmp_path / out,
            anatomies,
            5,
            1,
            0,
            1,
            voxel_mm=5.0,
            processes=processes,
        )
        return (tmp_path / out / "index.csv").read_text().splitlines()

    alone, together = index("one", 3, 1), index("two", 3, 2)
    assert alone == together
    assert len(alone) == 4
    for name in sorted((tmp_path / "one" / "films").iterdir()):
        assert name.read_bytes() == (tmp_path / "two" / "films" / name.name).read_bytes()
    (tmp_path / "one" / "index.csv").write_text("\n".join(alone[:3]) + "\n")
    assert index("one", 3, 1) == alone
