"""Body, lungs and bright contrast medium in a thorax CT, by thresholds and connected components.

Needs scipy (training environment only).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bool3 = NDArray[np.bool_]
Int3 = NDArray[np.int16]

LUNG_HU = -400  # usual threshold between aerated lung and soft tissue
AIRWAY_HU = -850
BRIGHT_HU = 130


def _disc(radius_mm: float, spacing_mm: float) -> NDArray[np.uint8]:
    r = max(1, round(radius_mm / spacing_mm))
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1)), dtype=np.uint8)


def _by_slice(mask: Bool3, operation: int, radius_mm: float, spacing_mm: float) -> Bool3:
    kernel = _disc(radius_mm, spacing_mm)
    out = np.empty_like(mask)
    for k, plane in enumerate(mask):
        out[k] = cv2.morphologyEx(plane.astype(np.uint8), operation, kernel) > 0
    return out


def _sealed(hu: Int3) -> Bool3:
    """Tissue with every hole of a slice filled: keeps lungs, drops air that opening left in corners outside."""
    return np.stack([ndimage.binary_fill_holes(plane) for plane in hu > -350])


def body_mask(hu: Int3, spacing_mm: float) -> Bool3:
    """Skin and everything inside it; table, blankets and leads are left out. (z, y, x) bool."""
    # Air that reaches the sides of the volume is outside; what it does not reach is body, table or blanket.
    air, _ = ndimage.label(_by_slice(hu < -350, cv2.MORPH_OPEN, 1.5, spacing_mm))
    faces = (air[:, 0, :], air[:, -1, :], air[:, :, 0], air[:, :, -1])
    outside = np.zeros(int(air.max()) + 1, bool)
    for face in faces:
        outside[np.unique(face)] = True
    outside[0] = False
    # Opening the solid trunk (lungs filled) strips table, blankets and leads without opening a lean chest wall.
    solid = _by_slice(~outside[air] & _sealed(hu), cv2.MORPH_OPEN, 9.0, spacing_mm)
    labels, count = ndimage.label(solid)
    if count == 0:
        raise ValueError("no body found in the volume")
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    core = labels == int(sizes.argmax())
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in core])
    return np.asarray(ndimage.median_filter(filled.astype(np.uint8), size=(3, 1, 1)) > 0)


def _airway(air: Bool3, hu: Int3, spacing_mm: float, midline_x: float) -> Bool3:
    """Trachea and main bronchi, grown downwards from the neck slice by slice until they open into lung."""
    out = np.zeros_like(air)
    lumen = air & (hu < AIRWAY_HU)
    limit = 900.0 / spacing_mm**2
    previous: NDArray[np.bool_] | None = None
    for k in range(air.shape[0]):
        labels, count = ndimage.label(lumen[k])
        chosen = np.zeros_like(lumen[k])
        for i in range(1, count + 1):
            part = labels == i
            area = int(part.sum())
            if area < 8 or area > limit:
                continue
            if previous is None:
                xs = np.nonzero(part)[1]
                if abs(float(xs.mean()) - midline_x) * spacing_mm > 30:
                    continue
                chosen |= part
            elif (part & previous).any() and area < 2.2 * previous.sum() + 40:
                chosen |= part
        if chosen.any():
            previous = chosen
            out[k] = cv2.dilate(chosen.astype(np.uint8), _disc(3.0, spacing_mm)) > 0
        elif previous is not None:
            break
    return out


def _close_lung_slice(plane: NDArray[np.bool_], spacing_mm: float) -> NDArray[np.bool_]:
    """Close vessels and small opacities of each lung by itself, so that the mediastinum between them stays out."""
    out = plane.copy()
    labels, count = ndimage.label(
        cv2.morphologyEx(plane.astype(np.uint8), cv2.MORPH_OPEN, _disc(3.0, spacing_mm))
    )
    pad = round(15.0 / spacing_mm)
    for i in range(1, count + 1):
        part = np.pad((labels == i).astype(np.uint8), pad)
        part = cv2.morphologyEx(part, cv2.MORPH_CLOSE, _disc(11.0, spacing_mm))
        out |= part[pad:-pad, pad:-pad] > 0
    holes, count = ndimage.label(~out)
    sizes = np.bincount(holes.ravel()) * (spacing_mm / 10.0) ** 2  # cm2
    small = sizes < 8.0
    small[0] = False
    return np.asarray(out | small[holes])


def lung_mask(hu: Int3, body: Bool3, spacing_mm: float) -> Bool3:
    """Both lungs with their vessels, opaque parts closed where thin; airways and bowel gas left out.

    Opaque lung wider than about 3 cm against the wall stays out: a known limit of thresholds.
    """
    air = body & (hu < LUNG_HU)
    air = _by_slice(air, cv2.MORPH_OPEN, 1.5, spacing_mm)
    xs = np.nonzero(body.any(axis=(0, 1)))[0]
    air &= ~_airway(air, hu, spacing_mm, float(xs.mean()))
    labels, count = ndimage.label(air)
    if count == 0:
        raise ValueError("no lungs found in the volume")
    sizes = np.bincount(labels.ravel()) * (spacing_mm / 10.0) ** 3  # ml
    sizes[0] = 0
    order = np.argsort(sizes)[::-1][:4]
    depth = air.shape[0]
    lungs = np.zeros_like(air)
    for i in order:
        part = labels == int(i)
        if sizes[i] < 250:
            break
        centre = float(np.nonzero(part.any(axis=(1, 2)))[0].mean())
        if centre < 0.8 * depth:  # stomach and colon lie lower
            lungs |= part
    closed = np.stack([_close_lung_slice(plane, spacing_mm) for plane in lungs])
    # The heart and the spine must not be swallowed by closing: keep what is lung or soft, never bone.
    closed &= hu < 180
    # Drop specks of a slice that touch nothing above or below.
    labels, count = ndimage.label(closed)
    sizes = np.bincount(labels.ravel()) * (spacing_mm / 10.0) ** 3
    keep = sizes > 20
    keep[0] = False
    return np.asarray(keep[labels])


def flatten_contrast(hu: Int3, lungs: Bool3, spacing_mm: float) -> Int3:
    """Take intravenous contrast out of heart and great vessels, so that they do not count as bone.

    Thick bright blobs (opening by 4.5 mm) that lie in front of the spine are set to soft tissue.
    """
    bright = ndimage.gaussian_filter(hu.astype(np.float32), 1.0 / spacing_mm) > BRIGHT_HU
    blobs = _by_slice(bright, cv2.MORPH_OPEN, 4.5, spacing_mm)
    labels, count = ndimage.label(blobs)
    if count == 0:
        return hu
    zs = np.nonzero(lungs.any(axis=(1, 2)))[0]
    ys, xs = (np.nonzero(lungs.any(axis=axes))[0] for axes in ((0, 2), (0, 1)))
    x_mid = 0.5 * (xs[0] + xs[-1])
    y_spine = ys[0] + 0.62 * (ys[-1] - ys[0])
    out = hu.copy()
    zone = np.zeros_like(bright)
    for i, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == i
        volume_ml = part.sum() * (spacing_mm / 10.0) ** 3
        if volume_ml < 0.5:
            continue
        z0, y0, x0 = (s.start for s in box)
        zc, yc, xc = (float(c.mean()) + o for c, o in zip(np.nonzero(part), (z0, y0, x0), strict=True))
        central = abs(xc - x_mid) * spacing_mm < 75 and zs[0] - 10 < zc < zs[-1] + 80
        if central and yc < y_spine:
            zone[box] |= part
    zone = _by_slice(zone, cv2.MORPH_DILATE, 6.0, spacing_mm)
    soft = zone & (hu > 60)
    out[soft] = (50 + 0.05 * (hu[soft] - 50)).astype(np.int16)
    return out
