"""What is drawn over the film stands where it belongs, in the colours of its state, and can be hidden."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from tests.support.films import PATIENT_ID, STATION, cut, film, noise, rotated
from tests.support.shown import colour_map, share_along, stage
from workstation import assets
from workstation.domain.edges import Edge
from workstation.domain.field import WHOLE_FILM
from workstation.domain.film import Notice, NoticeCode
from workstation.domain.findings import CropFinding, GateFinding, Kind, State, Verdict
from workstation.domain.projection import Projection
from workstation.domain.turn import Turn
from workstation.services.film_text import load_words
from workstation.ui.theme import DARK, font
from workstation.ui.viewer import dial
from workstation.ui.viewer.edges import field_rect, paint_edges
from workstation.ui.viewer.film_view import FilmView
from workstation.ui.viewer.overlays import Overlays, OverlayState
from workstation.ui.viewer.prepared import prepare
from workstation.ui.viewer.scale_bar import scale_bar
from workstation.ui.viewer.viewport import Viewport
from workstation.ui.viewer.why import note_lines

EVERYTHING = Verdict(
    rotated(14.0).projection,
    (*cut(Edge.BOTTOM, Edge.TOP).findings, *rotated(14.0).findings),
    "test@1",
    body_part=GateFinding(Kind.BODY_PART, State.UNSURE, 0.5, 0.7),
    polarity=GateFinding(Kind.POLARITY, State.WARN, 0.9, 0.7),
)
NOTICES = tuple(Notice(code) for code in NoticeCode)


@pytest.mark.parametrize("edge", list(Edge))
@pytest.mark.parametrize("turn", [Turn(), Turn(1), Turn(2), Turn(3, True)])
def test_a_cut_edge_is_a_dashed_amber_bar_on_that_border_only(qtbot: QtBot, edge: Edge, turn: Turn) -> None:
    view = stage(qtbot, cut(edge))
    view.set_turn(turn)
    found = colour_map(view, DARK.warn)
    for border in Edge:
        share = share_along(view, found, border)
        if border is turn.edge(edge):
            assert 0.5 < share < 0.9
        else:
            assert share < 0.1


@pytest.mark.parametrize("edge", list(Edge))
def test_the_bar_follows_its_border_after_zoom_and_pan(qtbot: QtBot, edge: Edge) -> None:
    view = stage(qtbot, cut(edge))
    toward = {Edge.LEFT: (300, 0), Edge.RIGHT: (-300, 0), Edge.TOP: (0, 340), Edge.BOTTOM: (0, -340)}[edge]
    view.canvas.zoom(2.0, QPointF(view.canvas.rect().center()))
    view.canvas.pan(*toward)
    assert share_along(view, colour_map(view, DARK.warn), edge) > 0.4
    view.canvas.zoom(4.0, QPointF(view.canvas.rect().center()))
    view.canvas.pan(-toward[0], -toward[1])
    viewport = view.canvas.viewport
    assert viewport is not None
    # The border has left the canvas: its bar must not stick to the window.
    assert colour_map(view, DARK.warn).mean() < 0.001


def test_an_unsure_edge_is_cyan_and_never_amber(qtbot: QtBot) -> None:
    view = stage(qtbot, cut(Edge.BOTTOM, state=State.UNSURE))
    assert share_along(view, colour_map(view, DARK.unsure), Edge.BOTTOM) > 0.2
    assert not colour_map(view, DARK.warn).any()


@pytest.mark.parametrize("state", [State.PASS, State.NOT_ASSESSED])
def test_a_film_in_order_has_no_bars(qtbot: QtBot, state: State) -> None:
    view = stage(qtbot, cut(Edge.LEFT, state=state))
    assert not colour_map(view, DARK.warn).any()
    assert not colour_map(view, DARK.unsure).any()


def test_nothing_the_cascade_says_is_red(qtbot: QtBot) -> None:
    view = stage(qtbot, EVERYTHING)
    assert not colour_map(view, DARK.danger).any()


def test_one_toggle_hides_everything(qtbot: QtBot) -> None:
    view = stage(qtbot, EVERYTHING)
    bare = FilmView()
    qtbot.addWidget(bare)
    bare.resize(900, 700)
    bare.show()
    bare.set_film(view.film)
    bare.actions_.overlays.setChecked(False)
    assert view.canvas.grab().toImage() != bare.canvas.grab().toImage()
    view.actions_.overlays.trigger()
    assert view.canvas.grab().toImage() == bare.canvas.grab().toImage()
    view.actions_.overlays.trigger()
    assert colour_map(view, DARK.warn).any()


def test_overlays_that_are_off_leave_the_name_say_so_and_come_back_with_the_next_film(qtbot: QtBot) -> None:
    view = stage(qtbot, EVERYTHING)
    view.actions_.overlays.trigger()
    state, viewport = view.canvas.overlay_state, view.canvas.viewport
    assert state is not None
    assert viewport is not None
    chip, name = (placed.item for placed in Overlays().layout_hidden(state, viewport, 1.0))
    assert (chip.state, chip.text) == (State.WARN, "overlays off (O)")
    assert name.text == state.header.patient.name
    assert colour_map(view, DARK.warn).any()
    view.set_film(prepare(film(noise(500, 400))))
    assert view.canvas.overlays_shown
    assert view.actions_.overlays.isChecked()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("size", [(240, 200), (420, 320), (718, 670), (1272, 980), (2800, 2000)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_corner_stacks_never_overlap_nor_leave_the_canvas(
    language: str, size: tuple[int, int], scale: float
) -> None:
    header = film(noise(600, 700), notices=NOTICES).header
    state = OverlayState(
        header, load_words(assets.resources_dir(), language), EVERYTHING, window="W 4096  C 2048  NORMAL"
    )
    overlays = Overlays(type_scale=scale)
    placed = overlays.layout(state, Viewport(700, 600, *size).fitted(), 1.0)
    assert placed
    for one in placed:
        assert one.rect.left() >= 0
        assert one.rect.top() >= 0
        assert one.rect.right() <= size[0]
        assert one.rect.bottom() <= size[1]
    for one, other in itertools.combinations(placed, 2):
        assert not one.rect.intersects(other.rect), (one, other)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(("language", "scale"), [("en", 1.0), ("ru", 1.0), ("ru", 2.0)])
def test_figures_go_on_in_a_further_line_where_the_canvas_is_narrow(language: str, scale: float) -> None:
    header = film(noise(600, 700)).header
    words = load_words(assets.resources_dir(), language)
    state = OverlayState(header, words, None, window="W 4096  C 2048  NORMAL")
    overlays = Overlays(wanted_scale=scale)
    overlays.fit_type(400)
    shown = [p.item.text for p in overlays.layout(state, Viewport(700, 600, 400, 600).fitted(), 1.0)]
    assert not [text for text in shown if "…" in text]
    for part in ("EI 412", "DI +0", "W 4096  C 2048", "NORMAL"):
        assert any(part in text for text in shown), part


def words_on(state: OverlayState) -> str:
    return "\n".join(
        p.item.text for p in Overlays().layout(state, Viewport(700, 600, 1200, 900).fitted(), 1.0)
    )


@pytest.mark.usefixtures("qapp")
def test_corners_say_who_when_where_and_how() -> None:
    header = film(noise(600, 700)).header
    text = words_on(OverlayState(header, load_words(assets.resources_dir(), "en"), window="W 1  C 2"))
    for part in (
        "Doe Jane",
        PATIENT_ID,
        "born 2 Jan 1960 · F",
        "23 Nov 2026 10:42",
        STATION,
        "PA",
        "125 kV · 2.5 mAs",
        "EI 412 · target 400 · DI +0.1",
        "DAP 0.82 dGy·cm²",
        "W 1  C 2",
    ):
        assert part in text


@pytest.mark.usefixtures("qapp")
def test_contradicting_polarity_is_said() -> None:
    header = film(noise(60, 70), notices=(Notice(NoticeCode.POLARITY_DISAGREES),)).header
    assert "polarity unclear" in words_on(OverlayState(header, load_words(assets.resources_dir(), "en")))


@pytest.mark.parametrize("zoom", [0.1, 0.35, 1.0, 4.0, 20.0])
def test_the_scale_bar_is_as_long_as_it_says(zoom: float) -> None:
    header = film(noise(60, 70)).header
    words = load_words(assets.resources_dir(), "en")
    bar = scale_bar(header, Viewport(3000, 3000, 1200, 900, scale=zoom), 2.0, words)
    assert bar is not None
    # 0.15 mm a pixel, two device pixels to a logical one.
    assert bar.length == pytest.approx(bar.millimetres / 0.15 * zoom / 2.0)
    assert "at the detector" in bar.caption


@pytest.mark.parametrize("spacing", [None, (0.0, 0.0), (25.0, 25.0)])
def test_no_scale_bar_where_the_spacing_is_unknown_or_absurd(spacing: tuple[float, float] | None) -> None:
    header = film(noise(60, 70), spacing_mm=spacing).header
    view = Viewport(3000, 3000, 1200, 900, scale=0.3)
    assert scale_bar(header, view, 1.0, load_words(assets.resources_dir(), "en")) is None


@pytest.mark.usefixtures("qapp")
def test_a_rotation_shows_its_angle() -> None:
    header = film(noise(600, 700)).header
    for state, said in ((State.WARN, "rotated 14° ±4°"), (State.UNSURE, "rotated 14° ±4°?")):
        shown = OverlayState(header, load_words(assets.resources_dir(), "en"), rotated(14.0, state))
        placed = Overlays().layout(shown, Viewport(700, 600, 1200, 900).fitted(), 1.0)
        assert said in [p.item.text for p in placed]
        assert any(p.item.rotation is not None for p in placed)
        assert not any("ribs" in p.item.text for p in placed), "not where they were not measured"


RIBS = (((0.8, 0.2), (0.8, 0.8)), ((0.7, 0.2), (0.7, 0.8)))


def with_ribs(state: State) -> Verdict:
    verdict = rotated(14.0, state)
    assert verdict.rotation is not None
    return replace(verdict, findings=(replace(verdict.rotation, rib_separation_pct=11.6, rib_contours=RIBS),))


@pytest.mark.parametrize("turn", [Turn(), Turn(1), Turn(0, True)])
@pytest.mark.parametrize(("state", "drawn"), [(State.WARN, True), (State.UNSURE, True), (State.PASS, False)])
def test_the_posterior_ribs_are_drawn_where_the_rotation_is_in_question(
    qtbot: QtBot, state: State, drawn: bool, turn: Turn
) -> None:
    view = stage(qtbot, rotated(14.0, state))
    view.set_turn(turn)
    without = view.canvas.grab().toImage()
    view.set_verdict(with_ribs(state))
    shown = view.canvas.grab().toImage()
    viewport = view.canvas.viewport
    assert viewport is not None
    for x in (0.8, 0.7):
        at = [round(v) for v in viewport.to_canvas(x * 600, 0.5 * 600)]
        near = [(at[0] + dx, at[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        assert any(shown.pixel(*p) != without.pixel(*p) for p in near) is drawn
    between = [round(v) for v in viewport.to_canvas(0.75 * 600, 0.5 * 600)]
    assert shown.pixel(*between) == without.pixel(*between)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("language", "said"), [("en", "ribs 12\u00a0% apart"), ("ru", "расхождение рёбер 12\u00a0%")]
)
def test_how_far_the_ribs_lie_apart_is_said_beside_the_angle(language: str, said: str) -> None:
    shown = OverlayState(
        film(noise(600, 700)).header, load_words(assets.resources_dir(), language), with_ribs(State.WARN)
    )
    placed = Overlays().layout(shown, Viewport(700, 600, 1200, 900).fitted(), 1.0)
    assert said in [p.item.text for p in placed]
    narrow = Overlays(type_scale=1.5).layout(shown, Viewport(700, 600, 400, 900).fitted(), 1.0)
    assert any("12\u00a0%" in p.item.text and not p.item.cut for p in narrow), "the figure is never cut off"


@pytest.mark.usefixtures("qapp")
def test_the_turned_chest_claims_no_side() -> None:
    """The figure is the same for a turn to either side, and above and below the line of a true lateral."""

    def drawn(angle: float) -> QImage:
        canvas = QImage(round(dial.WIDTH) * 2, round(dial.HEIGHT) * 2, QImage.Format.Format_RGB32)
        canvas.fill(0)
        painter = QPainter(canvas)
        painter.scale(2, 2)
        found = rotated(angle, State.WARN).rotation
        assert found is not None
        dial.paint(painter, QRectF(0, 0, dial.WIDTH, dial.HEIGHT), found, DARK.warn, DARK)
        painter.end()
        return canvas

    one, other = drawn(14.0), drawn(-14.0)
    assert one == other
    assert one != drawn(6.0)
    flipped = one.flipped(Qt.Orientation.Vertical)
    unlike = [
        abs(one.pixelColor(x, y).lightness() - flipped.pixelColor(x, y).lightness())
        for x in range(one.width())
        for y in range(one.height())
    ]
    assert sum(step > 60 for step in unlike) < 0.01 * len(unlike)


def test_why_shows_the_posterior_ribs_of_a_film_in_order(qtbot: QtBot) -> None:
    view = stage(qtbot, with_ribs(State.PASS))
    plain = view.canvas.grab().toImage()
    view.actions_.why.trigger()
    shown = view.canvas.grab().toImage()
    viewport = view.canvas.viewport
    assert viewport is not None
    at = [round(v) for v in viewport.to_canvas(0.8 * 600, 0.5 * 600)]
    assert any(shown.pixel(at[0] + d, at[1]) != plain.pixel(at[0] + d, at[1]) for d in (-1, 0, 1))


def test_the_words_on_the_film_are_in_the_windows_language(qtbot: QtBot) -> None:
    said = cut(Edge.TOP, projection=Projection.LATERAL)
    english, russian = (stage(qtbot, said, language=code).canvas.grab().toImage() for code in ("en", "ru"))
    assert russian != english


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("size", [(420, 320), (718, 670), (1272, 980)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("shape", [(600, 700), (900, 500), (400, 900)])
def test_names_of_cut_edges_keep_clear_of_the_corner_text_and_of_each_other(
    size: tuple[int, int], scale: float, shape: tuple[int, int]
) -> None:
    what = film(noise(*shape), notices=NOTICES[:2])
    words = load_words(assets.resources_dir(), "en")
    verdict = cut(*Edge)
    overlays = Overlays(type_scale=scale)
    view = Viewport(shape[1], shape[0], *size, margin=30 * scale).fitted()
    corners_ = overlays.layout(OverlayState(what.header, words, verdict), view, 1.0)
    canvas = QImage(*size, QImage.Format.Format_RGB32)
    painter = QPainter(canvas)
    names = paint_edges(
        painter,
        overlays.text,
        font(12, bold=True, scale=scale),
        verdict,
        what.header,
        words,
        view,
        1.0,
        DARK,
        [placed.rect for placed in corners_],
    )
    painter.end()
    assert set(names) == set(Edge)
    for name, placed in itertools.product(names.values(), corners_):
        # Where nothing is left of the border, the bare glyph may touch.
        assert name.width() + name.height() < 80 * scale or not name.intersects(placed.rect)
    if size[0] > 700 and scale == 1.0:
        for one, other in itertools.combinations(names.values(), 2):
            assert not one.intersects(other)


def test_a_screen_reader_is_told_what_is_drawn(qtbot: QtBot) -> None:
    view = stage(qtbot, cut(Edge.BOTTOM, Edge.LEFT))
    said = view.canvas.accessibleDescription()
    assert said == "FRONTAL 99 %; lung bases cut off; outer edge of the right lung cut off"
    view = stage(qtbot, cut(Edge.BOTTOM, Edge.LEFT), language="ru")
    assert "нижние отделы лёгких" in view.canvas.accessibleDescription()
    assert view.canvas.accessibleName() == "Снимок"


def test_why_is_off_by_default_says_that_it_is_an_aid_and_differs_by_edge(qtbot: QtBot) -> None:
    view = FilmView("en")
    qtbot.addWidget(view)
    view.resize(700, 640)
    view.show()
    view.set_film(prepare(film(noise(500, 400, top=400))))
    scores = {Edge.BOTTOM: 0.95, Edge.TOP: 0.02, Edge.LEFT: 0.02, Edge.RIGHT: 0.02}
    outline = (((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)),)
    finding = CropFinding(State.WARN, 0.95, 0.7, 0.4, (Edge.BOTTOM,), scores, outline)
    view.set_verdict(replace(cut(Edge.BOTTOM), findings=(finding,)))
    view.actions_.overlays.setChecked(False)
    plain = view.canvas.grab().toImage()
    assert not view.actions_.why.isChecked()
    view.actions_.why.trigger()
    shown = view.canvas.grab().toImage()
    viewport = view.canvas.viewport
    assert viewport is not None

    def changed(x: float, y: float) -> bool:
        at = [round(v) for v in viewport.to_canvas(x, y)]
        return shown.pixel(*at) != plain.pixel(*at)

    assert changed(100, 485), "a thick strip where the edge is suspect"
    assert not changed(100, 15), "a thin one where it is not"
    assert changed(120, 150), "the lung field is tinted"
    assert not changed(40, 250), "the rest is not"
    view.actions_.why.trigger()
    assert view.canvas.grab().toImage() == plain


@pytest.mark.parametrize(("state", "warm"), [(State.WARN, True), (State.UNSURE, False)])
def test_why_marks_the_edges_that_the_film_is_marked_at(qtbot: QtBot, state: State, warm: bool) -> None:
    """The stage's threshold is that of the film's score: an edge may be named far below it."""
    view = FilmView("en")
    qtbot.addWidget(view)
    view.resize(700, 640)
    view.show()
    view.set_film(prepare(film(noise(500, 400, top=400))))
    scores = {Edge.BOTTOM: 0.6, Edge.TOP: 0.8, Edge.LEFT: 0.02, Edge.RIGHT: 0.02}
    finding = CropFinding(state, 0.75, 0.7, 0.4, (Edge.BOTTOM,), scores)
    view.set_verdict(replace(cut(Edge.BOTTOM), findings=(finding,)))
    view.actions_.overlays.setChecked(False)
    view.actions_.why.trigger()
    shown = view.canvas.grab().toImage()
    viewport = view.canvas.viewport
    assert viewport is not None

    def amber(x: float, y: float) -> bool:
        colour = shown.pixelColor(*[round(v) for v in viewport.to_canvas(x, y)])
        return colour.red() > colour.blue()

    assert amber(100, 495) is warm
    assert not amber(100, 4), "not named, whatever its score"


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("scale", [1.0, 1.4])
@pytest.mark.parametrize("shape", [(700, 600), (900, 500)])
def test_the_note_of_why_is_whole_and_clear_of_the_corner_text(
    language: str, scale: float, shape: tuple[int, int]
) -> None:
    what = film(noise(*shape), notices=NOTICES[:2])
    words = load_words(assets.resources_dir(), language)
    overlays = Overlays(type_scale=scale)
    view = Viewport(shape[1], shape[0], 718, 670, margin=30 * scale).fitted()
    corners_ = overlays.layout(OverlayState(what.header, words, cut(Edge.BOTTOM)), view, 1.0)
    said = words("why.note_ribs")
    face, field = font(14, bold=True, scale=scale), field_rect(view, 1.0, WHOLE_FILM)
    lines = note_lines(overlays.text, face, field, said, [placed.rect for placed in corners_])
    assert " ".join(line for _, line in lines) == said
    for (rect, _), placed in itertools.product(lines, corners_):
        assert not rect.intersects(placed.rect)
