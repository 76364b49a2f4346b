"""One exposure of what is no chest, from a CT or from bars: pelvis, skull, trunk without lung, animal, limb, slice.

The same renderer, exposure and display as the simulated chests, so that the grain tells nothing. Every maker yields
films (SIZE, SIZE) uint8, bones white; volumes are HU on a grid of `VOXEL_MM`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training.other_cts import VOXEL_MM
from models_onnx.training.render import anatomy as anatomies
from models_onnx.training.render import draw, scene
from models_onnx.training.render.film import display
from models_onnx.training.render.physics import attenuation_log
from models_onnx.training.render.projector import Geometry, Projection, materials, project
from models_onnx.training.render.warp import Build, random_build, warp

SIZE = 288
U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Rng = np.random.Generator
LUNG_SHARE = 0.03  # a window with less lung than this shows none to speak of


def stretched(hu: F32, rng: Rng, spread: float = 0.14) -> F32:
    """Another build: each axis scaled, a smooth sideways sway from slice to slice."""
    fz, fy, fx = np.exp(rng.normal(0, spread, 3))
    depth, height, width = hu.shape
    sway = rng.normal(0, 4, 2)[:, None] * np.sin(np.linspace(0, rng.uniform(1, 6), depth) + rng.uniform(0, 6))
    planes = []
    for z in np.arange(0, depth - 1, 1 / fz):
        i = int(z)
        move = np.array(
            [[fx, 0, width * (1 - fx) / 2 + sway[0, i]], [0, fy, height * (1 - fy) / 2 + sway[1, i]]]
        )
        plane = cv2.warpAffine(hu[i], move, (width, height), borderValue=anatomies.AIR_HU)
        planes.append(plane)
    return np.stack(planes).astype(np.float32)


def leaning(hu: F32, rng: Rng, most_deg: float) -> F32:
    """Turned about the x axis (nodding) by up to `most_deg`."""
    angle = float(rng.uniform(-most_deg, most_deg))
    depth, height, width = hu.shape
    turn = cv2.getRotationMatrix2D(((height - 1) / 2, (depth - 1) / 2), angle, 1.0)
    out = np.empty_like(hu)
    for x in range(width):
        out[:, :, x] = cv2.warpAffine(
            np.ascontiguousarray(hu[:, :, x]), turn, (height, depth), borderValue=anatomies.AIR_HU
        )
    return out


def shot(
    hu: F32, rng: Rng, view: str, yaw_deg: float, lung: F32 | None = None, pixel_mm: float = 1.0
) -> Projection:
    """One projection of a bare volume, its middle on the central ray."""
    body = anatomies.Anatomy(hu, lung if lung is not None else np.zeros_like(hu), VOXEL_MM, "")
    geometry = Geometry(
        view=view,
        yaw_deg=yaw_deg,
        tilt_deg=float(rng.normal(0, 3)),
        sid_mm=float(rng.uniform(1000, 1500)),
        axis_to_detector_mm=float(rng.uniform(120, 260)),
        pixel_mm=pixel_mm,
        canvas_px=600,
    )
    return project(materials(body), VOXEL_MM, hu.shape[0] / 2, geometry)


def exposed(
    projection: Projection, box: tuple[float, float, float, float], rng: Rng, lateral: bool = False
) -> U8:
    """The part `box` (left, top, right, bottom in canvas pixels) as a film, squeezed to SIZE x SIZE."""
    left, top, right, bottom = box
    scale_x, scale_y = SIZE / (right - left), SIZE / (bottom - top)
    roll = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), float(rng.normal(0, 4)), 1.0)
    move = np.array([[scale_x, 0, -left * scale_x], [0, scale_y, -top * scale_y]])
    place = move @ np.vstack([roll, [0, 0, 1]])
    soft, bone = (
        np.maximum(cv2.warpAffine(a, place, (SIZE, SIZE)), 0).astype(np.float32)
        for a in (projection.soft, projection.bone)
    )
    pixel_mm = projection.geometry.pixel_mm / min(scale_x, scale_y)
    look = scene.random_look(rng, lateral)
    image = display(attenuation_log(soft, bone, look.exposure, pixel_mm, rng), look, pixel_mm)
    pixels = np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        draw.letters(pixels, rng, "frontal")
    return pixels


def body_box(projection: Projection) -> tuple[int, int, int, int]:
    """Where there is any body on the canvas."""
    mask = projection.soft + projection.bone > 0.5
    xs, ys = np.nonzero(mask.any(0))[0], np.nonzero(mask.any(1))[0]
    if not len(xs):
        return 0, 0, 600, 600
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1


def part(
    box: tuple[int, int, int, int], rng: Rng, centre: tuple[float, float], size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """A window about `centre` of `size` (fractions of the body's box), jittered."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    cx = x0 + width * (centre[0] + rng.normal(0, 0.05))
    cy = y0 + height * (centre[1] + rng.normal(0, 0.05))
    w, h = width * size[0] * np.exp(rng.normal(0, 0.15)), height * size[1] * np.exp(rng.normal(0, 0.15))
    return float(cx - w / 2), float(cy - h / 2), float(cx + w / 2), float(cy + h / 2)


def within(
    area: tuple[float, float, float, float], box: tuple[int, int, int, int], rng: Rng
) -> tuple[float, float, float, float]:
    """`area` mostly kept off the first and last slices of the volume, whose straight ends no film shows."""
    left, top, right, bottom = area
    gap = float(rng.uniform(8, 30))
    if rng.random() < 0.85:
        top = max(top, box[1] + gap) if top else top
        bottom = min(bottom, box[3] - gap)
    return left, min(top, bottom - 40), right, bottom


def pelvis(abdomen: F32, rng: Rng) -> Iterator[U8]:
    """Pelvis, single hips, whole abdomens, lumbar spines from one exposure."""
    body = stretched(abdomen, rng)
    lateral = rng.random() < 0.25
    yaw = float(rng.normal(0, 12))
    projection = shot(body, rng, "lateral_left" if lateral else "frontal_ap", yaw, pixel_mm=0.9)
    box = body_box(projection)
    side = float(rng.choice([0.22, 0.78]))
    wanted = (
        [((0.5, 0.5), (1.0, 1.0)), ((0.4, 0.5), (0.6, 0.8)), ((0.4, 0.8), (0.7, 0.45))]
        if lateral
        else [
            ((0.5, 0.75), (1.0, 0.55)),
            ((side, 0.85), (0.5, 0.35)),
            ((side, 0.88), (0.35, 0.28)),
            ((0.5, 0.5), (1.05, 1.05)),
            ((0.5, 0.35), (0.45, 0.75)),
            ((0.5, 0.3), (1.0, 0.6)),
        ]
    )
    for centre, size in wanted:
        yield exposed(projection, within(part(box, rng, centre, size), box, rng), rng, lateral)


def skull(head: F32, rng: Rng) -> Iterator[U8]:
    """Skulls from all around, upright or nodding."""
    body = leaning(stretched(head, rng, 0.08), rng, 35)
    view = str(rng.choice(["lateral_left", "frontal_pa", "frontal_ap"]))
    projection = shot(body, rng, view, float(rng.normal(0, 20)), pixel_mm=0.6)
    box = body_box(projection)
    for centre, size in (((0.5, 0.5), (1.15, 1.1)), ((0.5, 0.5), (1.5, 1.3)), ((0.5, 0.65), (0.9, 0.6))):
        left, top, right, bottom = part(box, rng, centre, size)
        yield exposed(projection, (left, top, right, within((0, 0, 1, bottom), box, rng)[3]), rng)


def trunk(base: anatomies.Anatomy, rng: Rng) -> Iterator[U8]:
    """Windows of a trunk that show no lung: shoulder, neck, upper abdomen."""
    made = warp(base, random_build(rng), VOXEL_MM, rng)
    view = str(rng.choice(["frontal_pa", "frontal_ap", "frontal_ap", "lateral_left"]))
    geometry = scene.random_geometry(scene.scene(made), view, float(rng.normal(0, 10)), rng)
    projection = scene.shoot(scene.scene(made), geometry, rng)
    x0, y0, x1, y1 = body_box(projection)
    lung = projection.lung > 3
    found = 0
    for _ in range(60):
        w, h = rng.uniform(90, 320), rng.uniform(80, 260)
        cx, cy = rng.uniform(x0, x1), rng.uniform(y0, y1)
        left, top, right, bottom = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
        inside = (slice(max(0, int(top)), int(bottom)), slice(max(0, int(left)), int(right)))
        if projection.soft[inside].size < 4000 or (projection.soft[inside] > 1).mean() < 0.5:
            continue
        if lung[inside].mean() < LUNG_SHARE:
            yield exposed(projection, (left, top, right, bottom), rng)
            found += 1
        if found == 4:
            return


def along_the_axis(base: anatomies.Anatomy, rng: Rng) -> Iterator[U8]:
    """The trunk seen from above: no one takes such a film."""
    made = warp(base, random_build(rng), VOXEL_MM, rng)
    hu = np.ascontiguousarray(made.hu.transpose(1, 0, 2))
    projection = shot(hu, rng, "frontal_pa", float(rng.normal(0, 15)))
    box = body_box(projection)
    yield exposed(projection, part(box, rng, (0.5, 0.5), (1.1, 1.1)), rng)
    yield exposed(projection, part(box, rng, (0.5, 0.5), (0.7, 0.8)), rng)


def animal_build(rng: Rng) -> Build:
    """A trunk far outside the human range: deep and narrow, long, thin-walled; as of a dog, a cat, a calf."""
    return replace(
        random_build(rng),
        width=float(rng.uniform(0.42, 0.62)),
        depth=float(rng.uniform(1.35, 1.8)),
        height=float(rng.uniform(1.1, 1.7)),
        barrel=float(rng.uniform(-0.3, 0.5)),
        bend_mm=float(rng.normal(0, 25)),
        slope=float(rng.uniform(-0.5, 0.5)),
        wall_front=float(rng.uniform(0.4, 1.0)),
        wall_side=float(rng.uniform(0.4, 1.0)),
        wall_back=float(rng.uniform(0.5, 2.2)),
        breast_mm=0.0,
    )


def animal(base: anatomies.Anatomy, rng: Rng) -> Iterator[U8]:
    """A deformed trunk with its forelegs, seen from the side. (From the front it is just a narrow chest.)"""
    made = warp(base, animal_build(rng), VOXEL_MM, rng)
    scn = scene.scene(made)
    geometry = replace(
        scene.random_geometry(scn, "lateral_left", float(rng.normal(0, 8)), rng), pixel_mm=1.25
    )
    projection = project(scn.volume, scn.spacing_mm, scn.z_centre, geometry)
    top = -scn.lung_half_mm
    for side in (-1.0, 1.0):
        x = side * scn.half_width_mm * rng.uniform(0.3, 0.9)
        shoulder = (x, -scn.half_depth_mm * rng.uniform(0.2, 0.8), top + rng.uniform(-20, 80))
        paw = (x, -scn.half_depth_mm - rng.uniform(80, 260), top - rng.uniform(-60, 200))
        draw.add_arm(
            projection.soft, projection.bone, shoulder, paw, geometry, rng.uniform(20, 45), rng.uniform(6, 12)
        )
    box = body_box(projection)
    for size in ((1.05, 1.0), (0.9, 0.8), (1.3, 1.1)):
        film = exposed(projection, part(box, rng, (0.5, 0.5), size), rng, True)
        yield np.ascontiguousarray(np.rot90(film)) if rng.random() < 0.6 else film


def limb(rng: Rng) -> Iterator[U8]:
    """One or two limbs of bars with a marrow cavity, jointed, through the same exposure."""
    geometry = Geometry(
        "frontal_pa", sid_mm=1100, axis_to_detector_mm=60, pixel_mm=float(rng.uniform(0.35, 0.8))
    )
    soft, bone = np.zeros((640, 640), np.float32), np.zeros((640, 640), np.float32)
    for _ in range(1 if rng.random() < 0.8 else 2):
        at = np.array([rng.normal(0, 40), 0.0, -rng.uniform(40, 260)])
        angle = rng.normal(0, 0.25)
        radius, core = rng.uniform(18, 75), rng.uniform(0.14, 0.34)
        for _ in range(int(rng.integers(1, 4))):
            length = rng.uniform(120, 380)
            end = at + length * np.array([np.sin(angle), rng.uniform(-0.2, 0.2), np.cos(angle)])
            twin = rng.random() < 0.4
            shift = np.array([radius * 0.4 * twin, 0, 0])
            for sign, flesh in ((1, radius), (-1, 1.0)) if twin else ((1, radius),):
                a, b = at + sign * shift, end + sign * shift
                draw.add_arm(
                    soft, bone, tuple(a), tuple(b), geometry, flesh, radius * core * rng.uniform(0.6, 1.1)
                )
            # Thick ends of the bones.
            for place in (at, end):
                scale = 1 / geometry.pixel_mm
                x, y = (319.5 + scale * place[0], 319.5 + scale * place[2])
                blob = np.zeros_like(bone)
                size = radius * core * rng.uniform(1.2, 2.2) * scale
                axes = (max(2, int(size * rng.uniform(0.9, 1.4))), max(2, int(size)))
                cv2.ellipse(blob, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
                bone += cv2.GaussianBlur(blob, (0, 0), 2.5) * float(rng.uniform(0.3, 1.2))
            at, angle = end, angle + rng.normal(0, 0.5)
            radius *= rng.uniform(0.65, 1.0)
    projection = Projection(soft, bone, np.zeros_like(soft), geometry)
    box = body_box(projection)
    yield exposed(projection, part(box, rng, (0.5, 0.5), (1.2, 1.0)), rng)
    yield exposed(projection, part(box, rng, (0.5, rng.uniform(0.3, 0.7)), (1.4, 0.5)), rng)


def ct_slice(hu: F32, rng: Rng) -> Iterator[U8]:
    """One slice (or a thick slab's maximum) in one of three planes and a usual window; a picture, not a film."""
    axis = int(rng.integers(3))
    at = int(rng.uniform(0.12, 0.88) * hu.shape[axis])
    thick = int(rng.choice([1, 1, 2, 6]))
    slab = np.take(hu, range(at, min(at + thick, hu.shape[axis])), axis)
    plane = slab.max(axis) if rng.random() < 0.4 else slab.mean(axis)
    centre, width = ((-600, 1500), (40, 400), (300, 1500), (0, 2000))[int(rng.integers(4))]
    unit = np.clip((plane - centre) / (width * rng.uniform(0.8, 1.3)) + 0.5, 0, 1)
    image = (unit * 255).astype(np.uint8)
    h, w = image.shape
    keep = rng.uniform(0.7, 1.0)
    y, x = (rng.uniform(0, 1 - keep, 2) * (h, w)).astype(int)
    image = image[y : y + int(keep * h), x : x + int(keep * w)]
    yield np.asarray(cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR), np.uint8)
