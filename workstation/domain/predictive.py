"""What a warning is worth at one site: from measured performance and how often the fault is met there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workstation.domain.decision import Choice
from workstation.domain.findings import Kind
from workstation.domain.projection import Projection
from workstation.domain.statistics import Cell

SOUGHT = {"cut_off": Kind.CROP, "rotation": Kind.ROTATION}
"""Reject reasons (keys) that the cascade looks for; it cannot be expected to warn of the others."""


@dataclass(frozen=True, slots=True)
class Performance:
    """Sensitivity and specificity (0..1) of one criterion at its shipped threshold, as measured by its makers."""

    sensitivity: float
    specificity: float


Published = Mapping[tuple[Projection, Kind], Performance]


def expected_ppv(cells: Iterable[Cell], published: Published) -> float | None:
    """Share of warnings that would be right at this site, 0..1, by Bayes' rule.

    Prevalence is the share of decided films of a projection that people rejected for what a criterion looks for. A
    film with nothing of the kind is warned of unless every criterion of its projection spares it; criteria are taken
    as independent.

    Returns:
        None where nothing was decided about a projection with known performance, or no warning is to be expected.
    """
    true = false = 0.0
    clear = {projection: 1.0 for projection, _ in published}
    for (projection, _), found in published.items():
        clear[projection] *= found.specificity
    for cell in cells:
        if cell.choice is None or cell.projection not in clear:
            continue
        sought = SOUGHT.get(cell.reason) if cell.choice is Choice.RETAKE else None
        found_by = published.get((cell.projection, sought)) if sought is not None else None
        if found_by is not None:
            true += cell.count * found_by.sensitivity
        else:
            false += cell.count * (1.0 - clear[cell.projection])
    return true / (true + false) if true + false > 0 else None
