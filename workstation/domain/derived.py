"""Objects that follow from a decision and could not be made: which, and what a person is told."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.domain.delivery import DeliveryKind
from workstation.domain.errors import KnownError


class ObjectNotMade(KnownError):
    """An object that was to go along with a decision could not be made; the decision and the film stand."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """One object that could not be made.

    Attributes:
        exposure_id: of the film.
        kind: what was to be made; never `DeliveryKind.FILM`.
        problem: one technical word, without identifiers.
        at: when it was given up, ISO 8601 with offset.
    """

    exposure_id: int
    kind: DeliveryKind
    problem: str
    at: str

    def error(self) -> ObjectNotMade:
        """What is missing and what to do, in plain words; the film itself is named by whoever shows it."""
        return {
            DeliveryKind.REJECT_NOTE: ObjectNotMade(
                "no_reject_note",
                "The reject note of this film could not be made.",
                "The decision stands; tell the PACS administrator if the archive waits for a note.",
            ),
            DeliveryKind.REPORT: ObjectNotMade(
                "no_report",
                "The report of this film's quality could not be made.",
                "The film goes all the same; tell the support desk, the log says more.",
            ),
            DeliveryKind.SECONDARY_CAPTURE: ObjectNotMade(
                "no_annotated_film",
                "The annotated copy of this film could not be made.",
                "The film goes all the same; open it, and send it again from the modality if it is not shown.",
            ),
            DeliveryKind.PRESENTATION_STATE: ObjectNotMade(
                "no_graphics",
                "The graphics of this film's findings could not be made.",
                "The film goes all the same; tell the support desk, the log says more.",
            ),
            DeliveryKind.TURN: ObjectNotMade(
                "no_turn",
                "The turn that you chose for this film could not be made.",
                "The film goes as the detector gave it; turn it in the PACS, or tell whoever reads it.",
            ),
        }[self.kind]
