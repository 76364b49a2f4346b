"""The posterior ribs of both sides: where they lie over each other is a true lateral, and how far apart they project.

The inner edge of the posterior ribs is the back of each lung, so exact lung masks give both contours without
segmenting a single rib. The true lateral of positioning guides is the turn at which the two contours fall together;
left-right symmetry of the trunk (`symmetry`) differs from it by up to four degrees in crooked chests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .projector import Geometry, axes

Float1 = NDArray[np.float64]
Float2 = NDArray[np.float64]
SPAN = (0.25, 0.75)  # of the lung's height: above are shoulders, below the recesses


@dataclass(frozen=True)
class PosteriorEdge:
    """Back of one lung: for every slice and column the last lung voxel. Coordinates in mm from the array's middle.

    Attributes:
        x: (n,) patient's right to left. y: (n,) front to back. z: (n,) head to foot.
        row: (n,) slice number of each point.
    """

    x: Float1
    y: Float1
    z: Float1
    row: NDArray[np.int64]


def posterior_edges(
    lung: NDArray[np.float32], spacing_mm: float, span: tuple[float, float] = SPAN
) -> tuple[PosteriorEdge, PosteriorEdge]:
    """Backs of the right and of the left lung (halves of the array) over ``span`` of the lungs' height.

    ``lung`` is (z, y, x), 0..1. Raises ValueError where one side has no lung.
    """
    solid = lung > 0.5
    zs = np.nonzero(solid.any(axis=(1, 2)))[0]
    if len(zs) == 0:
        raise ValueError("no lung in the volume")
    first, last = (round(float(zs[0] + f * (zs[-1] - zs[0]))) for f in span)
    middle_z, middle_y, middle_x = ((n - 1) / 2 for n in lung.shape)
    part = solid[first : last + 1]
    has = part.any(axis=1)
    back = part.shape[1] - 1 - np.argmax(part[:, ::-1], axis=1)
    sides = []
    for side in (0, 1):
        here = has.copy()
        half = round(middle_x)
        here[:, half:] &= side == 1
        here[:, :half] &= side == 0
        z, x = np.nonzero(here)
        if len(z) == 0:
            raise ValueError("a side has no lung")
        sides.append(
            PosteriorEdge(
                (x - middle_x) * spacing_mm,
                (back[z, x] - middle_y) * spacing_mm,
                (z + first - middle_z) * spacing_mm,
                (z + first).astype(np.int64),
            )
        )
    return sides[0], sides[1]


def _most_posterior(edge: PosteriorEdge, u: Float1) -> dict[int, float]:
    order = np.argsort(edge.row, kind="stable")
    rows, starts = np.unique(edge.row[order], return_index=True)
    return dict(zip(rows.tolist(), np.maximum.reduceat(u[order], starts).tolist(), strict=True))


def separation_mm(edges: tuple[PosteriorEdge, PosteriorEdge], turn_deg: float) -> float:
    """Left minus right back in a parallel lateral projection after a turn in OpenCV's sense; mean over the slices.

    Positive where the left ribs lie further back.
    """
    c, s = float(np.cos(np.radians(turn_deg))), float(np.sin(np.radians(turn_deg)))
    right, left = (_most_posterior(e, e.y * c - e.x * s) for e in edges)
    both = sorted(set(right) & set(left))
    if not both:
        raise ValueError("no slice shows both lungs")
    return float(np.mean([left[k] - right[k] for k in both]))


def overlap_turn(edges: tuple[PosteriorEdge, PosteriorEdge], span_deg: float = 15.0) -> float:
    """Turn (degrees, OpenCV's sense, of the array as it lies) that lays the posterior ribs of both sides together.

    Raises ValueError where no turn within ``span_deg`` does.
    """
    turns = np.arange(-span_deg, span_deg + 0.25, 0.5)
    apart = np.array([separation_mm(edges, float(t)) for t in turns])
    crossings = np.nonzero(np.signbit(apart[:-1]) != np.signbit(apart[1:]))[0]
    if len(crossings) == 0:
        raise ValueError(f"the posterior ribs do not meet within {span_deg} degrees")
    k = int(crossings[np.abs(turns[crossings]).argmin()])
    return float(turns[k] - apart[k] * (turns[k + 1] - turns[k]) / (apart[k + 1] - apart[k]))


def contours(
    edges: tuple[PosteriorEdge, PosteriorEdge], z_centre: float, spacing_mm: float, geometry: Geometry
) -> tuple[Float2, Float2]:
    """Posterior rib contours (right, left) of a cone-beam lateral: (n, 2) canvas columns and rows, one a 6 mm of film.

    ``z_centre`` is the slice on the central ray's level, as for `projector.project`, of the array the edges are from.
    """
    t, u = axes(geometry.view, geometry.yaw_deg)
    flip = -1.0 if geometry.anterior == "right" else 1.0
    centre = (geometry.canvas_px - 1) / 2
    lean = float(np.tan(np.radians(geometry.tilt_deg)))
    bin_px = 6.0 / geometry.pixel_mm
    out = []
    for edge in edges:
        t_mm = edge.x * t[0] + edge.y * t[1]
        scale = geometry.sid_mm / (geometry.sid_mm - geometry.axis_to_detector_mm + t_mm) / geometry.pixel_mm
        back = scale * (edge.x * u[0] + edge.y * u[1] - geometry.ray_u_mm)
        row = centre + scale * ((edge.row - z_centre) * spacing_mm - geometry.ray_z_mm + lean * t_mm)
        bins = np.floor(row / bin_px).astype(np.int64)
        found = _most_posterior(PosteriorEdge(edge.x, edge.y, edge.z, bins), back)
        keys = np.array(sorted(found))
        # The first and last bins hold the slant of the cone's ends, not the contour.
        keys = keys[1:-1]
        out.append(
            np.stack([centre + flip * np.array([found[int(k)] for k in keys]), (keys + 0.5) * bin_px], 1)
        )
    return out[0], out[1]


def contour_separation(
    right: Float2, left: Float2, anterior: str, span: tuple[float, float] = (0.2, 0.8)
) -> float:
    """How far the left contour lies behind the right one (canvas pixels), mean over ``span`` of their common rows."""
    low, high = max(right[0, 1], left[0, 1]), min(right[-1, 1], left[-1, 1])
    rows = np.linspace(low + span[0] * (high - low), low + span[1] * (high - low), 25)
    apart = np.interp(rows, left[:, 1], left[:, 0]) - np.interp(rows, right[:, 1], right[:, 0])
    return float(apart.mean()) * (-1.0 if anterior == "right" else 1.0)
