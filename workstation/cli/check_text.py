"""A film's record as a few aligned lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workstation.services.file_errors import Told
from workstation.services.film_text import FilmWords, reason_text

Record = dict[str, Any]

_GLYPH = {"pass": "✓", "warn": "▲", "unsure": "◆", "not_assessed": "–"}
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "frontal": "frontal",
        "lateral": "lateral",
        "unknown": "projection not known",
        "user": "as told",
        "pass": "pass",
        "warn": "warn",
        "unsure": "unsure",
        "not_assessed": "not assessed",
        "projection": "projection",
        "body_part": "body part",
        "polarity": "greyscale",
        "orientation": "orientation",
        "crop": "lung fields",
        "rotation": "rotation",
        "left": "left",
        "right": "right",
        "top": "top",
        "bottom": "bottom",
        "warns": "warns from",
        "about": "about",
        "turn": "turn clockwise by",
        "mirror": "then mirror",
        "advice": "advice",
        "error": "cannot be read",
    },
    "ru": {
        "frontal": "прямая",
        "lateral": "боковая",
        "unknown": "не определена",
        "user": "указана",
        "pass": "в порядке",
        "warn": "замечание",
        "unsure": "не уверен",
        "not_assessed": "не оценено",
        "projection": "проекция",
        "body_part": "область",
        "polarity": "серая шкала",
        "orientation": "положение",
        "crop": "лёгочные поля",
        "rotation": "ротация",
        "left": "слева",
        "right": "справа",
        "top": "сверху",
        "bottom": "снизу",
        "warns": "порог",
        "about": "около",
        "turn": "повернуть по часовой стрелке на",
        "mirror": "затем отразить",
        "advice": "совет",
        "error": "не читается",
    },
}


@dataclass(frozen=True, slots=True)
class Speech:
    """One language of the lines.

    Attributes:
        film: by `load_words`; its language is that of the lines, "en" or "ru".
        errors: by `load_file_errors`.
    """

    film: FilmWords
    errors: Mapping[str, Told]

    def __call__(self, key: str) -> str:
        return _WORDS[self.film.language][key]

    def percent(self, probability: float) -> str:
        """As in the window: 0.998 would read as certainty were it written 1.00."""
        return self.film.percent(probability).replace("\u00a0", " ")


def as_text(record: Record, speech: Speech) -> str:
    """Lines for one film, without a line break at the end."""
    if record["status"] != "ok":
        error = record["error"]
        told = speech.errors.get(error["code"], Told(error["message"], error["remedy"]))
        return f"{record['file']}\n  ✗ {speech('error')}: {told.message} {told.remedy}"
    lines = [
        record["file"],
        _line(speech, "projection", record["projection"]["state"], _projection(speech, record)),
    ]
    for gate in ("body_part", "polarity", "orientation"):
        found = record.get(gate)
        # What is right with a gate is no news; what is wrong with it is.
        if found is not None and found["state"] != "pass":
            lines.append(_line(speech, gate, found["state"], _details(speech, gate, found)))
    for found in record["findings"]:
        lines.append(_line(speech, found["kind"], found["state"], _details(speech, found["kind"], found)))
        lines += [f"    · {limit}" for limit in found.get("limits", ())]
    lines += [f"    → {advice}" for advice in record["advice"]]
    return "\n".join(lines)


def _line(speech: Speech, name: str, state: str, details: str) -> str:
    width = max(len(speech(kind)) for kind in ("projection", "orientation", "crop", "rotation"))
    state_width = max(len(speech(each)) for each in _GLYPH)
    return f"  {_GLYPH[state]} {speech(name):<{width}}  {speech(state):<{state_width}}  {details}".rstrip()


def _projection(speech: Speech, record: Record) -> str:
    found = record["projection"]
    probability = found.get("probability_lateral")
    parts = [speech(found["label"])]
    if found["source"] == "user":
        parts.append(f"({speech('user')})")
    elif probability is not None and found["label"] != "unknown":
        sure = probability if found["label"] == "lateral" else 1 - probability
        parts.append(speech.percent(sure))
    if found.get("reason"):
        parts.append(f"({_reason(speech, found)})")
    return " ".join(parts)


def _details(speech: Speech, kind: str, found: Record) -> str:
    parts = []
    if "score" in found:
        score = speech.film(f"card.probability_{kind}", percent=speech.percent(found["score"]))
        if "threshold" in found:
            score += f" ({speech('warns')} {speech.percent(found['threshold'])})"
        parts.append(score)
    if found.get("edges"):
        parts.append(", ".join(speech(edge) for edge in found["edges"]))
    if "angle_deg" in found:
        spread = f" ±{found['angle_sd_deg']:.0f}°" if "angle_sd_deg" in found else ""
        parts.append(f"{speech('about')} {abs(found['angle_deg']):.0f}°{spread}")
    if "rib_separation_pct" in found:
        parts.append(speech.film("ribs_apart", percent=f"{found['rib_separation_pct']:.0f}"))
    if found.get("rotate_deg"):
        parts.append(f"{speech('turn')} {found['rotate_deg']}°")
    if found.get("mirrored"):
        parts.append(speech("mirror"))
    if found.get("reason"):
        parts.append(_reason(speech, found))
    return "  ".join(parts)


def _reason(speech: Speech, found: Record) -> str:
    said = reason_text(found["reason"], speech.film).removesuffix(".")
    return said[:1].lower() + said[1:]
