"""Cards of an exported picture: title, what and where, how sure, and what the models are weak at. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.domain.film import FilmHeader
from workstation.domain.findings import (
    CropFinding,
    Finding,
    GateFinding,
    OrientationFinding,
    State,
    Verdict,
)
from workstation.imaging.annotate import Card
from workstation.services.film_text import FilmWords, angle_text, missing_part, reason_text, ribs_text
from workstation.services.limits import Limit, limits_of

_WORST_FIRST = (State.WARN, State.UNSURE, State.PASS, State.NOT_ASSESSED)


def cards(
    verdict: Verdict,
    header: FilmHeader,
    words: FilmWords,
    limits: tuple[Limit, ...],
    *,
    inverted: bool = False,
) -> tuple[Card, ...]:
    """One card a criterion, worst first; `limits` are those of `load_limits`, told where they apply to this film.

    `inverted`: a person exchanged black and white: what is said of the greyscale is of the film as stored.
    """
    found: list[Card] = []
    gates: tuple[tuple[str, GateFinding | OrientationFinding | None], ...] = (
        ("body_part", verdict.body_part),
        ("polarity", verdict.polarity),
        ("orientation", verdict.orientation),
    )
    for name, gate in gates:
        if gate is not None:
            shown = words("card.inverted") if inverted and name == "polarity" else ""
            found.append(_card(name, gate, shown, (), words))
    for finding in verdict.findings:
        where = _where(finding, verdict, header, words)
        weak = limits_of(limits, finding, verdict.projection.label, header, words.language)
        found.append(_card(finding.kind.value, finding, where, weak, words))
    return tuple(sorted(found, key=lambda card: _WORST_FIRST.index(card.state)))


def _card(
    name: str,
    found: Finding | GateFinding | OrientationFinding,
    where: str,
    weak: Sequence[str],
    words: FilmWords,
) -> Card:
    state, figures = words(f"state.{found.state.value}"), _figures(name, found, words)
    if found.state is State.NOT_ASSESSED:
        lines = [state, reason_text(found.reason, words)]
    elif found.state in (State.WARN, State.UNSURE):
        lines = [state, where, figures]
    else:
        lines = [where, " · ".join(part for part in (state, figures) if part)]
    said = [_capital(line) for line in lines if line]
    return Card(found.state, words(f"card.{name}_{found.state.value}"), said[0], (*said[1:], *weak))


def _where(finding: Finding, verdict: Verdict, header: FilmHeader, words: FilmWords) -> str:
    if isinstance(finding, CropFinding):
        return ", ".join(missing_part(edge, verdict, header, words) for edge in finding.edges)
    return ", ".join(said for said in (angle_text(finding, words), ribs_text(finding, words)) if said)


def _figures(name: str, found: Finding | GateFinding | OrientationFinding, words: FilmWords) -> str:
    """How sure, with its meaning: a bare number beside a threshold says nothing to whom the picture is sent."""
    if found.score is None or found.state is State.NOT_ASSESSED:
        return ""
    parts = [words(f"card.probability_{name}", percent=words.percent(found.score))]
    if found.threshold is not None:
        parts.append(words("card.warns_from", percent=words.percent(found.threshold)))
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
