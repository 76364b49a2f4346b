"""Deviation index by hand, from IEC 62494-1: DI = 10 log10(EI / target)."""

from __future__ import annotations

import pytest

from workstation.domain.exposure_index import deviation, share_of_target
from workstation.domain.film import ExposureData


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ExposureData(), None),
        (ExposureData(exposure_index=300.0), None),
        (ExposureData(deviation_index=0.4), 0.4),
        (ExposureData(exposure_index=600.0, target_exposure_index=300.0), 3.01),
        (ExposureData(exposure_index=150.0, target_exposure_index=300.0), -3.01),
        (ExposureData(exposure_index=600.0, target_exposure_index=300.0, deviation_index=2.9), 2.9),
        (ExposureData(exposure_index=600.0, target_exposure_index=0.0), None),
        (ExposureData(exposure_index=-1.0, target_exposure_index=300.0), None),
        (ExposureData(deviation_index=400.0), None),
        (ExposureData(deviation_index=-400.0), None),
        (ExposureData(deviation_index=float("nan")), None),
    ],
)
def test_the_headers_own_index_counts_else_it_is_computed(data: ExposureData, expected: float | None) -> None:
    found = deviation(data)
    assert found == (None if expected is None else pytest.approx(expected, abs=0.01))


def test_plus_three_is_twice_and_minus_three_half_the_exposure() -> None:
    assert share_of_target(3.0) == pytest.approx(2.0, abs=0.01)
    assert share_of_target(-3.0) == pytest.approx(0.5, abs=0.01)
    assert share_of_target(0.0) == 1.0
