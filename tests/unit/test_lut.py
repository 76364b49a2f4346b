"""The one polarity rule and the one VOI rule, against the formulas of PS3.3 C.11 written out pixel by pixel."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.domain.film import GreyscalePipeline, LookupTable, NoticeCode, VoiFunction, Window
from workstation.imaging.lut import (
    VoiChoice,
    VoiKind,
    analysis_image,
    as_window,
    auto_voi,
    default_voi,
    display_lut,
    presentation_image,
    render_8bit,
    stored_range,
    voi_choices,
)

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def min_to_max(pipeline: GreyscalePipeline, pixels: np.ndarray) -> np.ndarray:
    return render_8bit(pixels, display_lut(pipeline, auto_voi(pipeline, pixels)))


def reference_window(function: VoiFunction, x: float, c: float, w: float) -> float:
    """C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2 word by word, with an output of 0..1."""
    if function is VoiFunction.LINEAR:
        if x <= c - 0.5 - (w - 1) / 2:
            return 0.0
        if x > c - 0.5 + (w - 1) / 2:
            return 1.0
        return (x - (c - 0.5)) / (w - 1) + 0.5
    if function is VoiFunction.LINEAR_EXACT:
        if x <= c - w / 2:
            return 0.0
        if x > c + w / 2:
            return 1.0
        return (x - c) / w + 0.5
    exponent = -4 * (x - c) / w
    return 0.0 if exponent > 700 else 1 / (1 + math.exp(exponent))


def reference_table(lut: LookupTable, x: float) -> int:
    """C.11.1.1 and C.11.2.1.1: below the first value the first entry, above the last the last."""
    return lut.values[min(max(round(x) - lut.first, 0), len(lut.values) - 1)]


def reference(pipeline: GreyscalePipeline, voi: VoiChoice, invert: bool, stored: int) -> float:
    """Presentation value of one stored value, 0..255, not rounded."""
    if pipeline.padding and pipeline.padding[0] <= stored <= pipeline.padding[1]:
        return 0.0
    x = stored * pipeline.slope + pipeline.intercept
    if pipeline.modality_lut is not None:
        x = float(reference_table(pipeline.modality_lut, stored))
    if voi.kind is VoiKind.VOI_LUT:
        table = pipeline.voi_luts[voi.index]
        y = reference_table(table, x) / (2**table.bits - 1)
    else:
        y = reference_window(voi.function, x, voi.center, voi.width)
    if (pipeline.photometric == "MONOCHROME1") != invert:
        y = 1 - y
    return 255 * y


@st.composite
def tables(draw: st.DrawFn, first: st.SearchStrategy[int]) -> LookupTable:
    bits = draw(st.integers(8, 16))
    entries = draw(st.lists(st.integers(0, 2**bits - 1), min_size=1, max_size=40))
    return LookupTable(draw(first), bits, tuple(entries))


@st.composite
def pipelines(draw: st.DrawFn) -> GreyscalePipeline:
    signed = draw(st.booleans())
    bits = draw(st.integers(8, 16))
    low = -(1 << (bits - 1)) if signed else 0
    stored = st.integers(low, low + (1 << bits) - 1)
    ends = draw(st.none() | st.tuples(stored, stored))
    return GreyscalePipeline(
        photometric=draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"])),
        bits_stored=bits,
        signed=signed,
        slope=draw(st.sampled_from([1.0, 0.5, 2.25, -1.0, 1 / 4095])),
        intercept=draw(st.sampled_from([0.0, -1024.0, 0.75])),
        modality_lut=draw(st.none() | tables(stored)),
        windows=(Window(draw(st.floats(-5000, 70000)), draw(st.floats(1, 70000))),),
        voi_luts=(draw(tables(st.integers(-2000, 60000))),),
        voi_function=draw(st.sampled_from(list(VoiFunction))),
        padding=(min(ends), max(ends)) if ends else None,
        presentation_lut_shape=draw(st.sampled_from(["", "IDENTITY", "INVERSE"])),
    )


@settings(max_examples=150)
@given(pipeline=pipelines(), kind=st.integers(0, 1), invert=st.booleans(), data=st.data())
def test_every_grey_is_what_the_standard_computes(
    pipeline: GreyscalePipeline, kind: int, invert: bool, data: st.DataObject
) -> None:
    voi = voi_choices(pipeline)[kind]
    low = -32768 if pipeline.signed else 0
    some = data.draw(st.lists(st.integers(low, low + 65535), min_size=1, max_size=64))
    pixels = np.array([some], np.int16 if pipeline.signed else np.uint16)
    shown = render_8bit(pixels, display_lut(pipeline, voi, invert))
    for stored, grey in zip(some, shown[0].tolist(), strict=True):
        # Halves may be rounded either way.
        assert abs(grey - reference(pipeline, voi, invert, stored)) <= 0.5 + 1e-6, stored


@settings(max_examples=60)
@given(pipeline=pipelines(), invert=st.booleans())
def test_8_bit_films_use_the_same_table(pipeline: GreyscalePipeline, invert: bool) -> None:
    pipeline = replace(pipeline, signed=False)
    lut = display_lut(pipeline, None, invert)
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(render_8bit(pixels, lut), render_8bit(pixels.astype(np.uint16), lut))


def test_linear_window_of_the_standards_example() -> None:
    # The note of C.11.2.1.2.1: center 2048, width 4096 covers 0..4095 fully and evenly.
    lut = display_lut(GreyscalePipeline(bits_stored=12, windows=(Window(2048, 4096),)))
    assert lut.table[0] == 0
    assert lut.table[4095] == 255
    assert lut.table[2047] in (127, 128)
    assert lut.table[1] == 0
    assert lut.table[4094] == 255


@pytest.mark.parametrize("function", list(VoiFunction))
def test_narrow_windows_are_those_of_the_standard_value_by_value(function: VoiFunction) -> None:
    # LINEAR and LINEAR_EXACT differ by what shows in narrow windows alone.
    for width in (1, 1.5, 2, 3, 4, 9, 30):
        for center in (100, 100.5, 101.25):
            pipeline = GreyscalePipeline(windows=(Window(center, width),), voi_function=function)
            voi = voi_choices(pipeline)[0]
            table = display_lut(pipeline, voi).table
            wanted = [reference(pipeline, voi, False, stored) for stored in range(60, 140)]
            assert np.abs(table[60:140] - np.array(wanted)).max() <= 0.5 + 1e-6, (center, width)


def test_width_one_is_a_threshold() -> None:
    lut = display_lut(GreyscalePipeline(windows=(Window(100, 1),)))
    assert lut.table[99] == 0
    assert lut.table[100] == 255


def test_narrow_window_of_rescaled_values_is_shown_not_refused() -> None:
    pipeline = GreyscalePipeline(bits_stored=12, slope=1 / 4095, windows=(Window(0.5, 1.0), Window(0.5, 0.5)))
    _, narrow = voi_choices(pipeline)
    greys = display_lut(pipeline, narrow).table[[0, 1024, 2047, 3072, 4095]]
    assert greys[0] == 0
    assert greys[-1] == 255
    assert 120 < greys[2] < 135


class TestPolarity:
    window = (Window(2048, 4096),)

    def test_monochrome1_is_inverted_exactly_once(self) -> None:
        two = display_lut(GreyscalePipeline("MONOCHROME2", 12, windows=self.window))
        one = display_lut(GreyscalePipeline("MONOCHROME1", 12, windows=self.window))
        assert np.array_equal(one.table, 255 - two.table)
        assert one.inverted
        assert not two.inverted

    @pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
    def test_presentation_lut_shape_changes_nothing(self, photometric: str) -> None:
        tables = [
            display_lut(
                GreyscalePipeline(photometric, 12, windows=self.window, presentation_lut_shape=shape)
            ).table
            for shape in ("", "IDENTITY", "INVERSE")
        ]
        assert np.array_equal(tables[0], tables[1])
        assert np.array_equal(tables[0], tables[2])

    def test_viewers_invert_undoes_monochrome1(self) -> None:
        two = display_lut(GreyscalePipeline("MONOCHROME2", 12, windows=self.window))
        one = display_lut(GreyscalePipeline("MONOCHROME1", 12, windows=self.window), invert=True)
        assert np.array_equal(one.table, two.table)

    def test_polarity_comes_after_an_asymmetric_voi_lut(self) -> None:
        voi = LookupTable(0, 8, (0, 10, 200, 255))
        lut = display_lut(GreyscalePipeline("MONOCHROME1", 8, voi_luts=(voi,)))
        assert lut.table[:5].tolist() == [255, 245, 55, 0, 0]

    @pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
    @pytest.mark.parametrize("invert", [False, True])
    def test_padding_is_black_whatever_the_polarity(self, photometric: str, invert: bool) -> None:
        pipeline = GreyscalePipeline(photometric, 12, windows=self.window, padding=(0, 0))
        pixels = RAMP.copy()
        pixels[:8] = 0
        shown = render_8bit(pixels, display_lut(pipeline, invert=invert))
        assert not shown[:8].any()
        assert shown[8:].max() > 200

    def test_signed_padding_range(self) -> None:
        pipeline = GreyscalePipeline(
            "MONOCHROME1", 12, signed=True, windows=(Window(0, 4096),), padding=(-2048, -2000)
        )
        shown = render_8bit(np.array([[-2048, -2000, -1999, 2047]], np.int16), display_lut(pipeline))
        assert shown.tolist()[0][:2] == [0, 0]
        assert shown[0, 2] > 240
        assert shown[0, 3] == 0


class TestDefault:
    def test_first_window_of_the_file(self) -> None:
        windows = (Window(1000, 500, "BONE"), Window(2000, 900, "LUNG"))
        choice, notice = default_voi(GreyscalePipeline(bits_stored=12, windows=windows), RAMP)
        assert (choice.kind, choice.index, choice.explanation) == (VoiKind.WINDOW, 0, "BONE")
        assert notice is None

    def test_voi_lut_where_there_is_no_window(self) -> None:
        lut = LookupTable(0, 12, tuple(range(4096)), "NORMAL")
        choice, notice = default_voi(GreyscalePipeline(bits_stored=12, voi_luts=(lut,)), RAMP)
        assert (choice.kind, choice.explanation, notice) == (VoiKind.VOI_LUT, "NORMAL", None)

    @pytest.mark.parametrize(
        "window",
        [Window(30000, 100), Window(-500, 100), Window(100, 0), Window(100, -5), Window(math.nan, 10)],
    )
    def test_absurd_window_gives_way_with_a_notice(self, window: Window) -> None:
        choice, notice = default_voi(GreyscalePipeline(bits_stored=12, windows=(window,)), RAMP)
        assert choice.kind is VoiKind.AUTO_MIN_MAX
        assert notice is not None
        assert notice.code is NoticeCode.TAG_REPAIRED

    @pytest.mark.parametrize(
        ("window", "touches"),
        [
            (Window(5000, 4000), True),
            (Window(-100, 300), True),
            (Window(5000, 1810), True),  # from 4095, the film's highest value
            (Window(5000, 1800), False),
            (Window(-100, 200), True),
            (Window(-100, 198), False),
        ],
    )
    def test_a_window_that_touches_the_film_is_the_films_own(self, window: Window, touches: bool) -> None:
        choice, notice = default_voi(GreyscalePipeline(bits_stored=12, windows=(window,)), RAMP)
        assert (choice.kind is VoiKind.WINDOW) == touches
        assert (notice is None) == touches

    def test_absurd_first_window_gives_way_to_a_good_second(self) -> None:
        windows = (Window(90000, 10), Window(2000, 900))
        choice, notice = default_voi(GreyscalePipeline(bits_stored=12, windows=windows), RAMP)
        assert choice.index == 1
        assert notice is not None

    def test_window_is_judged_in_modality_units(self) -> None:
        pipeline = GreyscalePipeline(
            bits_stored=12, slope=-1.0, intercept=-90000.0, windows=(Window(-92000, 4000),)
        )
        assert default_voi(pipeline, RAMP)[0].kind is VoiKind.WINDOW

    def test_without_any_voi_the_film_spans_black_to_white(self) -> None:
        pixels = (RAMP // 4 + 1000).astype(np.uint16)
        shown = presentation_image(GreyscalePipeline(bits_stored=12), pixels)
        assert shown.min() == 0
        assert shown.max() == 255
        assert np.all(np.diff(shown.ravel().astype(int)) >= 0)

    def test_automatic_window_leaves_padding_out(self) -> None:
        pixels = (RAMP // 4 + 1000).astype(np.uint16)
        pixels[:4] = 4095
        pipeline = GreyscalePipeline(bits_stored=12, padding=(4095, 4095))
        choice = auto_voi(pipeline, pixels)
        assert choice.center + choice.width / 2 == pytest.approx(pixels[4:].max())
        assert choice.center - choice.width / 2 == pytest.approx(pixels[4:].min())

    @given(data=st.data())
    @settings(max_examples=60)
    def test_range_outside_any_padding(self, data: st.DataObject) -> None:
        dtype = data.draw(st.sampled_from([np.uint8, np.uint16, np.int16]))
        limits = np.iinfo(dtype)
        stored = st.integers(int(limits.min), int(limits.max))
        values = data.draw(st.lists(stored, min_size=1, max_size=12))
        ends = sorted(data.draw(st.tuples(stored, stored)))
        film = [v for v in values if not ends[0] <= v <= ends[1]]
        pipeline = GreyscalePipeline(bits_stored=16, padding=(ends[0], ends[1]))
        found = stored_range(pipeline, np.array([values], dtype))
        assert found == ((min(film), max(film)) if film else (0, 0))

    def test_percentiles_ignore_a_bright_marker(self) -> None:
        pixels = np.full((200, 200), 1000, np.uint16)
        pixels += np.arange(200, dtype=np.uint16)
        pixels[:3, :3] = 65000
        choice = auto_voi(GreyscalePipeline(bits_stored=16), pixels, VoiKind.AUTO_PERCENTILE)
        assert choice.center + choice.width / 2 < 1300

    def test_percentiles_leave_padding_out(self) -> None:
        pixels = RAMP // 4 + 1000
        pixels[:20] = 4095
        pipeline = GreyscalePipeline(bits_stored=12, padding=(4000, 4095))
        choice = auto_voi(pipeline, pixels, VoiKind.AUTO_PERCENTILE)
        low, high = np.percentile(pixels[20:], (0.5, 99.5))
        assert choice.center - choice.width / 2 == pytest.approx(low, abs=1)
        assert choice.center + choice.width / 2 == pytest.approx(high, abs=1)

    @pytest.mark.parametrize("padding", [None, (7, 7)])
    def test_flat_film_is_shown_without_complaint(self, padding: tuple[int, int] | None) -> None:
        pixels = np.full((4, 4), 7, np.uint16)
        shown = presentation_image(GreyscalePipeline(bits_stored=12, padding=padding), pixels)
        assert len(np.unique(shown)) == 1

    def test_automatic_range_of_a_modality_lut_that_falls(self) -> None:
        table = LookupTable(0, 12, tuple(range(4095, -1, -1)))
        shown = presentation_image(GreyscalePipeline(bits_stored=12, modality_lut=table), RAMP)
        assert shown[0, 0] == 255
        assert shown[-1, -1] == 0

    def test_automatic_range_of_a_modality_lut_that_rises_and_falls(self) -> None:
        table = LookupTable(0, 12, (*range(2048), *range(2047, -1, -1)))
        choice = auto_voi(GreyscalePipeline(bits_stored=12, modality_lut=table), RAMP)
        assert (choice.center, choice.width) == (2047 / 2, 2047)

    def test_without_a_film_the_range_of_its_bits_is_shown(self) -> None:
        unsigned = display_lut(GreyscalePipeline(bits_stored=12)).table
        assert unsigned[[0, 2047, 4095]].tolist() == [0, 127, 255]
        signed = display_lut(GreyscalePipeline(bits_stored=12, signed=True)).table
        assert signed[[65536 - 2048, 65535, 2047]].tolist() == [0, 127, 255]


def test_drag_from_a_voi_lut_starts_at_its_input_range() -> None:
    pipeline = GreyscalePipeline(bits_stored=12, voi_luts=(LookupTable(100, 12, tuple(range(1000))),))
    start = as_window(pipeline, voi_choices(pipeline)[0])
    assert (start.kind, start.center, start.width) == (VoiKind.CUSTOM, 600.0, 1000.0)


def test_hand_set_window_cannot_collapse() -> None:
    assert VoiChoice.custom(100, -50).width == 1.0
    assert VoiChoice.custom(0.5, 0, VoiFunction.SIGMOID).width > 0


@pytest.mark.parametrize("center", [1e12, -1e12, 0.0])
@pytest.mark.parametrize("width", [1e-9, 1e12])
@pytest.mark.parametrize("function", list(VoiFunction))
def test_extreme_windows_stay_in_range(center: float, width: float, function: VoiFunction) -> None:
    table = display_lut(GreyscalePipeline(bits_stored=16), VoiChoice.custom(center, width, function)).table
    assert table.dtype == np.uint8
    assert np.all(np.diff(table.astype(int)) >= 0)


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError, match="float32"):
        render_8bit(np.zeros((2, 2), np.float32), display_lut(GreyscalePipeline()))


def test_pixels_that_are_not_contiguous_are_looked_up_all_the_same() -> None:
    lut = display_lut(GreyscalePipeline(bits_stored=12))
    assert np.array_equal(render_8bit(RAMP[::2, ::3], lut), render_8bit(RAMP, lut)[::2, ::3])
    signed = display_lut(GreyscalePipeline(bits_stored=12, signed=True))
    values = RAMP.astype(np.int16) - 2048
    assert np.array_equal(render_8bit(values[::2, ::3], signed), render_8bit(values, signed)[::2, ::3])


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("center", "width"), [(500, 1000), (3600, 400)])
def test_a_film_that_its_own_window_drowns_is_analysed_by_its_values(
    photometric: str, center: float, width: float
) -> None:
    pixels = np.random.default_rng(2).permutation(RAMP.ravel()).reshape(64, 64)
    pipeline = GreyscalePipeline(photometric, 12, windows=(Window(center, width),))
    shown, seen = presentation_image(pipeline, pixels), analysis_image(pipeline, pixels)
    assert max((shown == 255).mean(), (shown == 0).mean()) > 0.7
    assert max((seen == 255).mean(), (seen == 0).mean()) < 0.02
    # Bones stay white.
    rising = np.corrcoef(seen.ravel(), pixels.ravel().astype(float))[0, 1]
    assert rising > 0.99 if photometric == "MONOCHROME2" else rising < -0.99


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    ("spot", "windows"),
    [(0, (Window(32768, 65536),)), (65535, ())],
    ids=["window too wide", "one bright spot"],
)
def test_a_film_that_is_left_with_few_greys_is_analysed_by_its_values(
    photometric: str, spot: int, windows: tuple[Window, ...]
) -> None:
    pixels = np.random.default_rng(2).permutation(RAMP.ravel()).reshape(64, 64)
    pixels[0, 0] = spot
    pipeline = GreyscalePipeline(photometric, 16, windows=windows)
    shown, seen = presentation_image(pipeline, pixels), analysis_image(pipeline, pixels)
    assert len(np.unique(shown if windows else min_to_max(pipeline, pixels))) < 20
    assert len(np.unique(seen)) == 256
    # The screen keeps to a file's own window; without one it shows what is analysed.
    assert np.array_equal(shown, seen) == (not windows)
    rising = np.corrcoef(seen.ravel()[1:], pixels.ravel()[1:].astype(float))[0, 1]
    assert rising > 0.99 if photometric == "MONOCHROME2" else rising < -0.99


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("lines", [1, 5, 10], ids=["text", "border", "wide border"])
@pytest.mark.parametrize(("value", "soft"), [(65535, 30000), (65535, 65535), (0, 9000)])
def test_what_is_burnt_in_far_beyond_a_film_without_a_window_does_not_darken_it(
    photometric: str, lines: int, value: int, soft: int
) -> None:
    """Text of a thirtieth of the film, or a border of a sixth or a third that no header declares."""
    pixels = np.random.default_rng(2).permutation(RAMP.ravel()).reshape(64, 64) // 2 + 20000
    own = pixels.copy()
    pixels[:lines] = pixels[-lines:] = value
    pixels[32, :32] = soft  # softened edges of letters
    pipeline = GreyscalePipeline(photometric, 16)
    assert len(np.unique(min_to_max(pipeline, pixels)[10:-10])) < 32
    seen, film = analysis_image(pipeline, pixels)[10:-10], analysis_image(pipeline, own)[10:-10]
    rows = np.arange(len(seen)) != 32 - 10
    assert np.abs(seen[rows].astype(int) - film[rows]).max() <= 4
    choice, notice = default_voi(pipeline, pixels)
    assert notice is None
    assert choice == auto_voi(pipeline, pixels, VoiKind.AUTO_PERCENTILE)
    assert choice.center == pytest.approx(21023, abs=60)
    assert np.array_equal(presentation_image(pipeline, pixels), analysis_image(pipeline, pixels))
    assert default_voi(pipeline, own)[0].kind is VoiKind.AUTO_MIN_MAX


@pytest.mark.parametrize("window", [(2048, 4096), (2048, 3400), (1600, 3400), (2048, 14000)])
def test_a_film_that_its_window_shows_is_analysed_as_shown(window: tuple[float, float]) -> None:
    pipeline = GreyscalePipeline(bits_stored=12, windows=(Window(*window),))
    assert np.array_equal(analysis_image(pipeline, RAMP), presentation_image(pipeline, RAMP))


def test_a_film_that_no_window_lifts_is_analysed_as_shown() -> None:
    pixels = RAMP.copy()
    pixels[:52] = 100  # four fifths lie behind blades
    pipeline = GreyscalePipeline(bits_stored=12, windows=(Window(3900, 300),))
    shown = presentation_image(pipeline, pixels)
    assert (shown == 0).mean() > 0.75
    assert np.array_equal(analysis_image(pipeline, pixels), shown)


@pytest.mark.parametrize("value", [0, 1000, 4095])
def test_a_film_without_an_exposure_stays_what_it_is(value: int) -> None:
    pixels = np.full((40, 30), value, np.uint16)
    for windows in ((), (Window(2048, 4096),), (Window(100, 200),)):
        pipeline = GreyscalePipeline(bits_stored=12, windows=windows)
        assert np.array_equal(analysis_image(pipeline, pixels), presentation_image(pipeline, pixels))
    pixels[3, 4] = 2000
    pipeline = GreyscalePipeline(bits_stored=12, windows=(Window(100, 200),))
    assert np.array_equal(analysis_image(pipeline, pixels), presentation_image(pipeline, pixels))


@pytest.mark.parametrize("function", list(VoiFunction))
def test_a_rescale_beyond_all_numbers_shows_white_and_black(function: VoiFunction) -> None:
    pipeline = GreyscalePipeline(bits_stored=8, slope=1e300)
    voi = VoiChoice(VoiKind.CUSTOM, 0, 1e302, 1e-6, function)
    grey = display_lut(pipeline, voi).table
    assert (grey[0], grey[200]) == (0, 255)
