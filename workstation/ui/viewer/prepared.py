"""The heavy part of showing a film, done on a worker thread before the window sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workstation.domain.film import Notice
from workstation.imaging.lut import (
    DisplayLut,
    VoiChoice,
    VoiKind,
    auto_voi,
    default_voi,
    display_lut,
    render_8bit,
)
from workstation.imaging.lut import voi_choices as file_choices
from workstation.imaging.pyramid import Pyramid, Region, build
from workstation.services.film import Film


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFilm:
    """A film ready to be painted.

    Attributes:
        choices: what the file offers, then the automatic windows; the first shown is `lut.voi`.
        lut: how the film is first shown.
        notices: found while preparing (the header's own are in the header).
    """

    film: Film
    pyramid: Pyramid
    choices: tuple[VoiChoice, ...]
    lut: DisplayLut
    notices: tuple[Notice, ...] = ()


def prepare(film: Film) -> PreparedFilm:
    """Pyramid, first LUT and the choices of the VOI menu. Call it off the GUI thread (20-40 ms for 3000 x 3000)."""
    pipeline = film.header.greyscale
    voi, notice = default_voi(pipeline, film.pixels)
    pyramid = build(film.pixels, pipeline.padding)
    # Of the film, not of a level: the first shown may be either, and is to be found among the choices.
    automatic = tuple(
        auto_voi(pipeline, film.pixels, kind) for kind in (VoiKind.AUTO_MIN_MAX, VoiKind.AUTO_PERCENTILE)
    )
    return PreparedFilm(
        film,
        pyramid,
        file_choices(pipeline) + automatic,
        display_lut(pipeline, voi),
        (notice,) if notice is not None and notice not in film.header.notices else (),
    )


def thumbnail(prepared: PreparedFilm, longest: int) -> npt.NDArray[np.uint8]:
    """The whole film as first shown, uint8 grey, at most `longest` pixels on its longer side."""
    pyramid = prepared.pyramid
    aspect = prepared.film.header.pixel_aspect
    scale = min(1.0, longest / max(pyramid.width, pyramid.height * aspect))
    patch = pyramid.patch(Region(0, 0, pyramid.width, pyramid.height), scale, scale * aspect)
    return render_8bit(patch.values, prepared.lut)
