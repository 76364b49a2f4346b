"""Words drawn on a film: its four corners, what is missing at a cut edge, markers, notices. No Qt.

The window's overlays and the exported picture take their words here, so that both say the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.domain import cascade, findings
from workstation.domain.anatomy import PatientSide, parts_at_edge, patient_side
from workstation.domain.edges import Edge
from workstation.domain.film import VIEW_WORDS, FilmHeader, NoticeCode, SpacingKind
from workstation.domain.findings import RotationFinding, State, Verdict
from workstation.domain.objections import contradicted_view
from workstation.domain.projection import Projection
from workstation.domain.study import decimals
from workstation.domain.turn import UNTURNED, Turn, suggested_turn, upright_turn

_REASONS = {
    cascade.NOT_A_CHEST: "not_a_chest",
    cascade.PROJECTION_UNKNOWN: "projection_unknown",
    cascade.MODEL_FAILED: "model_failed",
    cascade.NO_NUMBER: "no_number",
    findings.NO_PROJECTION_STAGE: "no_projection_stage",
}
# Where the lung outline touches an upper or lower edge in one half of the chest only, the label says which.
_ONE_HALF = {
    frozenset({PatientSide.PATIENT_LEFT}): "_left",
    frozenset({PatientSide.PATIENT_RIGHT}): "_right",
}


@dataclass(frozen=True, slots=True)
class FilmWords:
    """One language of resources/film_words.toml; keys are dotted paths."""

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, **fields: object) -> str:
        """Wording of `key`, its {fields} filled in.

        Raises:
            KeyError: no such key: a mistake of ours, not of the file's reader.
        """
        return self.table[key].format(**fields)

    def number(self, value: float, digits: int = 0) -> str:
        """A number as written in this language; the minus is a real minus."""
        text = f"{value:.{digits}f}"
        if digits and "." in text:
            text = text.rstrip("0").rstrip(".")
        return ("0" if text in ("-0", "") else text).replace("-", "−").replace(".", self.table["decimal"])

    def percent(self, probability: float) -> str:
        """A probability, 0..1, as whole per cent on one line; never 100 % (or 0 %) for what is not certain."""
        shown = f"{round(probability * 100)}"
        if 0.0 < probability < 0.005:
            shown = "<1"
        elif 0.995 <= probability < 1.0:
            shown = ">99"
        return self("probability", percent=shown).replace(" ", "\u00a0")


def load_words(resources: Path, language: str) -> FilmWords:
    """Words of `language` ("en", "ru"); any other language is given English."""
    with (resources / "film_words.toml").open("rb") as file:
        tables = tomllib.load(file)
    language = language if language in tables else "en"
    return FilmWords(language, dict(_flat(tables[language])))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((prefix + key, str(value)))
    return found


@dataclass(frozen=True, slots=True)
class Corners:
    """Lines of the corners, most important first. The lower right belongs to the viewer (window, zoom)."""

    patient: tuple[str, ...]
    study: tuple[str, ...]
    exposure: tuple[str, ...]


def corners(header: FilmHeader, words: FilmWords, *, identified: bool = True) -> Corners:
    """Corner text of a film; with `identified` false nothing of it points to the patient or the place.

    Free text of the header may name anybody: only words and figures that are known to be such are left then.
    """
    patient: tuple[str, ...] = ()
    study: tuple[str, ...] = ()
    if identified:
        who = header.patient
        sex = words.table.get(f"sex.{who.sex}", who.sex)
        born = words("born", date=written_date(who.birth_date, words)) if who.birth_date else ""
        # Whoever has no name must not be called by the next line.
        patient = _lines(
            who.name or words("no_name"), who.patient_id, " · ".join(p for p in (born, sex) if p)
        )
        study = _lines(written_date(header.acquired_at, words), header.station, header.accession_number)
    data = header.exposure
    factors = [
        words(key, value=words.number(value, 1))
        for key, value in (("kvp", data.kvp), ("mas", data.mas))
        if value is not None
    ]
    index = [
        words(key, value=words.number(value, digits))
        for key, value, digits in (
            ("exposure_index", data.exposure_index, 0),
            ("target_exposure_index", data.target_exposure_index, 0),
        )
        if value is not None
    ]
    if data.deviation_index is not None:
        sign = "+" if data.deviation_index > 0 else ""
        index.append(words("deviation_index", value=sign + words.number(data.deviation_index, 1)))
    dose = ""
    if data.dose_area_product is not None:
        product = data.dose_area_product
        dose = words("dose_area_product", value=words.number(product, decimals(product, 3)))
    # U (unpaired) says nothing of a chest.
    laterality = header.image_laterality if header.image_laterality in ("L", "R", "B") else ""
    position = header.view_position if identified or header.view_position in VIEW_WORDS else ""
    view = " · ".join(p for p in (position, laterality) if p)
    return Corners(patient, study, _lines(view, " · ".join(factors), " · ".join(index), dose))


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(t for t in (text.strip() for text in texts) if t)


def written_date(value: str, words: FilmWords) -> str:
    """ISO 8601 or DICOM date (and time to the minute) in the language's order; anything else unchanged."""
    text = value.strip()
    day, _, time = text.replace(" ", "T").partition("T")
    digits = day.replace("-", "")
    if len(digits) != 8 or not digits.isdigit():
        return text
    names, month = words("months").split(), int(digits[4:6])
    date = words(
        "date",
        year=digits[:4],
        month=digits[4:6],
        day=digits[6:],
        date=int(digits[6:]),
        month_name=names[month - 1] if 1 <= month <= len(names) else digits[4:6],
    )
    return f"{date} {time[:5]}" if time else date


def missing_part(edge: Edge, verdict: Verdict, header: FilmHeader, words: FilmWords) -> str:
    """What of the lungs is missing at `edge` of the stored film, e.g. "lung bases"."""
    projection = verdict.projection.label
    orientation = header.patient_orientation
    upright, halves = edge, ""
    turn = upright_turn(verdict.orientation)
    if turn != UNTURNED:
        # The header says how the film should hang, not how it was stored: trust the picture.
        upright, orientation = turn.edge(edge), None
    elif verdict.crop is not None:
        outline = verdict.in_field(verdict.crop.lung_outline)
        touched = parts_at_edge(edge, outline, projection, orientation)
        halves = _ONE_HALF.get(touched, "")
    side = patient_side(upright, projection, orientation)
    kind = projection.value if projection in (Projection.FRONTAL, Projection.LATERAL) else "unknown"
    name = side.value if side is not None else "none"
    for key in (f"edge.{kind}.{name}{halves}", f"edge.{kind}.{name}"):
        if key in words.table:
            return words(key)
    return words(f"edge.{kind}.none")


def notice_text(code: NoticeCode, words: FilmWords) -> str:
    """A tolerated oddity in a few words; one without wording is shown by its code rather than not at all."""
    return words.table.get(f"notice.{code.value}", code.value.replace("_", " "))


def edge_label(edge: Edge, verdict: Verdict, header: FilmHeader, words: FilmWords) -> str:
    """What stands at a cut edge: plain where it is called cut, as a question where the cascade is not sure."""
    crop = verdict.crop
    unsure = crop is not None and crop.state is State.UNSURE
    return words("cut_unsure" if unsure else "cut", part=missing_part(edge, verdict, header, words))


def angle_text(finding: RotationFinding, words: FilmWords) -> str:
    """The angle of a rotation with its error, "" where the model gives none."""
    if finding.angle_deg is None:
        return ""
    angle = words.number(abs(finding.angle_deg))
    if finding.angle_sd_deg is None:
        return words("degrees", angle=angle)
    return words("degrees_sd", angle=angle, sd=f"{words.number(max(1.0, finding.angle_sd_deg))}°")


def reason_text(reason: str, words: FilmWords) -> str:
    """Why a criterion was not assessed, as a sentence; the technical original where there are no words for it."""
    key = _REASONS.get(reason)
    return words(f"reason.{key}") if key is not None else reason


def change(words: FilmWords, turn: Turn, *, inverted: bool, sent: bool | None = None) -> str:
    """How a film is shown otherwise than it is stored; "" where it is not.

    Args:
        sent: whether whoever reads the film sees it turned, too; None leaves that unsaid.
    """
    said = []
    if turn.quarters % 4:
        said.append(words("turned", degrees=90 * (turn.quarters % 4)))
    if turn.mirrored:
        said.append(words("mirrored"))
    if said and sent is not None:
        said.append(words("sent_so" if sent else "on_screen_only"))
    # Only a turn can be sent: the words about that must not seem to speak of the greyscale.
    grey = words("inverted") if inverted else ""
    return " · ".join(part for part in (grey, ", ".join(said)) if part)


def ribs_text(finding: RotationFinding, words: FilmWords) -> str:
    """How far the posterior ribs of both sides lie apart, in per cent of the lung's depth; "" where not known."""
    apart = finding.rib_separation_pct
    return "" if apart is None else words("ribs_apart", percent=words.number(apart)).replace(" %", "\u00a0%")


def gate_labels(verdict: Verdict, words: FilmWords) -> tuple[tuple[State, str], ...]:
    """Badges of the gates that are not passed: wrong body part, inverted greyscale, not upright."""
    found: list[tuple[State, str]] = []
    gates = (
        ("body_part", verdict.body_part),
        ("polarity", verdict.polarity),
        ("orientation", verdict.orientation),
    )
    for name, gate in gates:
        if gate is not None and gate.state in (State.WARN, State.UNSURE):
            found.append((gate.state, words(f"gate.{name}_{gate.state.value}")))
    return tuple(found)


def projection_state(verdict: Verdict, header: FilmHeader) -> State:
    """State in which the projection is shown: a header that names another one has to be looked at."""
    clashes = contradicted_view(verdict.projection, header) is not None
    return State.WARN if clashes else verdict.projection.state


def projection_label(verdict: Verdict, words: FilmWords) -> str:
    """The projection and how sure: the probability of the label that is shown."""
    finding = verdict.projection
    label = words(finding.label.value)
    if finding.source.value == "user":
        return f"{label} · {words('by_user')}"
    if finding.probability_lateral is None or finding.label is Projection.UNKNOWN:
        return label
    p = finding.probability_lateral
    p = p if finding.label is Projection.LATERAL else 1.0 - p
    # Never "100 %": no model is that sure.
    percent = ">99" if p >= 0.995 else words.number(p * 100)
    return f"{label} {words('probability', percent=percent)}"


def rotation_label(finding: RotationFinding, words: FilmWords) -> str:
    """What stands beside the chest seen from above: "rotated 14° ±4", as a question where the cascade is not sure."""
    degrees = angle_text(finding, words)
    if not degrees:
        return words("rotated_plain")
    return words("rotated" if finding.state is State.WARN else "rotated_unsure", degrees=degrees)


def side_letters(header: FilmHeader, verdict: Verdict | None, words: FilmWords) -> dict[Edge, str]:
    """As `trusted_sides`, in the language's letters."""
    return {edge: words(f"marker.{letter}") for edge, letter in trusted_sides(header, verdict).items()}


def trusted_sides(header: FilmHeader, verdict: Verdict | None) -> dict[Edge, str]:
    """As `sides`; none where the picture lies otherwise than the header says: they would stand at the wrong edges.

    A header that knows of the turn (head at the side of a film lying on its side) is believed.
    """
    letters = sides(header)
    found = verdict.orientation if verdict is not None else None
    if found is None or found.state is not State.WARN:
        return letters
    turn = suggested_turn(found) or UNTURNED
    upright = {turn.edge(edge): letter for edge, letter in letters.items()}
    knows = upright.get(Edge.TOP) == "H" and upright.get(Edge.LEFT) != "L"
    return letters if knows else {}


def sides(header: FilmHeader) -> dict[Edge, str]:
    """Patient's direction (L R A P H F) at each edge of the stored film, where the header tells."""
    if header.patient_orientation is None:
        return {}
    opposite = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
    row, column = (d.strip()[:1].upper() for d in header.patient_orientation)
    letters: dict[Edge, str] = {}
    if row in opposite:
        letters |= {Edge.RIGHT: row, Edge.LEFT: opposite[row]}
    if column in opposite:
        letters |= {Edge.BOTTOM: column, Edge.TOP: opposite[column]}
    return letters


def scale_text(length_mm: float, kind: SpacingKind, words: FilmWords) -> str:
    """Caption of a scale bar; a length measured at the detector says so, the patient is nearer the tube."""
    whole_cm = length_mm >= 10 and length_mm % 10 == 0
    length = (
        words("cm", value=words.number(length_mm / 10))
        if whole_cm
        else words("mm", value=words.number(length_mm))
    )
    return words("scale_detector" if kind is SpacingKind.IMAGER else "scale", length=length)
