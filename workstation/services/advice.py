"""A verdict in a radiographer's words: what, where, what to change, what a repeat costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workstation.domain.anatomy import parts_at_edge, patient_side
from workstation.domain.edges import Edge
from workstation.domain.film import FilmHeader
from workstation.domain.findings import CropFinding, Kind, RotationFinding, Source, State, Verdict
from workstation.domain.objections import contradicted_view
from workstation.domain.projection import Projection
from workstation.domain.turn import UNTURNED, Turn, upright_turn
from workstation.services.advice_texts import ANY, NAMED_EDGE, UNKNOWN, AdviceTexts, CropTexts, load_advice
from workstation.services.limits import age_years
from workstation.services.resource_files import LANGUAGES
from workstation.settings.model import Settings

_DGY_CM2 = 0.1  # Gy*cm2 in one dGy*cm2, the unit of (0018,115E)
_VERTICAL = frozenset({Edge.TOP, Edge.BOTTOM})
_HORIZONTAL = frozenset({Edge.LEFT, Edge.RIGHT})

SMALL_CHILD_UNDER = 7
"""Years at exposure; older children stand as adults do."""
CHILD_DOSE_UNDER = 15
"""Years at exposure; from there on the adult's conversion serves (reference ages of ICRP 89: 10, 15, adult). Of an
infant it would tell a tenth of the effective dose."""
_LEAST_BEYOND = 0.008  # less is within the network's error
_SEEN_BEYOND = 0.055  # of the side: from here on the network sees no end of the lung
_FINGER_MM = 10.0
_SANE_SIDE_MM = (100.0, 600.0)  # of a chest film; anything else is a slip of the header's spacing


@dataclass(frozen=True, slots=True)
class Advice:
    """What to tell the person at the console; all texts in one language.

    Attributes:
        lines: all there is to do or to look at, most urgent first; empty for a film without remarks.
        headline: the worst finding in a few words.
        what: the worst criterion's finding, one sentence; ``""`` without one.
        where: where it is on the image, e.g. "lower edge"; ``""`` without a place.
        change: what to change for a repeat; ``""`` unless a criterion warns.
        dose_text: what a repeat costs; ``""`` where the projection is not known, or of a child nothing is.
        positive: what is right.
        said: of each criterion that warns or is unsure, those of `lines` that say what is the matter, not what to do.
    """

    lines: tuple[str, ...]
    headline: str
    what: str = ""
    where: str = ""
    change: str = ""
    dose_text: str = ""
    positive: tuple[str, ...] = ()
    said: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)


class Adviser:
    """Turns verdicts into advice.

    Args:
        resources: folder with positioning_advice.toml.
        typical_msv: gives the site's own typical doses by projection as they are now; they replace the file's.

    Raises:
        SettingsInvalid: see `load_advice`.
    """

    def __init__(self, resources: Path, typical_msv: Callable[[], Mapping[Projection, float]] = dict) -> None:
        self._texts = load_advice(resources)
        self._typical = typical_msv

    def for_verdict(
        self, verdict: Verdict, header: FilmHeader, language: str, turn: Turn | None = None
    ) -> Advice:
        """Advice on one film. An unknown `language` gets English.

        Args:
            turn: how the film is shown beside the advice: edges are named as they are seen. None for set upright.
        """
        typical = {**self._texts.dose.typical_msv, **self._typical()}
        return _Speaker(self._texts, typical, verdict, header, language, turn).advice()


class _Speaker:
    """One verdict being put into words."""

    def __init__(
        self,
        texts: AdviceTexts,
        typical: Mapping[Projection, float],
        verdict: Verdict,
        header: FilmHeader,
        language: str,
        turn: Turn | None,
    ) -> None:
        self._texts = texts
        self._typical = typical
        self._verdict = verdict
        self._header = header
        self._language = language if language in LANGUAGES else LANGUAGES[0]
        self._upright = upright_turn(verdict.orientation)
        self._shown = self._upright if turn is None else turn
        self._lines: list[str] = []
        self._positive: list[str] = []
        self._headlines: list[str] = []
        self._said: dict[Kind, tuple[str, ...]] = {}
        self._what = self._where = self._change = ""

    def advice(self) -> Advice:
        self._gates()
        self._projection()
        for finding in self._verdict.findings:
            if isinstance(finding, CropFinding):
                self._crop(finding)
            else:
                self._rotation(finding)
        dose_text = self._dose()
        if self._verdict.retake_suggested and dose_text:
            self._lines.append(dose_text)
        return Advice(
            lines=tuple(dict.fromkeys(self._lines)),
            headline=self._texts.headlines[self._headline()][self._language],
            what=self._what,
            where=self._where,
            change=self._change,
            dose_text=dose_text,
            positive=tuple(self._positive),
            said=self._said,
        )

    def _headline(self) -> str:
        if self._headlines:
            return self._headlines[0]
        state = self._verdict.state
        if state is State.NOT_ASSESSED:
            return "not_assessed"
        return "pass" if state is State.PASS else "unsure"

    def _say(self, key: str, **values: str) -> str:
        return self._texts.texts[key][self._language].format(**values)

    def _tell(self, kind: Kind, *said: str) -> None:
        """What is the matter with a criterion."""
        self._said[kind] = tuple(dict.fromkeys(said))
        self._lines += said

    def _gates(self) -> None:
        verdict = self._verdict
        for kind, gate in ((Kind.BODY_PART, verdict.body_part), (Kind.POLARITY, verdict.polarity)):
            if gate is not None and gate.state is State.WARN:
                self._headlines.append(kind.value)
                self._tell(kind, self._say(f"{kind.value}_warn"))
            elif gate is not None and gate.state is State.UNSURE:
                self._tell(kind, self._say(f"{kind.value}_unsure"))
        orientation = verdict.orientation
        if orientation is None:
            return
        if orientation.state is State.UNSURE:
            self._tell(Kind.ORIENTATION, self._say("orientation_unsure"))
        elif orientation.state is State.WARN:
            self._headlines.append("orientation")
            angle = str(orientation.rotate_deg)
            if not orientation.mirrored:
                said = self._say("orientation_turn", angle=angle)
            elif orientation.rotate_deg == 0:
                said = self._say("orientation_mirror")
            else:
                said = self._say("orientation_turn_mirror", angle=angle)
            self._tell(Kind.ORIENTATION, said)

    def _projection(self) -> None:
        finding = self._verdict.projection
        if finding.state is State.UNSURE:
            self._tell(Kind.PROJECTION, self._say("projection_unsure"))
        declared = contradicted_view(finding, self._header)
        if declared is not None:
            self._headlines.append("view")
            # What a person set says nothing of what the film looks like.
            against = "user" if finding.source is Source.USER else "header"
            self._lines.append(self._say(f"view_{against}_{declared.value}"))

    def _crop(self, finding: CropFinding) -> None:
        if finding.state is State.PASS:
            self._positive.append(self._say("crop_pass" if finding.edge_scores else "crop_pass_plain"))
        if finding.state not in (State.WARN, State.UNSURE):
            return
        warns = finding.state is State.WARN
        # A stage without edges still has something to say.
        entries: list[tuple[Edge | None, CropTexts]] = [
            (edge, self._crop_texts(finding, edge)) for edge in finding.edges
        ]
        if not entries:
            entries = [(None, self._texts.crops[(self._branch(), UNKNOWN, ANY)])]
        said = []
        for edge, texts in entries:
            word = self._edge_word(edge)
            said.append((texts.warn if warns else texts.unsure)[self._language].format(edge=word))
        self._tell(Kind.CROP, *said)
        if not warns:
            self._note(said[0], entries[0][0])
            return
        changes = self._crop_changes(finding, [texts for _, texts in entries])
        self._headlines.append("crop")
        self._lines += changes
        self._note(said[0], entries[0][0], changes[0])

    def _note(self, what: str, edge: Edge | None, change: str = "") -> None:
        """Keep the first thing said for the prompt; a warning replaces what was only unsure."""
        if self._what and not (change and not self._change):
            return
        self._what, self._change = what, change
        self._where = self._edge_word(edge)

    def _edge_word(self, edge: Edge | None) -> str:
        """An edge of the stored film in words, as it is shown."""
        return self._texts.edges[self._shown.edge(edge)][self._language] if edge is not None else ""

    def _crop_changes(self, finding: CropFinding, entries: list[CropTexts]) -> list[str]:
        """What to change; opposite edges cut at once ask for a larger field, not for a shift to and fro."""
        upright = {self._upright.edge(edge): edge for edge in finding.edges}
        changes = []
        larger: frozenset[Edge] = frozenset()
        for axis, key in ((_VERTICAL, "change_vertical"), (_HORIZONTAL, "change_horizontal")):
            # Behind both blades the detector has room for all of it.
            if upright.keys() >= axis and not all(self._opens(finding, upright[edge]) for edge in axis):
                changes.append(self._say(key))
                larger |= axis
        for edge, texts in zip(finding.edges or (None,), entries, strict=True):
            if edge is None:
                changes.append(self._how(texts))
                continue
            if self._upright.edge(edge) in larger:
                continue
            if self._opens(finding, edge):
                blade = self._texts.blades[self._shown.edge(edge)][self._language]
                opened = self._say("change_blade", blade=blade)
                changes.append(opened + self._how_far(finding, edge, "wider"))
            else:
                changes.append(self._how(texts) + self._how_far(finding, edge, "far"))
        return changes

    def _opens(self, finding: CropFinding, edge: Edge) -> bool:
        """Whether the lung lies behind a blade, with room on the detector for the rest of it."""
        field = self._verdict.collimation
        return edge in field.blades and finding.beyond.get(edge, 0.0) <= field.band(edge)

    def _how(self, texts: CropTexts) -> str:
        age = age_years(self._header)
        if texts.change_child and age is not None and age < SMALL_CHILD_UNDER:
            return texts.change_child[self._language]
        return (texts.change_lying if lies(self._header) else texts.change)[self._language]

    def _how_far(self, finding: CropFinding, edge: Edge, words: str) -> str:
        """The lung missing and a finger's breadth more, at the detector; "" where nothing tells it."""
        header = self._header
        beyond = finding.beyond.get(edge)
        if beyond is None or beyond < _LEAST_BEYOND or header.spacing_mm is None:
            return ""
        row_mm, column_mm = header.spacing_mm
        side = header.rows * row_mm if edge in _VERTICAL else header.columns * column_mm
        if not _SANE_SIDE_MM[0] <= side <= _SANE_SIDE_MM[1]:
            return ""
        far = math.ceil((beyond * side + _FINGER_MM) / 10)
        seen = _SEEN_BEYOND * self._verdict.extent(edge)
        return " " + self._say(f"{words}_least" if beyond >= seen else f"{words}_about", far=str(far))

    def _branch(self) -> str:
        lateral = self._verdict.projection.label is Projection.LATERAL
        return Projection.LATERAL.value if lateral else Projection.FRONTAL.value

    def _crop_texts(self, finding: CropFinding, edge: Edge) -> CropTexts:
        """Texts for one cut edge in the patient's terms.

        A film that does not lie upright contradicts a header that says how it lies: the upright film is judged
        as it would be hung, without the header.
        """
        projection = self._verdict.projection.label
        orientation = self._header.patient_orientation
        outline = self._verdict.in_field(finding.lung_outline)
        turn = self._upright
        if turn != UNTURNED:
            orientation = None
            edge = turn.edge(edge)
            outline = tuple(tuple(turn.point(x, y, 1.0, 1.0) for x, y in polygon) for polygon in outline)
        toward = patient_side(edge, projection, orientation)
        parts = parts_at_edge(edge, outline, projection, orientation)
        crops, branch = self._texts.crops, self._branch()
        if toward is None or (branch, toward.value, ANY) not in crops:
            return crops[(branch, UNKNOWN, NAMED_EDGE)]
        part = next(iter(parts)).value if len(parts) == 1 else ANY
        return crops.get((branch, toward.value, part), crops[(branch, toward.value, ANY)])

    def _rotation(self, finding: RotationFinding) -> None:
        angle = f"{abs(finding.angle_deg):.0f}" if finding.angle_deg is not None else ""
        suffix = "_angle" if angle else ""
        if finding.state is State.PASS:
            self._positive.append(self._say(f"rotation_pass{suffix}", angle=angle))
        elif finding.state is State.UNSURE:
            said = self._say(f"rotation_unsure{suffix}", angle=angle)
            self._tell(Kind.ROTATION, said)
            self._note(said, None)
        elif finding.state is State.WARN:
            spread = f"{finding.angle_sd_deg:.0f}" if angle and finding.angle_sd_deg else "0"
            key = "rotation_warn_spread" if spread != "0" else f"rotation_warn{suffix}"
            said = self._say(key, angle=angle, spread=spread)
            change = self._say(f"rotation_change{suffix}", angle=angle)
            self._headlines.append("rotation")
            self._tell(Kind.ROTATION, said)
            self._lines.append(change)
            self._note(said, None, change)

    def _dose(self) -> str:
        projection = self._verdict.projection.label
        if projection is Projection.UNKNOWN:
            return ""
        figures = self._texts.dose
        product = self._header.exposure.dose_area_product
        low, high = figures.plausible_gy_cm2
        told = product is not None and low <= product * _DGY_CM2 <= high
        age = age_years(self._header)
        if age is not None and age < CHILD_DOSE_UNDER:
            return self._say("dose_child", dose=self._local(f"{product:.3g}")) if told else ""
        if product is None or not told:
            return self._say("dose_typical", dose=self._number(self._typical[projection]))
        dose = product * _DGY_CM2 * figures.msv_per_gy_cm2[projection]
        return self._say("dose_header", dose=self._number(dose))

    def _number(self, value: float) -> str:
        return self._local(f"{value:.2f}" if value >= 0.0095 else f"{value:.3f}")

    def _local(self, number: str) -> str:
        return number.replace(".", ",") if self._language == "ru" else number


def typical_doses(settings: Settings) -> dict[Projection, float]:
    """Effective dose of a film in mSv as the site's settings say, by projection."""
    return {
        Projection.FRONTAL: settings.typical_dose_frontal_msv,
        Projection.LATERAL: settings.typical_dose_lateral_msv,
    }


def lies(header: FilmHeader) -> bool:
    """True where the header says that the patient lay: a supine view position, or Patient Position HFS and kin."""
    position = header.extra.get("PatientPosition", "").upper()
    return "SUPINE" in header.view_position.upper() or position[2:3] in ("S", "P", "D")
