"""What a report is about: one or two cascades judged on the films of one labels file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workstation.services.evaluation.compare import StageComparison
from workstation.services.evaluation.coverage import Coverage
from workstation.services.evaluation.judging import StageReport
from workstation.services.evaluation.scoring import Failure


@dataclass(frozen=True, slots=True)
class Judged:
    """One cascade's part of the report.

    Attributes:
        sheets: PNG of the worst films by stage.
        labels: what became of them.
        limits: by stage, what its makers say it is weak at.
    """

    cascade: str
    reports: Sequence[StageReport]
    sheets: Mapping[str, bytes] = field(default_factory=dict)
    median_seconds: float = math.nan
    labels: Sequence[Coverage] = ()
    limits: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What the report is about."""

    labels: str
    made: str
    program: str
    films: int
    cascades: Sequence[Judged]
    comparison: Sequence[StageComparison] = ()
    failures: Sequence[Failure] = ()
    ignored_columns: Sequence[str] = ()
    notes: Sequence[str] = ()
