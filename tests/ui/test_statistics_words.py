"""How the statistics say their figures."""

from __future__ import annotations

import pytest

from workstation.domain.decision import Choice
from workstation.domain.statistics import Levels, Opinion, RejectRate
from workstation.ui.i18n import Translations
from workstation.ui.statistics import words


def test_every_opinion_and_choice_has_words(speaking: Translations) -> None:
    for language in ("en", "ru"):
        speaking.use(language)
        told = [words.opinion(o) for o in Opinion] + [words.choice(c) for c in (None, *Choice)]
        assert len(set(told)) == len(told)
        assert all(told)


@pytest.mark.parametrize(
    ("hits", "total", "decimals", "told"),
    [
        (1, 400, 0, "<1 %"),
        (399, 400, 0, ">99 %"),
        (1, 3000, 1, "<0.1 %"),
        (0, 400, 0, "0 %"),
        (400, 400, 0, "100 %"),
        (3, 400, 0, "1 %"),
        (32, 431, 1, "7.4 %"),
    ],
)
def test_a_small_part_is_not_rounded_to_none_or_all(
    speaking: Translations, hits: int, total: int, decimals: int, told: str
) -> None:
    del speaking
    assert words.percent(hits / total, decimals).replace(words.THIN, " ") == told


@pytest.mark.parametrize(
    ("rejected", "decided", "rate"),
    [(100, 1000, "10.0 % has reached"), (9996, 100_000, "9.996 % is above the target"), (11, 100, "11.0 %")],
)
def test_a_rate_beside_a_level_does_not_read_like_it(
    speaking: Translations, rejected: int, decided: int, rate: str
) -> None:
    del speaking
    told = words.verdict(RejectRate(decided, rejected), Levels()).replace(words.THIN, " ")
    assert rate in told
    assert "still below" not in told or rejected / decided < 0.1
