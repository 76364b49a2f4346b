"""Contrast of every text colour on every surface it is set on, and the rules of the state colours."""

from __future__ import annotations

import itertools
import math

import pytest

from workstation.domain.findings import State
from workstation.ui import icons, theme
from workstation.ui.theme import DARK, LIGHT, Palette

SURFACES = ("window", "panel", "raised", "hover")
WORDS = ("text", "quiet", "passed", "warn", "unsure", "not_assessed")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("word", "surface"), list(itertools.product(WORDS, SURFACES)))
def test_words_are_readable_on_every_surface(palette: Palette, word: str, surface: str) -> None:
    assert contrast(getattr(palette, word), getattr(palette, surface)) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_danger_and_buttons_are_readable(palette: Palette) -> None:
    for surface in SURFACES:  # "Wrong patient?" stands on the chosen row of the list too
        assert contrast(palette.danger, getattr(palette, surface)) >= 4.5, surface
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.film_text, palette.surround) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_a_verdict_is_never_red(palette: Palette) -> None:
    assert palette.danger not in {palette.of_state(state) for state in State}


@pytest.mark.usefixtures("qapp")
def test_states_differ_by_glyph_and_word_not_by_colour_alone() -> None:
    glyphs = [icons.pixmap(icons.state_icon_name(state), "#FFFFFF", 24).toImage() for state in State]
    for one, other in itertools.combinations(glyphs, 2):
        assert one != other
    assert len({theme.state_word(state) for state in State}) == len(State)


def test_an_unknown_theme_is_the_dark_one() -> None:
    assert theme.palette("purple") is DARK


# Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), full severity, on linear RGB.
VISION = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# CIE 1976 colour difference; 2.3 is just noticeable. Tritanopia (one in ten thousand) brings green and cyan close:
# there glyph and word tell them apart.
LEAST = {"protanopia": 10.0, "deuteranopia": 10.0, "tritanopia": 8.0}


def seen(colour: str, vision: str) -> tuple[float, float, float]:
    """CIELAB (D65) of a colour as a person with that vision sees it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    r, g, b = (
        min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in VISION[vision]
    )
    xyz = (
        (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
        0.2126729 * r + 0.7151522 * g + 0.0721750 * b,
        (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("vision", VISION)
def test_states_differ_for_the_colour_blind_too(palette: Palette, vision: str) -> None:
    roles = ("passed", "warn", "unsure", "danger")
    for one, other in itertools.combinations(roles, 2):
        apart = math.dist(seen(getattr(palette, one), vision), seen(getattr(palette, other), vision))
        assert apart >= LEAST[vision], (one, other)
