"""Random exposures: geometry, arms, framing and look drawn from wide, documented ranges."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from . import draw
from .anatomy import Anatomy
from .film import LUNG_FROM_MM, Film, Framing, Look, expose, lung_box, roll_matrix
from .physics import Exposure
from .projector import Geometry, Projection, materials, project
from .ribs import PosteriorEdge, posterior_edges

LATERAL = ("lateral_left", "lateral_right")
FRONTAL = ("frontal_pa", "frontal_ap")


@dataclass(frozen=True)
class Scene:
    """A warped trunk ready to be exposed: materials, lungs' middle slice, half sizes in mm, backs of the lungs."""

    volume: NDArray[np.float32]
    spacing_mm: float
    z_centre: float
    half_width_mm: float
    half_depth_mm: float
    lung_half_mm: float
    name: str
    backs: tuple[PosteriorEdge, PosteriorEdge]


def scene(anatomy: Anatomy) -> Scene:
    """Materials and sizes of a trunk."""
    top, bottom = anatomy.lung_extent()
    s = anatomy.spacing_mm
    band = anatomy.hu[(top + bottom) // 2] > -300
    xs, ys = np.nonzero(band.any(axis=0))[0], np.nonzero(band.any(axis=1))[0]
    return Scene(
        materials(anatomy),
        s,
        0.5 * (top + bottom),
        0.5 * (xs[-1] - xs[0]) * s,
        0.5 * (ys[-1] - ys[0]) * s,
        0.5 * (bottom - top) * s,
        anatomy.name,
        posterior_edges(anatomy.lung, s, (0.1, 0.9)),
    )


def lateral_yaw(rng: np.random.Generator) -> float:
    """Yaw of a lateral: half within 6 degrees, half 6 to 25, both directions alike."""
    size = abs(rng.normal(0, 3.0)) if rng.random() < 0.42 else rng.uniform(4, 25)
    return float(min(size, 25.0) * rng.choice([-1, 1]))


def random_geometry(scn: Scene, view: str, yaw_deg: float, rng: np.random.Generator) -> Geometry:
    """Distances, tilt and central ray of one exposure."""
    half = scn.half_width_mm if view in LATERAL else scn.half_depth_mm
    near = view == "frontal_ap" and rng.random() < 0.6  # portable
    return Geometry(
        view=view,
        yaw_deg=yaw_deg,
        tilt_deg=float(rng.normal(0, 2.2)),
        sid_mm=float(rng.uniform(1000, 1300) if near else rng.uniform(1500, 2000)),
        axis_to_detector_mm=float(half + rng.uniform(20, 90)),
        ray_z_mm=float(rng.normal(15, 25)),
        ray_u_mm=float(rng.normal(0, 15)),
        anterior=str(rng.choice(["left", "right"])),
        pixel_mm=1.0,
        canvas_px=600,
    )


def shoot(scn: Scene, geometry: Geometry, rng: np.random.Generator) -> Projection:
    """Project and add arms (raised, forward or, frontal, beside the trunk) and sometimes wires."""
    projection = project(scn.volume, scn.spacing_mm, scn.z_centre, geometry)
    soft, bone = projection.soft, projection.bone
    top = -scn.lung_half_mm
    pose = str(rng.choice(["raised", "forward", "none"], p=[0.4, 0.25, 0.35]))
    if geometry.view in FRONTAL:
        pose = "down" if rng.random() < 0.35 else "none"
    for side in (-1.0, 1.0):
        x = side * (0.75 * scn.half_width_mm)
        jitter = rng.normal(0, 18, 3)
        y0 = -0.15 * scn.half_depth_mm + jitter[0]
        radius = float(rng.uniform(28, 48))
        if pose == "raised":
            hand = (x * 0.7, y0 - rng.uniform(0, 160), top - 280.0)
            draw.add_arm(soft, bone, (x, y0, top + 5 + jitter[1]), hand, geometry, radius)
        elif pose == "forward":
            hand = (x * 0.8, y0 - 300.0, top - rng.uniform(-40, 140))
            draw.add_arm(soft, bone, (x, y0, top + 5 + jitter[1]), hand, geometry, radius)
        elif pose == "down":
            x = side * (scn.half_width_mm + radius * rng.uniform(0.7, 1.6))
            draw.add_arm(soft, bone, (x, 0.0, top + 5), (x * 1.12, 0.0, top + 420.0), geometry, radius)
    if rng.random() < (0.2 if geometry.view in LATERAL else 0.3):
        draw.add_wires(bone, rng, lung_box(projection.lung), geometry.pixel_mm)
    return projection


def random_look(rng: np.random.Generator, lateral: bool, crisp: bool = False) -> Look:
    """Exposure and display processing, from soft old film to hard multi-frequency DR.

    With `crisp` bones get back some of the detail that thick slices took (`film.crisp`), from none to more than real.
    """
    curve = str(rng.choice(["dr", "film", "linear"], p=[0.55, 0.3, 0.15]))
    exposure = Exposure(
        kvp=int(rng.choice([80, 110, 130], p=[0.2, 0.5, 0.3])),
        photons=float(10 ** rng.uniform(4.6, 6.2)),
        scatter=float(rng.uniform(0.05, 0.7 if lateral else 0.5)),
        scatter_mm=float(rng.uniform(30, 70)),
        blur_px=float(rng.uniform(0.3, 1.3)),
    )
    look = Look(
        exposure=exposure,
        curve=curve,
        flatten=float(rng.uniform(0.15, 0.75)),
        flatten_mm=float(rng.uniform(20, 70)),
        sharpen=float(rng.uniform(0.3, 2.4)) if curve == "dr" else float(rng.uniform(0.2, 1.8)),
        sharpen_mm=float(np.exp(rng.uniform(np.log(1.2), np.log(8)))),
        low=float(rng.uniform(0.3, 12)),
        high=float(rng.uniform(88, 99.7)),
        gamma=float(np.exp(rng.normal(0.0, 0.3))),
        slope=float(rng.uniform(0.6, 1.8)),
        black_air=bool(rng.random() < 0.85),
    )
    if not crisp:
        return look
    return replace(
        look,
        bone_detail=float(rng.uniform(0.0, 3.0)),
        bone_detail_mm=float(rng.uniform(2.0, 4.0)),
        bone_gain=float(rng.uniform(1.0, 1.6)),
    )


def _limit(scn_mm: float, want: float, size_mm: float) -> float:
    """Margins end before the rendered trunk does."""
    return min(want, scn_mm / size_mm)


def random_framing(projection: Projection, rng: np.random.Generator, cut_share: float = 0.5) -> Framing:
    """Field edges: whole lungs with 1.5..35 % to spare, or one or two edges cutting 0.5..22 % of the lung's extent."""
    lateral = projection.geometry.view in LATERAL
    margins = [float(rng.uniform(0.04, 0.30)) for _ in range(4)]
    if lateral:
        margins[0], margins[1] = (float(rng.uniform(0.05, 0.55)) for _ in range(2))
    if rng.random() < 0.25:  # tight but whole
        margins[int(rng.integers(4))] = float(rng.uniform(0.012, 0.04))
    if rng.random() < cut_share:
        for _ in range(1 if rng.random() < 0.8 else 2):
            edge = int(rng.choice(4, p=[0.22, 0.22, 0.22, 0.34]))
            margins[edge] = -float(np.exp(rng.uniform(np.log(0.012), np.log(0.2))))
    roll = float(rng.normal(0, 3.0))
    side = projection.geometry.canvas_px
    lung = cv2.warpAffine(projection.lung, roll_matrix(side, roll), (side, side))
    _, y0, _, y1 = lung_box(lung)
    scale = 1.1 / projection.geometry.pixel_mm
    margins[2] = _limit(55 * scale, margins[2], y1 - y0)
    margins[3] = _limit(50 * scale, margins[3], y1 - y0)
    bands = [0.0] * 4
    for i in range(4):
        if rng.random() < 0.14:
            bands[i] = float(rng.uniform(0.005, 0.09))
    value = int(rng.choice([0, 0, 0, 255, 235, int(rng.uniform(0, 255))]))
    left, right, top, bottom = margins
    return Framing((left, right, top, bottom), (bands[0], bands[1], bands[2], bands[3]), value, roll)


def random_film(
    projection: Projection,
    rng: np.random.Generator,
    cut_share: float = 0.5,
    long_side: int = 512,
    crisp: bool = False,
) -> tuple[Film, Framing]:
    """One film of a projection: random framing, look and letters."""
    lateral = projection.geometry.view in LATERAL
    framing = replace(random_framing(projection, rng, cut_share), long_side=long_side)
    film = expose(projection, framing, random_look(rng, lateral, crisp), rng)
    if rng.random() < 0.5:
        draw.letters(film.pixels, rng, projection.geometry.view)
    return film, framing


__all__ = ["LUNG_FROM_MM", "Scene", "lateral_yaw", "random_film", "random_geometry", "scene", "shoot"]
