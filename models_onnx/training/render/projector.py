"""Cone-beam projection of a trunk by shear-warp: turn every slice, then magnify and add the planes along the beam.

Gantry frame: t along the beam (source at t < 0 side, detector at the far side), u across, z down. A plane at distance
``d`` from the source appears on the detector magnified by SID / d about the central ray.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .anatomy import Anatomy

Float2 = NDArray[np.float32]

# Beam direction in the patient's frame (x to the patient's left, y to the back) for each view at yaw 0.
BEAM = {
    "frontal_pa": (0.0, -1.0),
    "frontal_ap": (0.0, 1.0),
    "lateral_left": (1.0, 0.0),  # left side against the detector
    "lateral_right": (-1.0, 0.0),
}
CORTICAL_DENSITY = 1.92  # g/cm3, ICRU-44 cortical bone
CORTICAL_HU = 1800.0
BONE_FROM_HU = 110.0


@dataclass(frozen=True)
class Geometry:
    """One exposure.

    Attributes:
        view: key of `BEAM`.
        yaw_deg: turn about the long axis out of the view; > 0 = patient's left side forward.
        tilt_deg: lean along the beam (shear, small angles).
        sid_mm: source to detector. axis_to_detector_mm: the trunk's middle to the detector.
        ray_z_mm, ray_u_mm: central ray against the lungs' middle / the midline, at the trunk's middle.
        anterior: side of the image ("left" or "right") that shows the front of the patient; laterals only.
        pixel_mm: pixel on the detector. canvas_px: side of the square canvas, central ray at its middle.
    """

    view: str
    yaw_deg: float = 0.0
    tilt_deg: float = 0.0
    sid_mm: float = 1800.0
    axis_to_detector_mm: float = 220.0
    ray_z_mm: float = 0.0
    ray_u_mm: float = 0.0
    anterior: str = "left"
    pixel_mm: float = 0.9
    canvas_px: int = 640


@dataclass(frozen=True)
class Projection:
    """Path integrals on the detector canvas, (H, W) float32: soft tissue and bone in g/cm2, lung in mm."""

    soft: Float2
    bone: Float2
    lung: Float2
    geometry: Geometry


def materials(anatomy: Anatomy) -> NDArray[np.float32]:
    """(z, y, x, 3): soft-tissue density, bone density (g/cm3), lung fraction.

    Below about 110 HU everything is water-like of density 1 + HU/1000; above, a mixture with cortical bone.
    """
    hu = anatomy.hu
    out = np.empty((*hu.shape, 3), np.float32)
    bone = np.clip((hu - BONE_FROM_HU) / (CORTICAL_HU - BONE_FROM_HU), 0, 1.3)
    out[..., 1] = bone * CORTICAL_DENSITY
    out[..., 0] = np.clip(1 + np.minimum(hu, BONE_FROM_HU) / 1000, 0, None) * np.clip(1 - bone, 0, 1)
    out[..., 2] = anatomy.lung
    return out


def axes(view: str, yaw_deg: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Unit vectors (x, y) of the beam t and of the image's right u in the patient's frame.

    Turning the patient's left side forward by yaw turns the beam by -yaw in the patient's frame. Frontal films are
    shown with the patient's left on the image's right; laterals with the front on the image's left (flip later).
    """
    bx, by = BEAM[view]
    c, s = float(np.cos(np.radians(yaw_deg))), float(np.sin(np.radians(yaw_deg)))
    t = (bx * c - by * s, bx * s + by * c)
    ux, uy = (1.0, 0.0) if view.startswith("frontal") else (0.0, 1.0)
    return t, (ux * c - uy * s, ux * s + uy * c)


def project(
    volume: NDArray[np.float32],
    spacing_mm: float,
    z_centre: float,
    geometry: Geometry,
    merge: int = 2,
    fine: bool = False,
) -> Projection:
    """Project `materials` (z, y, x, 3); ``z_centre`` is the slice of the lungs' middle. About 0.3 s at 2 mm.

    ``merge`` adds that many neighbouring planes before magnifying (their parallax is below a tenth of a millimetre);
    ``fine`` interpolates cubically, for large films.
    """
    depth, height, width, channels = volume.shape
    t, u = axes(geometry.view, geometry.yaw_deg)
    # Bounding box of the turned slice: no need to carry the empty corners along.
    n_t = int(np.ceil(abs(t[0]) * width + abs(t[1]) * height)) // merge * merge + merge
    n_u = int(np.ceil(abs(u[0]) * width + abs(u[1]) * height))
    # Output pixel (col = u, row = t) -> source pixel (col = x, row = y), about the slice's middle.
    inverse = np.array(
        [
            [u[0], t[0], (width - 1) / 2 - u[0] * (n_u - 1) / 2 - t[0] * (n_t - 1) / 2],
            [u[1], t[1], (height - 1) / 2 - u[1] * (n_u - 1) / 2 - t[1] * (n_t - 1) / 2],
        ]
    )
    kind = cv2.INTER_CUBIC if fine else cv2.INTER_LINEAR
    flags = kind | cv2.WARP_INVERSE_MAP
    planes = np.empty((n_t // merge, depth, n_u, channels), np.float32)
    for k in range(depth):
        turned = cv2.warpAffine(volume[k], inverse, (n_u, n_t), flags=flags, borderMode=cv2.BORDER_CONSTANT)
        planes[:, k] = turned.reshape(n_t // merge, merge, n_u, channels).sum(axis=1)

    side = geometry.canvas_px
    centre = (side - 1) / 2
    total = np.zeros((side, side, channels), np.float32)
    lean = float(np.tan(np.radians(geometry.tilt_deg)))
    flip = -1.0 if geometry.view.startswith("lateral") and geometry.anterior == "right" else 1.0
    for i, plane in enumerate(planes):
        if not plane.any():
            continue
        t_mm = ((i + 0.5) * merge - 0.5 - (n_t - 1) / 2) * spacing_mm
        magnification = geometry.sid_mm / (geometry.sid_mm - geometry.axis_to_detector_mm + t_mm)
        scale = magnification * spacing_mm / geometry.pixel_mm
        off_u = centre - scale * ((n_u - 1) / 2 + geometry.ray_u_mm / spacing_mm)
        off_z = centre - scale * (z_centre + (geometry.ray_z_mm - lean * t_mm) / spacing_mm)
        x0, x1 = max(0, int(off_u - scale)), min(side, int(off_u + scale * n_u) + 1)
        y0, y1 = max(0, int(off_z - scale)), min(side, int(off_z + scale * depth) + 1)
        if x1 <= x0 or y1 <= y0:
            continue
        place = np.array([[scale, 0, off_u - x0], [0, scale, off_z - y0]])
        patch = cv2.warpAffine(plane, place, (x1 - x0, y1 - y0), flags=kind)
        total[y0:y1, x0:x1] += patch
    if flip < 0:
        total = total[:, ::-1]
    # Oblique rays run longer through each plane.
    r = (np.arange(side, dtype=np.float32) - centre) * geometry.pixel_mm / geometry.sid_mm
    oblique = np.sqrt(1 + r[:, None] ** 2 + r[None, :] ** 2)
    step_cm = spacing_mm / 10.0
    soft, bone, lung = (np.ascontiguousarray(total[..., j]) * oblique for j in range(3))
    return Projection(soft * step_cm, bone * step_cm, lung * spacing_mm, geometry)
