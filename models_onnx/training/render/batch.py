"""Batches of random films with exact lung masks and an index; resumable, one anatomy at a time.

``python -m models_onnx.training.render films --ct DIR --out DIR --anatomies 100``
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from models_onnx.training import kept

from . import anatomy as anatomies
from . import index as indexes
from . import ribs as posterior
from . import scene as scenes
from .film import EDGES, Film, Framing, lung_box
from .projector import Geometry, Projection
from .warp import random_build, warp

LOG = logging.getLogger(__name__)
# Native slice thickness where it matters for smoothing (mm); see the data's README.
NATIVE_SLICE_MM = {"lungdxA0001": 5.0, "lungdxA0002": 8.0, "radiomicslung1": 5.0, "radiomicslung2": 5.0}
COLUMNS = (
    "file", "mask", "ct", "anatomy", "projection", "view", "anterior_side", "yaw_deg", "tilt_deg", "roll_deg", "sid_mm",
    "cut_edges", "beyond_left", "beyond_right", "beyond_top", "beyond_bottom",
    "depth_left", "depth_right", "depth_top", "depth_bottom",
    "field_left", "field_top", "field_right", "field_bottom", "pixel_mm", "mirrored", "seed",
    "rib_separation_pct", "ribs_right", "ribs_left",
)  # fmt: skip
SETTINGS = "settings.json"
CUT_FROM_DEPTH = 0.005  # an edge counts as cut from half a percent of the lung's extent


def prepared(ct: Path, cache: Path) -> anatomies.Anatomy:
    """The cleaned CT, from the cache or made and cached now; made anew where the CT's file has changed since."""
    target = cache / f"{ct.stem}.npz"
    slice_mm = NATIVE_SLICE_MM.get(ct.stem, 2.5)
    recipe = {"ct": kept.stamp(ct), "slice_mm": slice_mm}
    if not (target.exists() and kept.agrees(kept.note(target), recipe, target)):
        hu, spacing = anatomies.load_ct(ct)
        made, zero = anatomies.prepare(hu, spacing, ct.stem, slice_mm)
        LOG.info("%s: %s", ct.stem, zero)
        kept.written(target, lambda handle: anatomies.save(made, handle))
        kept.write_note(target, recipe)
    return anatomies.load(target)


def _row(
    name: str, film: Film, framing: Framing, geometry: Geometry, extra: dict[str, object]
) -> dict[str, object]:
    row: dict[str, object] = {
        "file": f"films/{name}.png",
        "mask": f"masks/{name}.png",
        "view": geometry.view,
        "anterior_side": geometry.anterior if geometry.view.startswith("lateral") else "",
        "yaw_deg": round(geometry.yaw_deg, 3),
        "tilt_deg": round(geometry.tilt_deg, 3),
        "roll_deg": round(framing.roll_deg, 3),
        "sid_mm": round(geometry.sid_mm),
        "cut_edges": ";".join(e for e in EDGES if film.depth[e] > CUT_FROM_DEPTH),
        "pixel_mm": round(film.pixel_mm, 4),
    }
    row |= {f"beyond_{e}": round(film.beyond[e], 5) for e in EDGES}
    row |= {f"depth_{e}": round(film.depth[e], 5) for e in EDGES}
    row |= {
        f"field_{e}": round(v, 5) for e, v in zip(("left", "top", "right", "bottom"), film.field, strict=True)
    }
    return row | extra


def _ribs(scn: scenes.Scene, projection: Projection, film: Film) -> dict[str, object]:
    """Both posterior rib contours on a lateral film (``x:y`` in fractions of it, patient's right and left side).

    ``rib_separation_pct``: left minus right in per cent of the lung's depth, > 0 where the left ribs lie further back.
    """
    right, left = posterior.contours(scn.backs, scn.z_centre, scn.spacing_mm, projection.geometry)
    x0, _, x1, _ = lung_box(projection.lung)
    apart = posterior.contour_separation(right, left, projection.geometry.anterior)
    rows, cols = film.pixels.shape
    out: dict[str, object] = {"rib_separation_pct": round(100 * apart / (x1 - x0), 3)}
    for side, contour in (("right", right), ("left", left)):
        on_film = contour @ film.place[:, :2].T + film.place[:, 2]
        out[f"ribs_{side}"] = ";".join(f"{x / cols:.4f}:{y / rows:.4f}" for x, y in on_film)
    return out


def films_of(
    base: anatomies.Anatomy,
    seed: int,
    laterals: int,
    frontals: int,
    looks: int,
    voxel_mm: float,
    crisp: bool = False,
) -> Iterator[tuple[str, Film, dict[str, object]]]:
    """All films of one random anatomy: ``laterals`` + ``frontals`` projections with ``looks`` films each."""
    rng = np.random.default_rng(seed)
    build = random_build(rng)
    scn = scenes.scene(warp(base, build, voxel_mm, rng))
    for i in range(laterals + frontals):
        lateral = i < laterals
        view = str(rng.choice(scenes.LATERAL if lateral else scenes.FRONTAL))
        yaw = scenes.lateral_yaw(rng) if lateral else float(np.clip(rng.normal(0, 6), -15, 15))
        geometry = scenes.random_geometry(scn, view, yaw, rng)
        projection = scenes.shoot(scn, geometry, rng)
        for j in range(looks):
            film, framing = scenes.random_film(projection, rng, crisp=crisp)
            name = f"{base.name}_{seed:05d}_{i:02d}{chr(ord('a') + j)}"
            extra = {
                "ct": base.name,
                "anatomy": f"{base.name}_{seed:05d}",
                "projection": f"{base.name}_{seed:05d}_{i:02d}",
                "mirrored": int(build.mirrored),
                "seed": seed,
            }
            if lateral:
                extra |= _ribs(scn, projection, film)
            # The side of the patient turned forward swaps with a mirrored anatomy; the magnitude does not.
            yield name, film, _row(name, film, framing, geometry, extra)


def render_set(
    cts: Sequence[Path],
    cache: Path,
    out: Path,
    anatomies_wanted: int,
    first_seed: int = 1,
    laterals: int = 6,
    frontals: int = 2,
    looks: int = 2,
    voxel_mm: float = 1.5,
    crisp: bool = False,
    processes: int = 1,
) -> int:
    """Render up to ``anatomies_wanted`` anatomies, CTs in turn; seeds already in the index are skipped.

    Films are 8-bit PNG, masks 8-bit PNG of the lung path in mm (clipped at 255; lung = value > 3). ``crisp``
    gives bones the detail that thick slices took (`film.crisp`). ``processes`` render side by side; the index keeps the
    seeds' order whatever their number. An anatomy that a cut-off run left half written is rendered again. Returns the
    number of films added.

    Raises:
        SystemExit: the set was begun with other settings (``settings.json``): it may grow, not change.
    """
    (out / "films").mkdir(parents=True, exist_ok=True)
    (out / "masks").mkdir(exist_ok=True)
    index = out / indexes.INDEX
    settings = {
        "cts": {ct.stem: kept.digest(ct) for ct in cts},
        "first_seed": first_seed,
        "laterals": laterals,
        "frontals": frontals,
        "looks": looks,
        "voxel_mm": voxel_mm,
        "crisp": crisp,
    }
    noted = out / SETTINGS
    if noted.exists():
        kept.demand(json.loads(noted.read_text(encoding="utf-8")), settings, out)
    elif index.exists():
        kept.demand(None, settings, out)
    else:
        kept.write_json(noted, settings)
    done = indexes.mended(out, COLUMNS, (laterals + frontals) * looks)
    for ct in cts:  # once, before the processes share them
        prepared(ct, cache)
    seeds = [
        (cts[n % len(cts)], first_seed + n) for n in range(anatomies_wanted) if first_seed + n not in done
    ]
    render = partial(_render_one, cache, out, (laterals, frontals, looks, voxel_mm, crisp))
    added = 0
    started = time.monotonic()
    # A pool of OpenCV's threads does not survive a fork.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        made = pool.map(render, seeds) if processes > 1 else map(render, seeds)
        for n, rows in enumerate(made, 1):
            text = indexes.lines(COLUMNS, rows, head=not index.exists())
            with index.open("a", newline="") as handle:
                handle.write(text)
            added += len(rows)
            LOG.info("%d anatomies, %d films, %.0f s", n, added, time.monotonic() - started)
    return added


def _render_one(
    cache: Path, out: Path, how: tuple[int, int, int, float, bool], which: tuple[Path, int]
) -> list[dict[str, object]]:
    """Films and masks of one anatomy into `out`; returns their rows of the index."""
    cv2.setNumThreads(1)
    ct, seed = which
    rows = []
    for name, film, row in films_of(anatomies.load(cache / f"{ct.stem}.npz"), seed, *how):
        cv2.imwrite(str(out / "films" / f"{name}.png"), film.pixels)
        path = np.clip(np.rint(film.lung_mm), 0, 255).astype(np.uint8)
        cv2.imwrite(str(out / "masks" / f"{name}.png"), path)
        rows.append(row)
    return rows
