"""The radiographer's decision about one exposure, and the coded reasons of a retake."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.domain.turn import UNTURNED, Turn

AUTOMATIC = "(automatic)"
"""Author of a decision that no person took: a film with nothing to object to, sent after a countdown."""


class Choice(StrEnum):
    """The three equal actions."""

    SEND = "send"
    KEEP_WITH_NOTE = "keep_with_note"
    RETAKE = "retake"


@dataclass(frozen=True, slots=True)
class CodedConcept:
    """A DICOM code triplet: Code Value, Coding Scheme Designator, Code Meaning."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RejectReason:
    """One reason of a retake, as listed in resources/reject_reasons.toml.

    Attributes:
        key: stable identifier, stored with the decision.
        code: Document Title Modifier from CID 7011, PS3.16.
        local_code: narrower local code where CID 7011 has none (cut-off lung field, rotation).
        title: document title of the note where it is not "Rejected for Quality Reasons", CID 7010; such a note
            bears no reason of its own.
        labels: wording by language code ("en", "ru").
    """

    key: str
    code: CodedConcept
    labels: tuple[tuple[str, str], ...]
    local_code: CodedConcept | None = None
    title: CodedConcept | None = None

    def label(self, language: str) -> str:
        """Wording in `language`, else English, else the code meaning."""
        words = dict(self.labels)
        return words.get(language) or words.get("en") or self.code.meaning


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided.

    Attributes:
        decided_at: ISO 8601 with offset.
        reason: a RejectReason key for RETAKE.
        turn: how the film is to be shown to whoever reads it; no turn: as it is stored.
    """

    choice: Choice
    author: str
    decided_at: str
    reason: str = ""
    note: str = ""
    turn: Turn = UNTURNED

    def __post_init__(self) -> None:
        if self.choice is Choice.RETAKE and not self.reason:
            raise ValueError("a retake needs a coded reason")
        if self.choice is not Choice.RETAKE and self.reason:
            raise ValueError("only a retake has a reason")
