"""A film's record as a few aligned lines for people."""

from __future__ import annotations

from typing import Any

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
        "warns": "warns at",
        "about": "about",
        "ribs": "ribs apart by",
        "turn": "turn clockwise by",
        "mirror": "then mirror",
        "advice": "advice",
        "error": "cannot be read",
    },
    "ru": {
        "frontal": "прямая",
        "lateral": "боковая",
        "unknown": "проекция неизвестна",
        "user": "указана",
        "pass": "норма",
        "warn": "замечание",
        "unsure": "не уверен",
        "not_assessed": "не оценено",
        "projection": "проекция",
        "body_part": "область",
        "polarity": "шкала",
        "orientation": "ориентация",
        "crop": "лёгочные поля",
        "rotation": "ротация",
        "left": "слева",
        "right": "справа",
        "top": "сверху",
        "bottom": "снизу",
        "warns": "порог",
        "about": "около",
        "ribs": "сдвиг рёбер",
        "turn": "повернуть по часовой на",
        "mirror": "затем отразить",
        "advice": "совет",
        "error": "не читается",
    },
}


def as_text(record: Record, language: str) -> str:
    """Lines for one film, without a line break at the end."""
    words = _WORDS[language]
    if record["status"] != "ok":
        error = record["error"]
        return f"{record['file']}\n  ✗ {words['error']}: {error['message']} {error['remedy']}"
    lines = [
        record["file"],
        _line(words, "projection", record["projection"]["state"], _projection(words, record)),
    ]
    for gate in ("body_part", "polarity", "orientation"):
        found = record.get(gate)
        # What is right with a gate is no news; what is wrong with it is.
        if found is not None and found["state"] != "pass":
            lines.append(_line(words, gate, found["state"], _details(words, found)))
    for found in record["findings"]:
        lines.append(_line(words, found["kind"], found["state"], _details(words, found)))
    lines += [f"    → {advice}" for advice in record["advice"]]
    return "\n".join(lines)


def _line(words: dict[str, str], name: str, state: str, details: str) -> str:
    width = max(len(words[kind]) for kind in ("projection", "orientation", "crop", "rotation"))
    state_width = max(len(words[each]) for each in _GLYPH)
    return f"  {_GLYPH[state]} {words[name]:<{width}}  {words[state]:<{state_width}}  {details}".rstrip()


def _projection(words: dict[str, str], record: Record) -> str:
    found = record["projection"]
    probability = found.get("probability_lateral")
    parts = [words[found["label"]]]
    if found["source"] == "user":
        parts.append(f"({words['user']})")
    elif probability is not None and found["label"] != "unknown":
        sure = probability if found["label"] == "lateral" else 1 - probability
        parts.append(f"{sure * 100:.1f} %")
    if found.get("reason"):
        parts.append(f"({found['reason']})")
    return " ".join(parts)


def _details(words: dict[str, str], found: Record) -> str:
    parts = []
    if "score" in found:
        score = f"{found['score']:.2f}"
        parts.append(
            f"{score} ({words['warns']} {found['threshold']:.2f})" if "threshold" in found else score
        )
    if found.get("edges"):
        parts.append(", ".join(words[edge] for edge in found["edges"]))
    if "angle_deg" in found:
        spread = f" ±{found['angle_sd_deg']:.0f}°" if "angle_sd_deg" in found else ""
        parts.append(f"{words['about']} {abs(found['angle_deg']):.0f}°{spread}")
    if "rib_separation_pct" in found:
        parts.append(f"{words['ribs']} {found['rib_separation_pct']:.0f} %")
    if found.get("rotate_deg"):
        parts.append(f"{words['turn']} {found['rotate_deg']}°")
    if found.get("mirrored"):
        parts.append(words["mirror"])
    if found.get("reason"):
        parts.append(found["reason"])
    return "  ".join(parts)
