"""What the rotation network reads off its contour maps: where, how far apart, and how certain of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("torch", reason="training environment only: torch is not part of the program")
pytest.importorskip("scipy", reason="training environment only")
pytest.importorskip("sklearn", reason="training environment only")

import torch

from models_onnx.training.rotation.model import (
    DEPTH_PCT,
    MIDDLE,
    ROWS,
    SIZE,
    LungFinder,
    RibReader,
    ShippedRotation,
    Told,
    box_of,
    map_separation,
    sureness,
    window_of,
)
from models_onnx.training.rotation.train import reading_loss


def _random_networks() -> tuple[LungFinder, RibReader]:
    return LungFinder(), RibReader()


def test_the_score_is_the_logit_and_the_separation() -> None:
    torch.manual_seed(0)
    finder, reader = _random_networks()
    network = ShippedRotation(finder, [reader], blend=2.0, correction=(1.5, 0.5, -1.0), spread=3.2).eval()
    x = torch.rand(1, 1, SIZE, SIZE)
    with torch.no_grad():
        logit, angle, apart, _, ribs, certainty = network.raw(x)
        score, corrected, spread, same, shown, sure = network(x)
    assert float(score) == pytest.approx(float(logit + 2.0 * (apart - 8.0) / 4.0), abs=1e-5)
    assert float(corrected) == pytest.approx(
        max(0.0, float(angle) * 1.5 + float(apart) * 0.5 - 1.0), abs=1e-4
    )
    assert float(same) == pytest.approx(float(apart), abs=1e-5)
    assert torch.equal(shown, ribs)
    assert torch.equal(sure, certainty)
    assert spread.tolist() == [[pytest.approx(3.2)]]


def test_the_rib_contours_lie_where_both_readers_mark_them_on_the_whole_film() -> None:
    finder, first = _random_networks()
    second = _random_networks()[1]
    network = ShippedRotation(finder, [first, second]).eval()
    maps = torch.full((1, 2, 64, 64), -30.0)
    maps[:, 0, :, 47], maps[:, 1, :, 39] = 30.0, 30.0  # outer and inner
    zero = torch.zeros(1, 1)
    seen: list[torch.Tensor] = []

    def marks(at: torch.Tensor) -> Callable[[torch.Tensor], Told]:
        def marked(close: torch.Tensor) -> Told:
            seen.append(close)
            return Told(zero, zero, zero, at, zero)

        return marked

    x = torch.rand(1, 1, SIZE, SIZE)
    first.forward = marks(maps)  # type: ignore[method-assign]
    second.forward = marks(torch.flip(maps, dims=[3]))  # type: ignore[method-assign]
    with torch.no_grad():
        left, top, right, bottom = window_of(box_of(torch.sigmoid(finder(x))))[0].tolist()
        ribs, certainty = network.raw(x).ribs, network.raw(x).certainty
    assert torch.equal(seen[0], torch.flip(seen[1], dims=[3]))
    assert ribs.shape == (1, 2, 40, 2)
    assert certainty.shape == (1, 2, 40)
    assert float(certainty.min()) > 0.9
    outer, inner = ribs[0, 0], ribs[0, 1]
    assert outer[:, 0].tolist() == pytest.approx([left + 47.5 / 64 * (right - left)] * 40, abs=1e-5)
    assert inner[:, 0].tolist() == pytest.approx([left + 39.5 / 64 * (right - left)] * 40, abs=1e-5)
    assert float(outer[0, 1]) == pytest.approx(top + 12.5 / 64 * (bottom - top), abs=1e-5)
    assert float(outer[-1, 1]) == pytest.approx(top + 51.5 / 64 * (bottom - top), abs=1e-5)
    depth = (right - left) / 1.32  # the window's margins are 16 % of the lung's depth each
    assert float(map_separation(maps)) == pytest.approx(100 * float((outer - inner)[0, 0]) / depth, abs=1e-3)


def _maps(outer: torch.Tensor, inner: torch.Tensor, sharp: float = 4.0) -> torch.Tensor:
    """Contour maps (1, 2, ROWS, ROWS) with their peaks in these columns, by row; ``sharp`` 0: anywhere."""
    column = torch.arange(ROWS)
    return -sharp * torch.stack([(column - where[:, None]) ** 2 for where in (outer, inner)])[None].float()


def test_rows_in_doubt_hardly_count_in_the_separation() -> None:
    wide, narrow = torch.full((ROWS,), 40.0), torch.full((ROWS,), 32.0)
    maps = _maps(wide, narrow)
    clear = float(map_separation(maps))
    assert clear == pytest.approx(DEPTH_PCT * 8 / ROWS, abs=0.01)
    # Where both contours may be anywhere, their means fall together.
    maps[:, :, 12:32] = 0.0
    assert float(map_separation(maps)) == pytest.approx(clear, abs=0.2)
    assert sureness(maps).sum() == pytest.approx(1.0)
    assert float(map_separation(torch.zeros_like(maps))) == pytest.approx(0.0, abs=0.01)


def test_where_the_looks_contradict_each_other_nothing_is_certain() -> None:
    finder, first = _random_networks()
    second = _random_networks()[1]
    network = ShippedRotation(finder, [first, second]).eval()
    wide, narrow, far = (torch.full((ROWS,), v) for v in (40.0, 38.0, 26.0))
    one, other = _maps(wide, narrow, 0.5), _maps(wide, narrow, 0.5)
    other[:, 1, 40:] = _maps(wide, far, 0.5)[:, 1, 40:]
    zero = torch.zeros(1, 1)
    first.forward = lambda _: Told(zero, zero, zero, one, zero)  # type: ignore[method-assign]
    second.forward = lambda _: Told(  # type: ignore[method-assign]
        zero, zero, zero, torch.flip(other, dims=[3]), zero
    )
    with torch.no_grad():
        raw = network.raw(torch.rand(1, 1, SIZE, SIZE))
    middle = 40 - MIDDLE.start
    assert float(raw.certainty[0, 0].min()) > 0.5
    assert float(raw.certainty[0, 1, : middle - 2].min()) > 0.5
    assert float(raw.certainty[0, 1, middle + 2 :].max()) < 0.5
    # Between the two places neither look sees a contour: there nothing is measured.
    assert float(raw.separation) == pytest.approx(DEPTH_PCT / ROWS * 2, abs=0.5)


def test_the_reading_is_taught_where_the_maps_leave_it_open() -> None:
    at = torch.stack([torch.full((ROWS,), 40.5), torch.full((ROWS,), 38.5)])[None] / ROWS
    at[:, :, :6] = float("nan")
    close = _maps(torch.full((ROWS,), 40.0), torch.full((ROWS,), 38.0))
    assert float(reading_loss(close, at)) == pytest.approx(0.0, abs=1e-4)
    # Peaks where they belong, but an inner contour that may as well be far in front: read too wide.
    also = torch.logaddexp(close, _maps(torch.full((ROWS,), 40.0), torch.full((ROWS,), 26.0)))
    maps = also.clone().requires_grad_(True)
    assert map_separation(also) > map_separation(close) + 5
    loss = reading_loss(maps, at)
    assert float(loss.detach()) > 0.5
    loss.backward()
    assert maps.grad is not None
    assert maps.grad[0, 1, 30, 26] > 0 > maps.grad[0, 1, 30, 38]
    # What is known of no row says nothing of the distance.
    few = at.clone()
    few[:, 0, 6:] = float("nan")
    assert torch.isfinite(reading_loss(close, few))
