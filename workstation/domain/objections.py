"""What speaks against sending a film unseen: the findings, a header that contradicts them, an odd file.

The one place for it: the card of the projection, the advice and the automatic sending ask here.
"""

from __future__ import annotations

from enum import StrEnum

from workstation.domain.film import FilmHeader, NoticeCode
from workstation.domain.findings import ProjectionFinding, Source, State, Verdict
from workstation.domain.projection import Projection, projection_of_view

LOUD_NOTICES = frozenset({NoticeCode.POLARITY_DISAGREES, NoticeCode.FOR_PROCESSING, NoticeCode.MULTI_FRAME})
"""Oddities of a file that ask for attention; the others are quiet remarks."""


class Objection(StrEnum):
    """FINDING: a criterion warned, is unsure or was not assessed. VIEW: the header names the other projection.

    FILE: the file has a loud notice.
    """

    FINDING = "finding"
    VIEW = "view"
    FILE = "file"


def objections(verdict: Verdict | None, header: FilmHeader) -> tuple[Objection, ...]:
    """What a person has to look at before the film is sent; empty where there is nothing.

    Args:
        verdict: None where there is none yet, which is an objection, too.
    """
    found = []
    judged = verdict is not None and bool(verdict.findings) and verdict.projection.state is State.PASS
    if verdict is None or not judged or verdict.state is not State.PASS:
        found.append(Objection.FINDING)
    if verdict is not None and contradicted_view(verdict.projection, header) is not None:
        found.append(Objection.VIEW)
    if any(notice.code in LOUD_NOTICES for notice in header.notices):
        found.append(Objection.FILE)
    return tuple(found)


def contradicted_view(finding: ProjectionFinding, header: FilmHeader) -> Projection | None:
    """The projection that the header declares where the model or a person surely says the other; else None."""
    declared = projection_of_view(header.view_position, header.view_code)
    # Between the thresholds the model has said nothing that could contradict the header.
    surely = finding.state is State.PASS or finding.source is Source.USER
    if not surely or Projection.UNKNOWN in (declared, finding.label) or declared is finding.label:
        return None
    return declared
