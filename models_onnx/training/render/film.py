"""Film looks: field of view and collimation, display processing, letters, lines; and the exact lung on the film."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from .physics import Exposure, attenuation_log
from .projector import Projection

Float2 = NDArray[np.float32]
Byte2 = NDArray[np.uint8]
EDGES = ("left", "right", "top", "bottom")
LUNG_FROM_MM = 3.0  # a ray through less lung than this counts as beside the lung


@dataclass(frozen=True)
class Framing:
    """Which part of the canvas becomes the film.

    ``margins`` are the distances from the lung's bounding box to the edge of the *irradiated* field, in fractions of
    the box's width (left, right) and height (top, bottom); negative cuts the lung. ``bands`` are the unexposed bands
    between field and film border, fractions of the film's width and height.
    """

    margins: tuple[float, float, float, float] = (0.1, 0.1, 0.1, 0.1)
    bands: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    band_value: int = 0
    roll_deg: float = 0.0
    long_side: int = 512


@dataclass(frozen=True)
class Look:
    """Display processing of one film; see `display`."""

    exposure: Exposure = field(default_factory=Exposure)
    curve: str = "dr"  # "dr": flattened and edge-enhanced; "film": characteristic curve; "linear"
    flatten: float = 0.4  # share of slow contrast (over flatten_mm) taken away
    flatten_mm: float = 40.0
    sharpen: float = 0.6
    sharpen_mm: float = 2.5
    low: float = 4.0  # percentiles of the body's signal that become black and white
    high: float = 97.0
    gamma: float = 1.0
    slope: float = 1.4
    black_air: bool = True
    bone_detail: float = 0.0  # unsharp mask of the bone's path: CT slices of 2.5 to 8 mm smear the ribs
    bone_detail_mm: float = 3.0
    bone_gain: float = 1.0


@dataclass(frozen=True)
class Film:
    """An 8-bit film (bones white), its lung path (mm, same size) and where lung was lost.

    Attributes:
        lung_mm: lung along each ray; zero in bands. ``lung_mm > LUNG_FROM_MM`` is the exact mask.
        beyond: share of the projected lung area lost beyond each edge of the field (left, right, top, bottom).
        depth: how deep each edge cuts, as a fraction of the lung box's width or height (0 = not cut).
        field: irradiated field on the film in fractions (left, top, right, bottom).
        pixel_mm: pixel on the detector.
        place: 2x3 affine from canvas pixels (column, row, 1) to film pixels.
    """

    pixels: Byte2
    lung_mm: Float2
    beyond: dict[str, float]
    depth: dict[str, float]
    field: tuple[float, float, float, float]
    pixel_mm: float
    place: NDArray[np.float64]


def roll_matrix(side: int, roll_deg: float) -> NDArray[np.float64]:
    """2x3 turn of the canvas about its middle (counter-clockwise as seen)."""
    return np.asarray(cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), roll_deg, 1.0))


def lung_box(lung_mm: Float2) -> tuple[int, int, int, int]:
    """left, top, right, bottom (exclusive) of the lung; raises ValueError where there is none."""
    mask = lung_mm > LUNG_FROM_MM
    xs, ys = np.nonzero(mask.any(axis=0))[0], np.nonzero(mask.any(axis=1))[0]
    if len(xs) == 0:
        raise ValueError("no lung in the projection")
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1


def expose(projection: Projection, framing: Framing, look: Look, rng: np.random.Generator) -> Film:
    """One film from a projection. About 0.05 s at 512 px."""
    return expose_unit(projection, framing, look, rng)[0]


def expose_unit(
    projection: Projection, framing: Framing, look: Look, rng: np.random.Generator
) -> tuple[Film, Float2]:
    """As `expose`, with the presentation values also in 0..1 float32, for films of more than 8 bits."""
    side = projection.geometry.canvas_px
    roll = roll_matrix(side, framing.roll_deg)
    lung = cv2.warpAffine(projection.lung, roll, (side, side), flags=cv2.INTER_LINEAR)
    x0, y0, x1, y1 = lung_box(lung)
    width, height = x1 - x0, y1 - y0
    left, right, top, bottom = framing.margins
    field_box = (x0 - left * width, y0 - top * height, x1 + right * width, y1 + bottom * height)

    mask = lung > LUNG_FROM_MM
    area = max(1, int(mask.sum()))
    fx0, fy0, fx1, fy1 = (round(v) for v in field_box)
    beyond = {
        "left": float(mask[:, : max(fx0, 0)].sum()) / area,
        "right": float(mask[:, max(fx1, 0) :].sum()) / area,
        "top": float(mask[: max(fy0, 0)].sum()) / area,
        "bottom": float(mask[max(fy1, 0) :].sum()) / area,
    }
    depth = {
        "left": max(0.0, (fx0 - x0) / width),
        "right": max(0.0, (x1 - fx1) / width),
        "top": max(0.0, (fy0 - y0) / height),
        "bottom": max(0.0, (y1 - fy1) / height),
    }

    bl, br, bt, bb = framing.bands
    field_w, field_h = fx1 - fx0, fy1 - fy0
    film_w, film_h = field_w / (1 - bl - br), field_h / (1 - bt - bb)
    zoom = framing.long_side / max(film_w, film_h)
    cols, rows = max(8, round(film_w * zoom)), max(8, round(film_h * zoom))
    move = np.array([[zoom, 0, -(fx0 - bl * film_w) * zoom], [0, zoom, -(fy0 - bt * film_h) * zoom]])
    place = move @ np.vstack([roll, [0, 0, 1]])
    flags = cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_AREA
    soft, bone, lung_film = (
        cv2.warpAffine(a, place, (cols, rows), flags=flags if flags != cv2.INTER_AREA else cv2.INTER_LINEAR)
        for a in (projection.soft, projection.bone, projection.lung)
    )
    pixel_mm = projection.geometry.pixel_mm / zoom
    bone = crisp(bone, look, pixel_mm)
    signal = attenuation_log(np.maximum(soft, 0), np.maximum(bone, 0), look.exposure, pixel_mm, rng)
    fl, fr = round(bl * cols), cols - round(br * cols)
    ft, fb = round(bt * rows), rows - round(bb * rows)
    inner = (slice(ft, fb), slice(fl, fr))
    unit = np.full((rows, cols), framing.band_value / 255, np.float32)
    unit[inner] = display(signal[inner], look, pixel_mm)
    pixels = np.clip(np.rint(unit * 255), 0, 255).astype(np.uint8)
    exact = np.zeros_like(lung_film)
    exact[inner] = lung_film[inner]
    film = Film(pixels, exact, beyond, depth, (fl / cols, ft / rows, fr / cols, fb / rows), pixel_mm, place)
    return film, unit


def crisp(bone: Float2, look: Look, pixel_mm: float) -> Float2:
    """The bone's path (H, W; g/cm2) with the detail that thick CT slices took away: rib heads, rims, single ribs.

    Projection is linear, so this sharpens the volume in the film's plane.
    """
    if look.bone_detail > 0:
        slow = cv2.GaussianBlur(bone, (0, 0), max(0.5, look.bone_detail_mm / pixel_mm))
        bone = bone + look.bone_detail * (bone - slow)
    return np.maximum(look.bone_gain * bone, 0).astype(np.float32)


def display(signal: Float2, look: Look, pixel_mm: float) -> Float2:
    """-log signal to a presentation image 0..1, bones white. (H, W) -> (H, W) float32."""
    body = signal > 0.35
    if body.mean() < 0.05:
        body = np.ones_like(body)
    image = signal
    if look.curve == "dr":
        # Slow contrast is measured inside the body only, so that the skin line keeps no halo of air.
        factor = max(1.0, look.flatten_mm / pixel_mm / 4)
        small = (max(4, round(image.shape[1] / factor)), max(4, round(image.shape[0] / factor)))
        weight = cv2.resize(body.astype(np.float32), small, interpolation=cv2.INTER_AREA)
        value = cv2.resize(image * body, small, interpolation=cv2.INTER_AREA)
        slow = cv2.GaussianBlur(value, (0, 0), 4.0) / np.maximum(cv2.GaussianBlur(weight, (0, 0), 4.0), 1e-3)
        slow = cv2.resize(slow, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
        middle = float(np.median(slow[body]))
        image = np.where(body, image - look.flatten * (slow - middle), image)
    if look.sharpen > 0:
        image = image + look.sharpen * (
            image - cv2.GaussianBlur(image, (0, 0), max(0.5, look.sharpen_mm / pixel_mm))
        )
    sample = image[body]
    low, high = (float(v) for v in np.percentile(sample, (look.low, look.high)))
    unit = (image - low) / max(high - low, 1e-3)
    if look.curve == "film":
        unit = 1 / (1 + np.exp(-look.slope * 4 * (unit - 0.5)))
        lo = 1 / (1 + np.exp(look.slope * 2))
        unit = (unit - lo) / (1 - 2 * lo)
    unit = np.clip(unit, 0, 1) ** look.gamma
    if not look.black_air:
        unit = 0.06 + 0.94 * unit
    return np.asarray(unit, np.float32)
