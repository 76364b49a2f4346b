"""How well the cascade did on its makers' test films: the manifest's own word for it."""

from __future__ import annotations

import logging
from pathlib import Path

from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import Kind
from workstation.domain.predictive import Performance, Published
from workstation.domain.projection import Projection
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest
from workstation.inference.specs import StageSpec

_log = logging.getLogger(__name__)


def published(folder: Path) -> Published:
    """Performance by projection and criterion, from ``provenance.performance`` of the manifest's stages.

    A stage whose threshold or calibration the site has changed is left out: its figures are others now. Empty where
    the cascade cannot be read.
    """
    try:
        shipped = manifest.load(folder, Preprocessing.from_steps, site=False)
        used = manifest.load(folder, Preprocessing.from_steps)
    except CascadeUnavailable as error:
        _log.info("no performance of the cascade is known: %s", error.code)
        return {}
    found: dict[tuple[Projection, Kind], Performance] = {}
    for theirs, ours in zip(shipped.stages, used.stages, strict=True):
        changed = (theirs.plan, theirs.calibration) != (ours.plan, ours.calibration)
        figures = _figures(theirs)
        if figures is None or changed:
            continue
        for projection in (Projection.FRONTAL, Projection.LATERAL):
            if theirs.plan.condition.holds(projection):
                found[projection, theirs.plan.kind] = figures
    return found


def _figures(stage: StageSpec) -> Performance | None:
    told = stage.provenance.get("performance")
    if not isinstance(told, dict):
        return None
    values = [told.get(key) for key in ("sensitivity", "specificity")]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v <= 1 for v in values):
        return None
    return Performance(float(values[0] or 0.0), float(values[1] or 0.0))
