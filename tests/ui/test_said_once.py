"""What is the matter is said once, on its criterion's card; what to do about it stands below."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QFrame, QLabel

from tests.support.scripted import ScriptedAnalyser, crop, frontal, lateral, rotation
from tests.support.window import Desk
from workstation.app import Program
from workstation.domain.edges import Edge
from workstation.domain.findings import GateFinding, Kind, OrientationFinding, State, Verdict
from workstation.settings.model import Settings
from workstation.ui.words import summary

INVERTED = GateFinding(Kind.POLARITY, State.WARN, 0.93, 0.7)
TURNED = OrientationFinding(State.WARN, 90, True, 0.95, 0.8)
NO_CHEST = GateFinding(Kind.BODY_PART, State.WARN, 0.97, 0.7)


def shown(desk: Desk, verdict: Verdict, language: str = "en") -> Program:
    program = desk.open(
        Settings(language=language, operator="Ivanova"),
        analyser=ScriptedAnalyser(lambda _film, _projection: verdict),
    )
    desk.arrive(program)
    desk.settled(program)
    return program


def to_do(program: Program) -> list[str]:
    """Lines under "What to do"."""
    boxes = program.window.view.panel.cards.findChildren(QFrame, "advice")
    return [label.text() for box in boxes for label in box.findChildren(QLabel)]


def cards(program: Program) -> str:
    made = program.window.view.panel.cards.cards
    return " | ".join(label.text() for card in made for label in card.findChildren(QLabel))


@pytest.mark.parametrize("gate", [{"polarity": INVERTED}, {"orientation": TURNED}, {"body_part": NO_CHEST}])
def test_what_a_gate_says_stands_on_its_card_alone(desk: Desk, gate: dict[str, GateFinding]) -> None:
    verdict = replace(frontal(crop(State.PASS)), **gate)
    program = shown(desk, verdict)
    (said,) = (
        line
        for lines in program.console.parts.adviser.for_verdict(
            verdict, program.console.exposures[0].header, "en"
        ).said.values()
        for line in lines
    )
    assert cards(program).count(said) == 1
    assert to_do(program) == []


def test_every_cut_edge_is_named_on_the_card_and_what_to_do_is_an_order(desk: Desk) -> None:
    program = shown(desk, frontal(crop(State.WARN, Edge.LEFT, Edge.RIGHT)))
    assert "at the left edge" in cards(program)
    assert "at the right edge" in cards(program)
    title, change, cost = to_do(program)
    assert title == "What to do"
    assert change.startswith("The chest is wider than the field: use the detector crosswise")
    assert cost.startswith("A retake costs")


def test_a_doubtful_rotation_is_explained_alike_alone_and_beside_a_cut_edge(desk: Desk) -> None:
    for found in (crop(State.PASS), crop(State.WARN, Edge.LEFT)):
        program = shown(desk, lateral(found, rotation(State.UNSURE, 8.0)))
        assert "Not sure: rotation of about 8°; look at the posterior ribs yourself." in cards(program)
        assert not any("8°" in line for line in to_do(program))
        desk.close(program)


def test_the_list_names_what_the_panel_shows_first(desk: Desk) -> None:
    verdict = replace(frontal(crop(State.PASS)), polarity=INVERTED, orientation=TURNED)
    program = shown(desk, verdict)
    first = program.window.view.panel.cards.cards[0].findChildren(QLabel)
    assert summary(verdict) in [label.text() for label in first]
