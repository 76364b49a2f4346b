"""Drawn pictures that are no chest: of one kind and size, the same for the same seed, different for another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models_onnx.training import negatives
from models_onnx.training.negatives import SIZE, U8, Rng

MAKERS = [maker for maker, _ in negatives.DRAWN]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_seed_gives_one_picture(make: Callable[[Rng], U8]) -> None:
    first, again, other = (make(np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert (first.shape, first.dtype) == ((SIZE, SIZE), np.uint8)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_kind_is_drawn() -> None:
    # The draws of the mixture are those of its parts: the first number picks the kind.
    rng = np.random.default_rng(1)
    found: set[str] = set()
    for _ in range(40):
        if len(found) == len(MAKERS):
            break
        state = rng.bit_generator.state
        picture = negatives.drawn(rng)
        for make in MAKERS:
            same = np.random.default_rng()
            same.bit_generator.state = state
            same.random()
            if np.array_equal(make(same), picture):
                found.add(make.__name__)
    assert found == {make.__name__ for make in MAKERS}


def test_a_piece_shows_no_lung_and_there_is_none_where_all_is_lung() -> None:
    rng = np.random.default_rng(2)
    film = np.full((200, 200), 200, np.uint8)
    film[:, :100] = rng.integers(0, 120, (200, 100))  # no lung on the left, where it is dark
    mask = np.zeros((100, 100), np.uint8)
    mask[:, 50:] = 255
    for _ in range(10):
        found = negatives.piece(film, mask, rng)
        assert found is not None
        assert found.max() < 140, "nothing of the right half"
    assert negatives.piece(film, np.full_like(mask, 255), rng) is None
