"""Many anatomies from few: smooth warps of a trunk that keep it symmetric, so that yaw 0 stays the true lateral."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .anatomy import AIR_HU, Anatomy

Float1 = NDArray[np.float32]


@dataclass(frozen=True)
class Build:
    """How one patient differs from the CT. Scales are target size / CT size."""

    width: float = 1.0
    depth: float = 1.0
    height: float = 1.0
    barrel: float = 0.0  # extra depth (fraction) at mid-chest against the ends
    bend_mm: float = 0.0  # sagittal bow of the spine over the lung height
    slope: float = 0.0  # sagittal lean, mm per mm
    wall_front: float = 1.0  # thickness of the wall in front of, beside and behind the rib cage
    wall_side: float = 1.0
    wall_back: float = 1.0
    breath: float = 0.0  # > 0 stretches the lower half of the lungs
    breast_mm: float = 0.0  # protrusion; 0 = none
    breast_drop: float = 0.55  # centre, fraction of lung height
    lung_density: float = 1.0
    bone_density: float = 1.0
    opacities: int = 0
    mirrored: bool = False


def random_build(rng: np.random.Generator) -> Build:
    """Draw an adult build: thin to stout, short to tall, with or without breasts, clear or opaque lungs."""
    stout = rng.normal(0, 1)
    wall = float(np.clip(np.exp(0.20 * stout + 0.10 * rng.normal()), 0.6, 1.6))
    return Build(
        width=float(np.clip(rng.normal(1.0, 0.07), 0.84, 1.18)),
        depth=float(np.clip(rng.normal(1.02 + 0.03 * stout, 0.10), 0.80, 1.32)),
        height=float(np.clip(rng.normal(1.03, 0.10), 0.82, 1.30)),
        barrel=float(np.clip(rng.normal(0.03, 0.06), -0.1, 0.2)),
        bend_mm=float(rng.normal(5, 9)),
        slope=float(rng.normal(0, 0.06)),
        wall_front=wall * float(np.exp(0.15 * rng.normal())),
        wall_side=wall * float(np.exp(0.12 * rng.normal())),
        wall_back=wall * float(np.exp(0.12 * rng.normal())),
        breath=float(np.clip(rng.normal(0.06, 0.10), -0.15, 0.30)),
        breast_mm=float(rng.uniform(15, 70)) if rng.random() < 0.35 else 0.0,
        breast_drop=float(rng.uniform(0.45, 0.8)),
        lung_density=float(np.exp(rng.normal(0.0, 0.22))),
        bone_density=float(np.clip(rng.normal(1.0, 0.18), 0.5, 1.4)),
        opacities=int(rng.integers(1, 4)) if rng.random() < 0.3 else 0,
        mirrored=bool(rng.random() < 0.3),
    )


def _z_map(n_source: int, lungs: tuple[int, int], scale: float, step: float, build: Build) -> Float1:
    """Source slice for every target slice (target voxels ``step`` source voxels tall)."""
    z = np.arange(n_source, dtype=np.float64)
    top, bottom = lungs
    inside = 1 / (1 + np.exp(-(z - top + 4) / 4)) * 1 / (1 + np.exp((z - bottom - 4) / 4))
    lower = 1 / (1 + np.exp(-(z - 0.5 * (top + bottom)) / (0.12 * (bottom - top))))
    stretch = 1 + inside * (scale - 1) + inside * lower * build.breath
    where = np.concatenate([[0.0], np.cumsum(stretch[:-1])])  # target position of each source slice
    target = np.arange(0.0, where[-1], step)
    return np.interp(target, where, z).astype(np.float32)


def warp(base: Anatomy, build: Build, voxel_mm: float, rng: np.random.Generator) -> Anatomy:
    """The CT's trunk in another build, resampled to ``voxel_mm``. About 1 s at 2 mm.

    ``rng`` places opacities and glandular texture only. All maps are even in x about the midline.
    """
    hu, lung, s0 = base.hu, base.lung, base.spacing_mm
    lungs = base.lung_extent()
    zs = _z_map(hu.shape[0], lungs, build.height, voxel_mm / s0, build)
    _, height, width = hu.shape
    # Rib cage as a superellipse a slice: half width a, half depth b, centre row c (source voxels, smoothed along z).
    rows = lung.max(axis=2) > 0.5
    cols = lung.max(axis=1) > 0.5
    a, b, c = np.zeros(len(hu)), np.zeros(len(hu)), np.zeros(len(hu))
    for k in range(*lungs):
        ys, xs = np.nonzero(rows[k])[0], np.nonzero(cols[k])[0]
        if len(ys) and len(xs):
            a[k] = max(abs(xs[0] - width / 2), abs(xs[-1] - width / 2))
            b[k], c[k] = 0.5 * (ys[-1] - ys[0]), 0.5 * (ys[-1] + ys[0])
    wide = a > 0.6 * a.max()  # apices and recesses say little about the cage: hold the nearest full slices
    known = np.nonzero(wide)[0]
    sigma = 20.0 / s0

    def hold(values: NDArray[np.float64]) -> Float1:
        full = np.interp(np.arange(len(values)), known, values[known]).astype(np.float32)[:, None]
        return cv2.GaussianBlur(full, (1, 0x7F), sigmaX=1, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE)[
            :, 0
        ]

    a_s, b_s, c_s = hold(a) + 8.0 / s0, hold(b) + 8.0 / s0, hold(c)

    grow = voxel_mm / s0
    wall = max(build.wall_front, build.wall_side, build.wall_back, 1.0)
    out_w = int(np.ceil(width * build.width * (1 + 0.12 * (wall - 1)) / grow)) // 2 * 2
    extra = (
        abs(build.slope) * len(zs) * voxel_mm / 2
        + abs(build.bend_mm)
        + 1.5 * build.breast_mm
        + 60 * (wall - 1)
    )
    out_h = int(np.ceil((height * build.depth * (1 + max(build.barrel, 0)) + extra / s0 * 1.3) / grow))
    x_t = (np.arange(out_w, dtype=np.float32) - (out_w - 1) / 2) * grow
    y_t = (np.arange(out_h, dtype=np.float32) - (out_h - 1) / 2) * grow
    z_mid = 0.5 * (lungs[0] + lungs[1])
    z_half = 0.5 * (lungs[1] - lungs[0])
    out_hu = np.empty((len(zs), out_h, out_w), np.float32)
    out_lung = np.empty_like(out_hu)
    for k, zf in enumerate(zs):
        i = min(int(zf), len(hu) - 2)
        f = float(zf) - i
        plane = cv2.addWeighted(hu[i], 1 - f, hu[i + 1], f, 0)
        lung_plane = cv2.addWeighted(lung[i], 1 - f, lung[i + 1], f, 0)
        r = float((zf - z_mid) / z_half)
        depth = build.depth * (1 + build.barrel * (float(np.exp(-(r**2))) - 0.5))
        shift = build.slope * (zf - z_mid) + build.bend_mm / s0 * (r**2 - 0.5) * (
            1 if abs(r) < 1.4 else 1.96 / r**2
        )
        x = x_t[None, :] / build.width
        y = (y_t[:, None] - shift) / depth + (height / 2 - c_s[i])  # from the cage's centre
        radius = (np.abs(x / a_s[i]) ** 2.5 + np.abs(y / b_s[i]) ** 2.5) ** 0.4
        along = y / (np.abs(x) + np.abs(y) + 1e-3)  # -1 front .. 1 back
        thick = np.where(
            along < 0,
            build.wall_side + (build.wall_front - build.wall_side) * along**2,
            build.wall_side + (build.wall_back - build.wall_side) * along**2,
        )
        source_radius = np.where(radius > 1, 1 + (radius - 1) / thick, radius)
        gain = source_radius / np.maximum(radius, 1e-3)
        map_x = np.ascontiguousarray(x * gain + (width - 1) / 2, np.float32)
        map_y = np.ascontiguousarray(y * gain + c_s[i], np.float32)
        out_hu[k] = cv2.remap(
            plane, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=AIR_HU
        )
        out_lung[k] = cv2.remap(lung_plane, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    out = Anatomy(out_hu, out_lung, voxel_mm, base.name)
    _densities(out, build, rng)
    if build.breast_mm > 0:
        _add_breasts(out, build, rng)
    if build.mirrored:
        out = replace(out, hu=out.hu[:, :, ::-1].copy(), lung=out.lung[:, :, ::-1].copy())
    return out


def _densities(anatomy: Anatomy, build: Build, rng: np.random.Generator) -> None:
    """Lighter or denser lungs and bones, and soft-edged opacities in the lungs. In place."""
    hu, lung = anatomy.hu, anatomy.lung
    inside = lung > 0.5
    hu[inside] = np.minimum(AIR_HU + (hu[inside] - AIR_HU) * build.lung_density, np.maximum(hu[inside], 40))
    bone = hu > 150
    hu[bone] = 150 + (hu[bone] - 150) * build.bone_density
    where = np.argwhere(inside[::4, ::4, ::4]) * 4 if build.opacities else np.empty((0, 3), int)
    for _ in range(build.opacities if len(where) else 0):
        centre = where[int(rng.integers(len(where)))]
        radii = rng.uniform(10, 45, 3) / anatomy.spacing_mm
        lo = np.maximum((centre - 2 * radii).astype(int), 0)
        hi = np.minimum((centre + 2 * radii).astype(int) + 1, hu.shape)
        box = tuple(slice(a, b) for a, b in zip(lo, hi, strict=True))
        axes = np.ogrid[box]
        d2 = sum(((g - m) / r) ** 2 for g, m, r in zip(axes, centre, radii, strict=True))
        amount = (rng.uniform(0.2, 0.9) * np.exp(-(d2**1.5)) * (lung[box] > 0.5)).astype(np.float32)
        hu[box] += amount * np.maximum(30 - hu[box], 0)


def _add_breasts(anatomy: Anatomy, build: Build, rng: np.random.Generator) -> None:
    """Two soft mounds on the front of the chest, flat above and full below. In place."""
    hu, s = anatomy.hu, anatomy.spacing_mm
    top, bottom = anatomy.lung_extent()
    zc = top + build.breast_drop * (bottom - top)
    half = 0.5 * (hu.shape[2] - 1)
    k = int(np.clip(zc, 0, len(hu) - 1))
    lung_cols = np.nonzero(anatomy.lung[k].max(axis=0) > 0.5)[0]
    reach = half - lung_cols[0] if len(lung_cols) else 0.6 * half
    r_x, r_up, r_down = rng.uniform(55, 75) / s, rng.uniform(80, 120) / s, rng.uniform(35, 60) / s
    fat = rng.uniform(-90, -10)
    x_c = rng.uniform(0.52, 0.6) * reach
    z0, z1 = max(0, int(zc - r_up)), min(len(hu), int(zc + r_down) + 1)
    z = np.arange(z0, z1, dtype=np.float32)[:, None]
    x = np.arange(hu.shape[2], dtype=np.float32)[None, :]
    dz = (z - zc) / np.where(z < zc, r_up, r_down)
    dx = (np.abs(x - half) - x_c) / r_x
    mound = build.breast_mm / s * np.clip(1 - dz**2, 0, 1) * np.clip(1 - np.abs(dx) ** 2.2, 0, 1)
    block = hu[z0:z1]
    skin = np.argmax(block > -300, axis=1)  # first tissue from the front, (z, x); 0 also where there is none
    none = ~(block > -300).any(axis=1)
    y = np.arange(hu.shape[1], dtype=np.float32)[None, :, None]
    depth = skin[:, None, :] - y  # voxels in front of the skin
    inside = (depth > 0) & (depth <= mound[:, None, :]) & ~none[:, None, :]
    block[inside] = fat
