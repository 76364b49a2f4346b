"""What is written without Qt (exported pictures, `check`) is worded as in the window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from workstation.assets import resources_dir
from workstation.cli.check_text import Speech
from workstation.domain import cascade, findings
from workstation.domain.findings import Kind, State
from workstation.domain.projection import Projection
from workstation.domain.unreadable import UnreadableCode, unreadable
from workstation.services.file_errors import load_file_errors
from workstation.services.film_text import FilmWords, load_words, reason_text
from workstation.ui import i18n, theme, words
from workstation.ui.i18n import Translations


@pytest.fixture(params=["en", "ru"])
def film_words(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[FilmWords]:
    del qapp
    made = Translations()
    made.use(request.param)
    yield load_words(resources_dir(), request.param)
    made.use("en")
    made.drop()


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PROJECTION])
def test_titles_and_states(film_words: FilmWords, kind: Kind, state: State) -> None:
    assert film_words(f"card.{kind.value}_{state.value}") == words.criterion(kind, state)
    assert film_words(f"state.{state.value}") == theme.state_word(state)


@pytest.mark.parametrize("probability", [0.0, 0.001, 0.134, 0.5, 0.9951, 1.0])
def test_figures(film_words: FilmWords, probability: float) -> None:
    for context, key, source in (
        ("CriterionCard", "card.defect", "defect {0}"),
        ("CriterionCard", "card.warns_from", "warns from {0}"),
    ):
        shown = QCoreApplication.translate(context, source).format(i18n.percent(probability))
        assert film_words(key, percent=film_words.percent(probability)).split() == shown.split()
    assert film_words("card.to_do") == QCoreApplication.translate("ReviewCards", "What to do")


@pytest.mark.parametrize("code", UnreadableCode)
def test_files_that_cannot_be_read(film_words: FilmWords, code: UnreadableCode) -> None:
    problem = unreadable(code, "a.dcm")
    told = load_file_errors(resources_dir(), film_words.language).get(code)
    said = (problem.message, problem.remedy) if told is None else (told.message, told.remedy)
    assert said == words.error(problem)


@pytest.mark.parametrize(
    "reason",
    [
        cascade.NOT_A_CHEST,
        cascade.PROJECTION_UNKNOWN,
        cascade.MODEL_FAILED,
        cascade.NO_NUMBER,
        findings.NO_PROJECTION_STAGE,
        "something else",
    ],
)
def test_reasons(film_words: FilmWords, reason: str) -> None:
    assert reason_text(reason, film_words) == words.reason_not_assessed(reason)


def test_the_lines_of_check_in_russian(qapp: QApplication) -> None:
    del qapp
    made = Translations()
    made.use("ru")
    speech = Speech(load_words(resources_dir(), "ru"), {})
    said = theme.state_word(State.PASS), words.projection(Projection.UNKNOWN).lower()
    placed = words.criterion(Kind.ORIENTATION, State.NOT_ASSESSED).lower()
    made.use("en")
    made.drop()
    assert speech("pass") == said[0], "of lung fields «норма» would be a diagnosis"
    assert f"{speech('projection')} {speech('unknown')}" == said[1]
    assert placed.startswith(speech("orientation"))
