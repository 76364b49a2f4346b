"""Window and level by hand: from a drag on the film to the next window, and how a choice is written."""

from __future__ import annotations

from workstation.domain.film import GreyscalePipeline, VoiFunction
from workstation.imaging.lut import VoiChoice, VoiKind, as_window
from workstation.services.film_text import FilmWords

# Logical pixels that double the width, and that move the level by one window width.
_DOUBLING = 240.0
_WHOLE_WIDTH = 480.0


def start_of_drag(pipeline: GreyscalePipeline, voi: VoiChoice) -> VoiChoice:
    """The window that looks like `voi`; a LUT becomes a window over its input."""
    if voi.kind is VoiKind.VOI_LUT or voi.width >= 2 or voi.function is not VoiFunction.LINEAR:
        return as_window(pipeline, voi)
    # Films scaled to 0..1 by rescale: LINEAR has no width below 1, the exact formula has.
    return VoiChoice.custom(voi.center, voi.width, VoiFunction.LINEAR_EXACT)


def dragged(start: VoiChoice, right: float, up: float, *, inverted: bool) -> VoiChoice:
    """Window after the mouse moved from where the drag began.

    Args:
        start: window when the button went down.
        right: logical pixels to the right; widens the window.
        up: logical pixels upwards; brightens the film, whatever its polarity.
        inverted: white and black are exchanged.
    """
    width = start.width * 2.0 ** (right / _DOUBLING)
    shift = up / _WHOLE_WIDTH * start.width
    center = start.center + (shift if inverted else -shift)
    return VoiChoice.custom(center, width, start.function)


def written_window(voi: VoiChoice, words: FilmWords) -> str:
    """Window as it stands in the film's corner, e.g. "W 2000  C 1000"; a LUT by its name."""
    if voi.kind is VoiKind.VOI_LUT:
        return voi.explanation or f"LUT {voi.index + 1}"
    digits = 0 if voi.width >= 20 else 2 if voi.width >= 0.2 else 4
    written = words("window", width=words.number(voi.width, digits), center=words.number(voi.center, digits))
    return f"{written}  {voi.explanation}" if voi.explanation else written
