"""Several films of a patient: what they are worth, and that intervals of shares hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.domain.statistics import wilson_interval
from workstation.services.evaluation import metrics as m
from workstation.services.evaluation.clusters import effective_films

WHO = [f"p{i // 4}" for i in range(20)]


def test_films_that_are_all_alike_count_as_one_a_patient() -> None:
    hit = np.repeat([1, 0, 1, 1, 0], 4)
    assert effective_films(hit, np.ones(20), WHO) == pytest.approx(5)
    found = m.proportion(hit, None, WHO)
    assert (found.value, found.method) == (0.6, "Wilson, by patient")
    assert (found.low, found.high) == pytest.approx(wilson_interval(3, 5))
    # Hits alone cannot tell how alike films are: the cautious count.
    assert m.proportion(np.ones(20), None, WHO).low == pytest.approx(wilson_interval(5, 5)[0])


def test_films_that_are_not_alike_count_as_so_many() -> None:
    hit = np.tile([1, 0], 10)
    assert effective_films(hit, np.ones(20), WHO) == pytest.approx(20)
    between = effective_films(np.tile([1, 1, 1, 1, 0, 0, 0, 1], 5)[:20], np.ones(20), WHO)
    assert 5 < between < 20


def test_one_film_a_patient_is_as_without_patients() -> None:
    hit, weight, keys = [1, 1, 0, 0], [3.0, 1.0, 3.0, 1.0], list("abcd")
    assert effective_films(hit, weight, keys) == pytest.approx(3.2)  # Kish
    assert m.proportion(hit, weight, keys) == m.proportion(hit, weight)
    assert m.proportion(hit, weight, keys).method == "Wilson"
    # Weights count once a patient where the films are alike.
    assert effective_films([1, 1, 0, 0], weight, list("aabb")) == pytest.approx(8**2 / (4**2 + 4**2))


@pytest.mark.parametrize(("alike", "plain_holds"), [(0.0, True), (0.8, False)])
def test_the_interval_by_patient_holds_the_true_share_where_the_plain_one_does_not(
    alike: float, plain_holds: bool
) -> None:
    rng = np.random.default_rng(4)
    share, patients, trials = 0.8, 30, 300
    plain = clustered = 0
    for _ in range(trials):
        films = rng.choice([1, 1, 2, 6], patients)
        who = np.repeat(np.arange(patients), films)
        own = (rng.random(patients) < share)[who]
        hit = np.where(rng.random(who.size) < np.sqrt(alike), own, rng.random(who.size) < share)
        for found, kind in ((m.proportion(hit), "plain"), (m.proportion(hit, None, who), "by patient")):
            held = found.low <= share <= found.high
            plain, clustered = plain + (held and kind == "plain"), clustered + (held and kind == "by patient")
    assert clustered >= 0.91 * trials
    assert (plain >= 0.91 * trials) is plain_holds
