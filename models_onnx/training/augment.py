"""What may happen to a film between the detector and our eyes: processing, noise, blur, screens, markers,
tubes, opacities.

Each function takes a float32 image 0..255 (H, W) and a numpy Generator and gives a new image of the same kind.
The lung's place never changes here; only `models_onnx.training.windows` moves pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
Rng = np.random.Generator


def smooth_field(shape: tuple[int, int], cells: int, rng: Rng) -> F32:
    """Smooth random field in -1..1 with about `cells` bumps along a side."""
    coarse = rng.uniform(-1, 1, (cells + 2, cells + 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def opacities(image: F32, lung: npt.NDArray[np.uint8], rng: Rng) -> F32:
    """Make part of the lung as white as the mediastinum: consolidation, effusion, a white lung. `lung` is 0
    or 255."""
    inside = lung > 127
    if inside.sum() < 50:
        return image
    white = float(np.percentile(image, rng.uniform(75, 97)))
    shape = image.shape[0], image.shape[1]
    kind = rng.random()
    if kind < 0.25:  # one whole lung
        count, parts = cv2.connectedComponents((inside * 255).astype(np.uint8))
        chosen = int(rng.integers(1, max(2, count)))
        weight = (parts == chosen).astype(np.float32)
    elif kind < 0.5:  # fluid from below
        rows = np.nonzero(inside.any(1))[0]
        level = rows[0] + (rows[-1] - rows[0]) * rng.uniform(0.4, 0.95)
        ramp = np.clip((np.arange(shape[0], dtype=np.float32) - level) / rng.uniform(2, 20) + 0.5, 0, 1)
        weight = np.repeat(ramp[:, None], shape[1], 1)
        if rng.random() < 0.6:
            half = np.arange(shape[1]) < shape[1] * rng.uniform(0.4, 0.6)
            weight = weight * (half if rng.random() < 0.5 else ~half)[None, :]
    else:  # patches
        weight = np.clip(
            smooth_field(shape, int(rng.integers(2, 9)), rng) * 2.5 + rng.uniform(-0.8, 0.8), 0, 1
        )
    soft = cv2.GaussianBlur((inside * weight).astype(np.float32), (0, 0), rng.uniform(1.5, 7))
    alpha = soft * rng.uniform(0.3, 1.0)
    texture = white + smooth_field(shape, 12, rng) * rng.uniform(0, 12)
    return (image * (1 - alpha) + texture * alpha).astype(np.float32)


def tone(image: F32, rng: Rng) -> F32:
    """Gamma, window, equalisation, dodging: another console's processing."""
    low, high = np.percentile(image, (rng.uniform(0, 3), rng.uniform(96, 100)))
    unit = np.clip((image - low) / max(float(high - low), 1.0), 0, 1)
    unit = unit ** float(np.exp(rng.normal(0, 0.38)))
    if rng.random() < 0.2:
        unit = 1 / (1 + np.exp(-(unit - rng.uniform(0.35, 0.65)) * rng.uniform(3, 9)))
    grey = (unit * 255).astype(np.uint8)
    pick = rng.random()
    if pick < 0.1:
        grey = np.asarray(cv2.equalizeHist(grey), np.uint8)
    elif pick < 0.25:
        grey = np.asarray(
            cv2.createCLAHE(rng.uniform(1, 4), (int(rng.integers(2, 9)),) * 2).apply(grey), np.uint8
        )
    out = grey.astype(np.float32)
    if rng.random() < 0.35:
        gy, gx = rng.normal(0, 30, 2)
        yy, xx = np.mgrid[-0.5 : 0.5 : image.shape[0] * 1j, -0.5 : 0.5 : image.shape[1] * 1j]
        out = out + (gy * yy + gx * xx).astype(np.float32)
    if rng.random() < 0.25:
        out = out + smooth_field((image.shape[0], image.shape[1]), 3, rng) * float(rng.uniform(5, 35))
    if rng.random() < 0.2:  # washed out
        out = out * rng.uniform(0.4, 0.9) + rng.uniform(0, 80)
    return np.clip(out, 0, 255).astype(np.float32)


def sharpness(image: F32, rng: Rng) -> F32:
    """Blur, low resolution, edge enhancement, noise, JPEG."""
    out = image
    if rng.random() < 0.3:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.8))
    if rng.random() < 0.2:
        size = int(image.shape[0] * rng.uniform(0.3, 0.8))
        small = cv2.resize(out, (size, size), interpolation=cv2.INTER_AREA)
        out = cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.25:
        sigma = rng.uniform(0.8, 12)
        out = out + rng.uniform(0.2, 1.2) * (out - cv2.GaussianBlur(out, (0, 0), sigma))
    if rng.random() < 0.35:
        noise = rng.normal(0, rng.uniform(1, 12), image.shape).astype(np.float32)
        out = out + (cv2.GaussianBlur(noise, (0, 0), 0.7) * 1.6 if rng.random() < 0.4 else noise)
    if rng.random() < 0.2:
        code = cv2.imencode(
            ".jpg",
            np.clip(out, 0, 255).astype(np.uint8),
            [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))],
        )
        out = cv2.imdecode(code[1], cv2.IMREAD_GRAYSCALE).astype(np.float32)
    return np.clip(out, 0, 255).astype(np.float32)


def _curve(size: int, rng: Rng) -> npt.NDArray[np.int32]:
    t = np.linspace(0, 1, 24)[:, None]
    points = rng.uniform(-0.1, 1.1, (4, 2)) * size
    weights = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return (weights @ points).astype(np.int32)


def hardware(image: F32, rng: Rng) -> F32:
    """Tubes, leads, electrodes, a pacemaker; drawn over the film."""
    out = image.copy()
    size = image.shape[0]
    for _ in range(int(rng.integers(1, 5))):
        layer = np.zeros_like(out)
        bright = float(rng.uniform(30, 160)) * (1 if rng.random() < 0.8 else -0.6)
        if rng.random() < 0.7:
            cv2.polylines(layer, [_curve(size, rng)], False, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
        elif rng.random() < 0.7:
            centre = rng.integers(0, size, 2)
            cv2.circle(
                layer,
                (int(centre[0]), int(centre[1])),
                int(rng.integers(2, 9)),
                1.0,
                int(rng.choice([-1, 1, 2])),
                cv2.LINE_AA,
            )
        else:
            x, y = (int(v) for v in rng.integers(0, size, 2))
            w, h = (int(v) for v in rng.integers(8, 36, 2))
            cv2.rectangle(layer, (x, y), (x + w, y + h), 1.0, -1)
        layer = cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.4, 1.2))
        out = out + layer * bright
    return np.clip(out, 0, 255).astype(np.float32)


_WORDS = (
    "L",
    "R",
    "AP",
    "PA",
    "D",
    "I",
    "SUPINE",
    "PORTABLE",
    "ERECT",
    "12:45",
    "KV 80",
    "BEDSIDE",
    "LAT",
    "S",
    "RL",
)


def markers(image: F32, rng: Rng) -> F32:
    """Letters and burnt-in text, mostly near the borders; sometimes on a block."""
    out = image.astype(np.uint8)
    size = image.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        word = str(rng.choice(_WORDS))
        scale = float(rng.uniform(0.25, 1.1))
        at = rng.uniform(0.02, 0.95, 2)
        if rng.random() < 0.75:
            at[int(rng.integers(0, 2))] = rng.choice([rng.uniform(0.0, 0.15), rng.uniform(0.85, 0.99)])
        x, y = (int(v * size) for v in at)
        colour = 255.0 if rng.random() < 0.85 else 0.0
        if rng.random() < 0.2:
            cv2.rectangle(
                out,
                (x - 3, y - int(24 * scale)),
                (x + int(16 * scale * len(word)), y + 4),
                255.0 - colour,
                -1,
            )
        cv2.putText(
            out, word, (x, y), int(rng.choice([0, 2, 3])), scale, colour, int(rng.integers(1, 3)), cv2.LINE_AA
        )
    return out.astype(np.float32)


def rim(image: F32, rng: Rng) -> F32:
    """A thin frame from scanning or screenshots: black, white or blurred, at some sides. Never over 2 %
    wide."""
    out = image.copy()
    size = image.shape[0]
    value = float(rng.choice([0.0, 0.0, 255.0, float(rng.uniform(0, 255))]))
    for side in range(4):
        if rng.random() < 0.6:
            width = int(rng.integers(1, max(2, int(size * 0.018))))
            part = (slice(0, width), slice(-width, None))[side % 2]
            if side < 2:
                out[part, :] = value
            else:
                out[:, part] = value
    return out


def film_look(image: F32, lung: npt.NDArray[np.uint8] | None, rng: Rng, strength: float = 1.0) -> F32:
    """All of the above, each with its own chance times `strength`."""
    out = image
    if lung is not None and rng.random() < 0.3 * strength:
        out = opacities(out, lung, rng)
    if rng.random() < 0.3 * strength:
        out = hardware(out, rng)
    if rng.random() < 0.9 * strength:
        out = tone(out, rng)
    if rng.random() < 0.8 * strength:
        out = sharpness(out, rng)
    if rng.random() < 0.35 * strength:
        out = markers(out, rng)
    if rng.random() < 0.1 * strength:
        out = rim(out, rng)
    return out
