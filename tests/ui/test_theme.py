"""Contrast of every text colour on every surface it is set on, and the rules of the state colours."""

from __future__ import annotations

import itertools

import pytest

from workstation.domain.findings import State
from workstation.ui import theme
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
    for surface in (palette.panel, palette.raised):
        assert contrast(palette.danger, surface) >= 4.5
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.film_text, palette.surround) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_a_verdict_is_never_red(palette: Palette) -> None:
    assert palette.danger not in {palette.of_state(state) for state in State}


@pytest.mark.usefixtures("qapp")
def test_states_differ_by_glyph_and_word_not_by_colour_alone() -> None:
    assert len({theme.state_glyph(state) for state in State}) == len(State)
    assert len({theme.state_word(state) for state in State}) == len(State)


def test_an_unknown_theme_is_the_dark_one() -> None:
    assert theme.palette("purple") is DARK
