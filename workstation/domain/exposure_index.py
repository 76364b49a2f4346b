"""Deviation index: how far the detector's exposure lies from what was intended. IEC 62494-1, AAPM TG-116 and TG-232."""

from __future__ import annotations

import math

from workstation.domain.film import ExposureData

AS_INTENDED = 1.0
"""Up to this deviation (a quarter more or a fifth less) an exposure is as intended, TG-116 table II."""
_SANE = 30.0  # a thousandfold exposure: a slip of the header


def deviation(data: ExposureData) -> float | None:
    """Deviation index as the header gives it, else 10 log10(EI / target EI); None where neither is to be had."""
    found = data.deviation_index
    exposure, target = data.exposure_index, data.target_exposure_index
    if found is None and exposure is not None and target is not None and exposure > 0 and target > 0:
        found = 10.0 * math.log10(exposure / target)
    return found if found is not None and math.isfinite(found) and abs(found) <= _SANE else None


def share_of_target(deviation_index: float) -> float:
    """Exposure of the detector as a multiple of the intended one."""
    return float(10.0 ** (deviation_index / 10.0))
