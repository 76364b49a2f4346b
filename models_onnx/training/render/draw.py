"""What lies on films besides the patient: raised arms (analytic), side letters, text, wires and electrodes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .projector import Geometry, axes

Float2 = NDArray[np.float32]
Byte2 = NDArray[np.uint8]
LATERAL_LETTERS = ("L", "R", "LT", "S", "SN", "B", "LL", "RL", "LAT")
FRONTAL_LETTERS = ("L", "R", "PA", "AP", "D", "S")


def add_arm(
    soft: Float2,
    bone: Float2,
    shoulder_mm: tuple[float, float, float],
    hand_mm: tuple[float, float, float],
    geometry: Geometry,
    radius_mm: float = 40.0,
    bone_radius_mm: float = 11.0,
) -> None:
    """Add an arm, a round bar from ``shoulder`` to ``hand`` (x, y, z; mm from the lungs' middle), in place.

    The path through a bar of radius r at distance d from its projected axis is 2 sqrt(r^2 - d^2) / sin(angle between
    bar and beam); magnification is taken end by end and interpolated along the bar.
    """
    t, u = axes(geometry.view, geometry.yaw_deg)
    flip = -1.0 if geometry.view.startswith("lateral") and geometry.anterior == "right" else 1.0
    ends = []
    for x, y, z in (shoulder_mm, hand_mm):
        t_mm, u_mm = x * t[0] + y * t[1], x * u[0] + y * u[1]
        scale = geometry.sid_mm / (geometry.sid_mm - geometry.axis_to_detector_mm + t_mm) / geometry.pixel_mm
        centre = (geometry.canvas_px - 1) / 2
        across = centre + flip * scale * (u_mm - geometry.ray_u_mm)
        ends.append((across, centre + scale * (z - geometry.ray_z_mm), scale))
    (x0, y0, s0), (x1, y1, s1) = ends
    axis = np.subtract(hand_mm, shoulder_mm)
    length = float(np.linalg.norm(axis))
    cosine = abs(float(axis[0] * t[0] + axis[1] * t[1])) / max(length, 1e-6)
    sine = max(0.35, float(np.sqrt(max(0.0, 1 - cosine**2))))
    yy, xx = np.mgrid[0 : geometry.canvas_px, 0 : geometry.canvas_px].astype(np.float32)
    dx, dy = x1 - x0, y1 - y0
    along = ((xx - x0) * dx + (yy - y0) * dy) / max(dx * dx + dy * dy, 1e-6)
    distance = np.abs((xx - x0) * dy - (yy - y0) * dx) / max(float(np.hypot(dx, dy)), 1e-6)
    # Both ends fade out softly: the upper one into the shoulder, the other off the film.
    fade = np.clip(along / 0.3 + 0.3, 0, 1) * np.clip((1.1 - along) / 0.1, 0, 1)
    along = np.clip(along, 0, 1)
    distance = distance / (s0 + along * (s1 - s0))
    taper = 1.15 - 0.4 * along

    def chord(radius: float) -> Float2:
        path = 2 * np.sqrt(np.clip((radius * taper) ** 2 - distance**2, 0, None)) / sine / 10
        return np.asarray(path * fade * fade * (3 - 2 * fade), np.float32)

    shell = chord(bone_radius_mm) - chord(bone_radius_mm * 0.55)
    soft += chord(radius_mm) * 1.0 - chord(bone_radius_mm)
    bone += shell * 1.7
    soft += (chord(bone_radius_mm) - shell) * 0.95


def add_wires(
    bone: Float2, rng: np.random.Generator, box: tuple[int, int, int, int], pixel_mm: float
) -> None:
    """Leads, lines or a tube: smooth curves of plastic or metal across the lung box, in place (as bone, g/cm2)."""
    x0, y0, x1, y1 = box
    canvas = np.zeros_like(bone)
    for _ in range(int(rng.integers(1, 4))):
        points = (
            np.sort(rng.uniform(0, 1, 4))[:, None] * np.array([x1 - x0, y1 - y0]) * rng.choice([-1, 1], 2)
        )
        points = points + np.array([rng.uniform(x0, x1), rng.uniform(y0 - 0.3 * (y1 - y0), y1)])
        points += rng.normal(0, 0.08, points.shape) * (x1 - x0)
        s = np.linspace(0, 1, 60)[:, None]
        a, b, c, d = points
        curve = (1 - s) ** 3 * a + 3 * s * (1 - s) ** 2 * b + 3 * s**2 * (1 - s) * c + s**3 * d
        thick = max(1, round(float(rng.uniform(1.0, 4.0)) / pixel_mm))
        cv2.polylines(canvas, [np.round(curve * 8).astype(np.int32)], False, 1.0, thick, cv2.LINE_AA, 3)
        if rng.random() < 0.6:
            end = tuple(int(v) for v in curve[-1])
            cv2.circle(canvas, end, round(float(rng.uniform(4, 9)) / pixel_mm), 1.0, -1, cv2.LINE_AA)
    canvas = cv2.GaussianBlur(canvas, (0, 0), 0.6)
    bone += canvas * float(rng.uniform(0.15, 0.9))


def letters(image: Byte2, rng: np.random.Generator, view: str) -> None:
    """A side letter and sometimes lines of text in the film's corners, in place."""
    rows, cols = image.shape
    text = str(rng.choice(LATERAL_LETTERS if "lateral" in view else FRONTAL_LETTERS))
    size = rows / 512 * float(rng.uniform(0.5, 1.2))
    at = (int(rng.uniform(0.03, 0.85) * cols), int(rng.uniform(0.05, 0.25) * rows))
    value = int(rng.uniform(170, 256))
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, value, max(1, round(2 * size)), cv2.LINE_AA)
    if rng.random() < 0.15:
        x = int(rng.choice([0.02, 0.72]) * cols)
        for i in range(int(rng.integers(2, 5))):
            at = (x, int((0.06 + 0.03 * i) * rows))
            words = "A1 " * int(rng.integers(2, 5))
            cv2.putText(image, words, at, cv2.FONT_HERSHEY_PLAIN, 0.7 * rows / 512, 200, 1, cv2.LINE_AA)
