"""The text in the corners of a film gives way to what was found, and goes on in further lines where it is narrow."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from tests.support.films import cut, film, noise
from workstation import assets
from workstation.domain.edges import Edge
from workstation.domain.findings import Source, State
from workstation.services.film_text import load_words
from workstation.ui.viewer.edges import cut_bars
from workstation.ui.viewer.overlays import Overlays, OverlayState
from workstation.ui.viewer.viewport import Viewport


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("size", [(358, 610), (465, 640), (718, 670), (1272, 980)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("shape", [(600, 700), (900, 500), (400, 900)])
@pytest.mark.parametrize("edge", list(Edge))
def test_the_corner_text_leaves_the_bar_of_a_cut_edge_whole(
    language: str, size: tuple[int, int], scale: float, shape: tuple[int, int], edge: Edge
) -> None:
    state = OverlayState(
        film(noise(*shape)).header,
        load_words(assets.resources_dir(), language),
        cut(edge),
        window="W 4096  C 2048  NORMAL",
    )
    overlays = Overlays(wanted_scale=scale)
    overlays.fit_type(size[0])
    view = Viewport(shape[1], shape[0], *size, margin=30 * scale).fitted()
    placed = overlays.layout(state, view, 1.0)
    (bar,) = cut_bars(state.verdict, view, 1.0)
    assert [p.item.text for p in placed if p.rect.intersects(bar)] == []
    for one, other in itertools.combinations(placed, 2):
        assert not one.rect.intersects(other.rect)
    assert any("FRONTAL 99" in p.item.text or "ПРЯМАЯ 99" in p.item.text for p in placed)


@pytest.mark.usefixtures("qapp")
def test_who_set_the_projection_is_said_where_the_canvas_is_narrow() -> None:
    verdict = cut(Edge.BOTTOM, state=State.PASS)
    by_hand = replace(verdict, projection=replace(verdict.projection, source=Source.USER))
    state = OverlayState(film(noise(600, 700)).header, load_words(assets.resources_dir(), "ru"), by_hand)
    placed = Overlays().layout(state, Viewport(700, 600, 358, 610).fitted(), 1.0)
    assert [p.item.text for p in placed[:2]] == ["ПРЯМАЯ", "задана вручную"]


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("size", [(465, 640), (718, 670), (1272, 980)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("shape", [(600, 700), (900, 600), (400, 900)])
@pytest.mark.parametrize("edges", list(itertools.permutations(Edge, 2)))
def test_the_corner_text_leaves_the_bars_of_two_cut_edges_whole(
    language: str, size: tuple[int, int], scale: float, shape: tuple[int, int], edges: tuple[Edge, Edge]
) -> None:
    state = OverlayState(
        film(noise(*shape)).header,
        load_words(assets.resources_dir(), language),
        cut(*edges),
        window="W 4096  C 2048  NORMAL",
    )
    overlays = Overlays(wanted_scale=scale)
    overlays.fit_type(size[0])
    view = Viewport(shape[1], shape[0], *size, margin=30 * scale).fitted()
    placed = overlays.layout(state, view, 1.0)
    bars = cut_bars(state.verdict, view, 1.0)
    assert [p.item.text for p in placed if any(p.rect.intersects(bar) for bar in bars)] == []
    for one, other in itertools.combinations(placed, 2):
        assert not one.rect.intersects(other.rect)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("size", [(465, 640), (718, 670), (1272, 980)])
@pytest.mark.parametrize("shape", [(600, 480), (600, 500), (600, 560), (600, 700)])
@pytest.mark.parametrize("edge", [Edge.LEFT, Edge.RIGHT])
def test_the_lines_beside_the_bar_of_a_cut_edge_begin_below_each_other(
    language: str, size: tuple[int, int], shape: tuple[int, int], edge: Edge
) -> None:
    """At either side of it, but not now at this side, now at that."""
    header = film(noise(*shape)).header
    state = OverlayState(
        header, load_words(assets.resources_dir(), language), cut(edge), window="W 4096  C 2048"
    )
    overlays = Overlays()
    overlays.fit_type(size[0])
    view = Viewport(shape[1], shape[0], *size, margin=30.0).fitted()
    (bar,) = cut_bars(state.verdict, view, 1.0)
    beside = [
        p.rect
        for p in overlays.layout(state, view, 1.0)
        if p.rect.bottom() > bar.top() and p.rect.top() < bar.bottom()
    ]
    for lower in (False, True):
        lines = [rect for rect in beside if (rect.center().y() > size[1] / 2) == lower]
        if edge is Edge.LEFT:
            ends = {rect.left() for rect in lines if rect.center().x() < size[0] / 2}
        else:
            ends = {rect.right() for rect in lines if rect.center().x() > size[0] / 2}
        assert len(ends) <= 1
