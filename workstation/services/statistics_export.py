"""The films behind the statistics as a CSV file, UTF-8 with a byte order mark for spreadsheets.

Separators are those that a spreadsheet in the table's language expects when the file is opened with a double click:
commas as in RFC 4180 and decimal points; in Russian semicolons and decimal commas.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from workstation.domain.decision import AUTOMATIC, RejectReason
from workstation.domain.film import BODY_PART_WORDS, VIEW_WORDS
from workstation.domain.statistics import FilmFilter
from workstation.services.durable_file import chosen_file
from workstation.services.statistics_service import FilmLine, StatisticsService

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "film": "number of the film in this console's database",
        "received_at": "arrival, ISO 8601 with offset",
        "decided_at": "decision in force, ISO 8601 with offset; empty where there is none",
        "wait_s": "whole seconds from exposure to decision (from arrival where the header's clock does not fit)",
        "projection": "frontal, lateral or unknown",
        "decision": "send, keep_with_note or retake; empty where nothing is decided",
        "reason": "key of the reason of a retake, as in reject_reasons.toml",
        "reason_code": "its DICOM code, CID 7011 of PS3.16, scheme DCM",
        "reason_text": "its wording",
        "operator": "who decided; a number where names are hidden, ? where none was dealt yet",
        "room": "room of the console",
        "cascade": "warned, unsure, passed or none (not judged)",
        # The data elements of AAPM TG-305 that come from the film's own header; empty where it does not hold them.
        "acquired_at": "exposure, ISO 8601 local time",
        "modality": "CR or DX (0008,0060)",
        "station": "Station Name (0008,1010) of the X-ray unit",
        "body_part": "Body Part Examined (0018,0015)",
        "view": "View Position (0018,5101)",
        "kvp": "kV",
        "mas": "mAs",
        "exposure_index": "EI (0018,1411), IEC 62494-1",
        "target_exposure_index": "target EI (0018,1412)",
        "deviation_index": "DI (0018,1413)",
        "dose_area_product": "dose-area product (0018,115E), dGy*cm2",
    }
)
IDENTIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "patient_id": "Patient ID (0010,0020)",
        "accession_number": "Accession Number (0008,0050)",
        "sop_instance_uid": "SOP Instance UID (0008,0018)",
        "note": "what the person wrote beside the decision, in their own words",
    }
)
_FREE_OF_NAMES = {
    list(COLUMNS).index("body_part"): BODY_PART_WORDS,
    list(COLUMNS).index("view"): VIEW_WORDS,
}
"""In these a header may hold anything, a name too: without identifiers only the standard's words are written."""
_FIGURES = slice(list(COLUMNS).index("kvp"), None)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_CELL_WITHIN = re.compile(r"([,;\t\r\n]\s*)(?=[=+@-])")
"""Where a spreadsheet that splits at another sign than ours would begin a cell with a formula."""
_COMMA = frozenset({"ru"})
"""Languages that write numbers with a decimal comma; there a comma cannot part columns."""


def write_csv(
    service: StatisticsService,
    wanted: FilmFilter,
    target: Path,
    reasons: tuple[RejectReason, ...],
    language: str,
    *,
    hidden: Mapping[str, int] | None = None,
    identified: bool = False,
) -> int:
    """Write one line per film, newest first; `target` appears whole or not at all. Returns the number of films.

    Args:
        reasons: for codes and wordings; a key that is not among them is written as it is.
        language: of the wordings and separators.
        hidden: number to write in place of each person's name; None writes names.
        identified: add the columns of `IDENTIFIERS`: the file then holds patient data.

    Raises:
        StorageFailed: the file cannot be written.
    """
    known = {reason.key: reason for reason in reasons}
    with chosen_file(target) as file:
        stream = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        comma = language in _COMMA
        writer = csv.writer(stream, delimiter=";" if comma else ",")
        writer.writerow([*COLUMNS, *(IDENTIFIERS if identified else ())])

        def take(line: FilmLine) -> None:
            row = _row(line, known, language, hidden)
            if not identified:
                for column, words in _FREE_OF_NAMES.items():
                    row[column] = row[column] if row[column] in words else ""
            if comma:
                row[_FIGURES] = [text.replace(".", ",") for text in row[_FIGURES]]
            writer.writerow([*row, *(map(_safe, line.patient) if identified else ())])

        number = service.each_film(wanted, take, identified)
        stream.detach()  # what it holds is written, and the file stays open for `chosen_file`
    return number


def _row(
    line: FilmLine, known: Mapping[str, RejectReason], language: str, hidden: Mapping[str, int] | None
) -> list[str]:
    reason = known.get(line.reason)
    shown = hidden is None or line.operator == AUTOMATIC
    # Who decided for the first time since the numbers were dealt is "?", as in the window: not nobody.
    operator = line.operator if shown or not line.operator else str((hidden or {}).get(line.operator, "?"))
    return [
        str(line.exposure_id),
        line.received_at,
        line.decided_at,
        "" if line.wait_s is None else str(line.wait_s),
        line.projection.value,
        "" if line.choice is None else line.choice.value,
        _safe(line.reason),
        reason.code.value if reason is not None else "",
        _safe(reason.label(language)) if reason is not None else "",
        _safe(operator),
        _safe(line.room),
        line.opinion.value,
        *map(_safe, line.elements),
    ]


def _safe(text: str) -> str:
    """A spreadsheet would run a text that begins like a formula: an apostrophe keeps it text. Numbers stay numbers."""
    if _NUMBER.fullmatch(text):
        return text
    text = _CELL_WITHIN.sub(r"\1'", text)
    return f"'{text}" if text.startswith(_FORMULA) else text
