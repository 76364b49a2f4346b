"""Drawn limbs, hands, bellies and skulls: rods, blocks and ellipses of bone in soft tissue.

Every maker takes a Generator and gives uint8 (SIZE, SIZE), bones white.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.augment import smooth_field
from models_onnx.training.drawn_film import F32, SIZE, U8, Rng, as_film


def _tube(
    canvas: F32,
    points: npt.NDArray[np.float64],
    radii: npt.NDArray[np.float64],
    height: float,
    cortex: float = 0.0,
) -> None:
    """Add a round rod along `points`; its projected thickness is a half ellipse, hollow where it has a cortex."""
    mask = np.zeros(canvas.shape, np.uint8)
    for (p, q), r in zip(pairwise(points), (radii[:-1] + radii[1:]) / 2, strict=True):
        cv2.line(mask, (int(p[0]), int(p[1])), (int(q[0]), int(q[1])), 255, max(1, int(2 * r)), cv2.LINE_8)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    reach = max(float(inside.max()), 1.0)
    t = np.clip(inside / reach, 0, 1)
    solid = np.sqrt(np.clip(2 * t - t * t, 0, 1))
    if cortex > 0:
        c = np.clip((inside - cortex * reach) / (reach * (1 - cortex)), 0, 1)
        solid = solid - 0.75 * (1 - cortex) * np.sqrt(np.clip(2 * c - c * c, 0, 1))
    canvas += height * solid.astype(np.float32)


def _line(
    start: npt.ArrayLike, angle: float, length: float, rng: Rng, bend: float = 0.06
) -> npt.NDArray[np.float64]:
    t = np.linspace(0, 1, 12)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    bow = rng.normal(0, bend) * length * np.sin(np.pi * t)
    return np.asarray(start) + np.outer(t * length, along) + np.outer(bow, across)


def _bone(
    canvas: F32, start: npt.ArrayLike, angle: float, length: float, radius: float, rng: Rng
) -> npt.NDArray[np.float64]:
    """One long bone with thick ends; gives its far end."""
    line = _line(start, angle, length, rng)
    ends = 1 + rng.uniform(0.3, 0.9) * np.abs(np.linspace(-1, 1, 12)) ** 4
    _tube(canvas, line, radius * ends, rng.uniform(0.7, 1.3), rng.uniform(0.2, 0.4))
    return np.asarray(line[-1])


def limb(rng: Rng) -> U8:
    """Arm, leg, knee, elbow, ankle: one or two bones a segment, one or two segments, in soft tissue."""
    canvas = np.zeros((SIZE, SIZE), np.float32)
    soft = np.zeros_like(canvas)
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.3 else np.pi / 2 + rng.normal(0, 0.2)
    centre = np.array([SIZE / 2, SIZE / 2]) + rng.normal(0, SIZE * 0.08, 2)
    length = SIZE * rng.uniform(0.5, 1.4)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    width = SIZE * rng.uniform(0.09, 0.3)
    begin = centre - along * length * rng.uniform(0.3, 1.0)
    joints = [begin]
    for _ in range(2):
        bend = angle + rng.normal(0, 0.35)
        twin = rng.random() < 0.5
        radius = width * rng.uniform(0.14, 0.34)
        start = joints[-1]
        _tube(
            soft,
            _line(start, bend, length, rng),
            np.full(12, width * rng.uniform(0.8, 1.1)),
            rng.uniform(0.4, 1.0),
        )
        if twin:
            _bone(canvas, start + across * width * 0.35, bend, length * 0.97, radius * 0.8, rng)
            end = _bone(
                canvas,
                start - across * width * 0.35,
                bend,
                length * 0.97,
                radius * rng.uniform(0.4, 0.9),
                rng,
            )
        else:
            end = _bone(canvas, start, bend, length * 0.97, radius, rng)
        joints.append(end + along * rng.uniform(1, 6))
    return as_film(canvas + soft, rng)


def hand(rng: Rng) -> U8:
    """Hand or foot: a fan of rays with three or four bones each, carpals, two forearm bones."""
    canvas, soft = np.zeros((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE), np.float32)
    up = -np.pi / 2 + rng.normal(0, 0.3) + (np.pi if rng.random() < 0.3 else 0)
    along = np.array([np.cos(up), np.sin(up)])
    across = np.array([-along[1], along[0]])
    wrist = np.array([SIZE / 2, SIZE / 2]) - along * SIZE * rng.uniform(0.1, 0.3)
    unit = SIZE * rng.uniform(0.11, 0.2)
    spread = rng.uniform(0.08, 0.3)
    for finger in range(5):
        angle = up + (finger - 2) * spread
        at = wrist + across * (finger - 2) * unit * 0.38
        total = unit * rng.uniform(2.2, 3.0) * (0.75 if finger in (0, 4) else 1.0)
        _tube(soft, _line(at, angle, total, rng, 0.02), np.full(12, unit * 0.27), 0.5)
        for part in (0.42, 0.27, 0.18, 0.13):
            at = (
                _bone(canvas, at, angle, total * part * 0.93, unit * rng.uniform(0.09, 0.13), rng) + along * 2
            )
    for _ in range(8):
        spot = wrist - along * rng.uniform(0, 0.5) * unit + across * rng.normal(0, 0.5) * unit
        _tube(canvas, _line(spot, rng.uniform(0, 6), unit * 0.2, rng), np.full(12, unit * 0.2), 0.8, 0.25)
    for side in (-0.4, 0.4):
        _bone(
            canvas, wrist - along * unit * 0.6 + across * side * unit, up + np.pi, unit * 3, unit * 0.22, rng
        )
    _tube(
        soft,
        _line(wrist + along * unit * 0.5, up + np.pi, unit * 4, rng, 0.02),
        np.full(12, unit * 0.85),
        0.6,
    )
    return as_film(canvas + soft, rng)


def _vertebrae(
    canvas: F32, x: float, top: float, bottom: float, width: float, rng: Rng, height: float = 0.9
) -> None:
    count = int(rng.integers(4, 10))
    step = (bottom - top) / count
    curve = rng.normal(0, width * 0.6)
    for i in range(count):
        cx = x + curve * np.sin(np.pi * i / count)
        y = top + i * step
        block = np.zeros_like(canvas)
        cv2.rectangle(
            block, (int(cx - width), int(y + step * 0.08)), (int(cx + width), int(y + step * 0.86)), 1.0, -1
        )
        cv2.ellipse(
            block, (int(cx), int(y + step * 0.5)), (int(width * 0.25), int(step * 0.3)), 0, 0, 360, 1.4, -1
        )
        cv2.ellipse(
            block, (int(cx), int(y + step * 0.45)), (int(width * 1.7), int(step * 0.14)), 0, 0, 360, 0.6, 2
        )
        canvas += height * block


def belly(rng: Rng) -> U8:
    """Abdomen or lumbar spine: vertebrae, bowel gas, perhaps a pelvis, perhaps hips."""
    canvas = np.zeros((SIZE, SIZE), np.float32)
    body = np.zeros_like(canvas)
    width = SIZE * rng.uniform(0.3, 0.62)
    x = SIZE / 2 + rng.normal(0, SIZE * 0.08)
    _tube(body, np.array([[x, -SIZE], [x, 2 * SIZE]]), np.array([width, width]), rng.uniform(1.2, 2.2))
    spine_end = SIZE * rng.uniform(0.45, 1.1)
    _vertebrae(canvas, x, -SIZE * 0.1, spine_end, width * rng.uniform(0.1, 0.2), rng)
    gas = np.clip(smooth_field((SIZE, SIZE), int(rng.integers(5, 14)), rng) - rng.uniform(0.1, 0.5), 0, 1)
    if rng.random() < 0.75:
        _pelvis(canvas, x, spine_end, width, rng)
    return as_film(np.clip(body + canvas - gas * rng.uniform(0.4, 1.4) * (body > 0.5), 0, None), rng)


def _pelvis(canvas: F32, x: float, y: float, width: float, rng: Rng) -> None:
    tilt = rng.uniform(15, 40)
    for side in (-1, 1):
        if rng.random() < 0.08:
            continue
        wing = np.zeros_like(canvas)
        at = (int(x + side * width * 0.5), int(y + width * 0.1))
        cv2.ellipse(wing, at, (int(width * 0.28), int(width * 0.45)), side * tilt, 0, 360, 0.6, -1)
        cv2.ellipse(wing, at, (int(width * 0.28), int(width * 0.45)), side * tilt, 0, 360, 1.3, 4)
        ring = (int(x + side * width * 0.3), int(y + width * 0.75))
        cv2.ellipse(
            wing, ring, (int(width * 0.17), int(width * 0.22)), side * 25, 0, 360, 1.1, int(width * 0.1) + 1
        )
        head = np.array([x + side * width * 0.68, y + width * 0.52])
        cv2.circle(wing, (int(head[0]), int(head[1])), int(width * 0.15), 1.1, -1)
        canvas += cv2.GaussianBlur(wing, (0, 0), 1.5)
        neck = head + np.array([side * width * 0.2, width * 0.14])
        _tube(canvas, np.array([head, neck]), np.full(2, width * 0.11), 0.8)
        _bone(canvas, neck, np.pi / 2 - side * rng.uniform(-0.1, 0.9), SIZE * 0.9, width * 0.12, rng)


def skull(rng: Rng) -> U8:
    """Skull from the front or the side, with jaw and cervical spine."""
    canvas = np.zeros((SIZE, SIZE), np.float32)
    r = SIZE * rng.uniform(0.2, 0.42)
    x, y = SIZE / 2 + rng.normal(0, 15), SIZE * rng.uniform(0.3, 0.5)
    wide = rng.uniform(0.72, 1.25)
    head = np.zeros_like(canvas)
    cv2.ellipse(head, (int(x), int(y)), (int(r * wide), int(r)), 0, 0, 360, 0.9, -1)
    cv2.ellipse(head, (int(x), int(y)), (int(r * wide), int(r)), 0, 0, 360, 2.0, int(r * 0.07) + 1)
    side = rng.choice([-1, 1]) if wide > 0.95 else 0
    for s in (-1, 1):
        cv2.ellipse(
            head,
            (int(x + s * r * 0.35 + side * r * 0.5), int(y + r * 0.35)),
            (int(r * 0.22), int(r * 0.18)),
            0,
            0,
            360,
            0.35,
            -1,
        )
    cv2.ellipse(
        head, (int(x + side * r * 0.6), int(y + r * 0.7)), (int(r * 0.14), int(r * 0.28)), 0, 0, 360, 0.3, -1
    )
    cv2.ellipse(
        head,
        (int(x + side * r * 0.5), int(y + r * 0.95)),
        (int(r * 0.5), int(r * 0.45)),
        0,
        0,
        180,
        1.6,
        int(r * 0.14) + 1,
    )
    for i in range(-5, 6):
        cv2.rectangle(
            head,
            (int(x + side * r * 0.6 + i * r * 0.07), int(y + r * 0.95)),
            (int(x + side * r * 0.6 + i * r * 0.07 + r * 0.05), int(y + r * 1.15)),
            2.2,
            -1,
        )
    canvas += cv2.GaussianBlur(head, (0, 0), 2.0)
    _vertebrae(canvas, x - side * r * 0.3, y + r * 0.9, y + r * 3, r * 0.2, rng, 0.7)
    neck = np.zeros_like(canvas)
    _tube(neck, np.array([[x, y + r * 0.5], [x, SIZE * 1.3]]), np.array([r * 0.55, r * 0.6]), 0.7)
    return as_film(canvas + neck, rng)
