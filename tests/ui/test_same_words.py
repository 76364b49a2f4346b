"""What is written without Qt (exported pictures, `check`) is worded as in the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QPointF
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel

from tests.support.films import cut
from workstation.assets import resources_dir
from workstation.cli.check_text import Speech
from workstation.domain import cascade, findings
from workstation.domain.edges import Edge
from workstation.domain.exposure import Exposure
from workstation.domain.film import FilmHeader, PatientIdentity
from workstation.domain.findings import CropFinding, Kind, State
from workstation.domain.order import Fit, Order, OrderCheck
from workstation.domain.projection import Projection
from workstation.domain.unreadable import UnreadableCode, unreadable
from workstation.services.file_errors import load_file_errors
from workstation.services.film_text import FilmWords, load_words, reason_text, written_date
from workstation.ui import i18n, theme, words
from workstation.ui.i18n import Translations
from workstation.ui.look import Look
from workstation.ui.order_card import order_card
from workstation.ui.viewer.text import TextPainter
from workstation.ui.viewer.viewport import Viewport
from workstation.ui.viewer.why import paint_why


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
    shown = QCoreApplication.translate("CriterionCard", "warns from {0}").format(i18n.percent(probability))
    said = film_words("card.warns_from", percent=film_words.percent(probability))
    assert said.split() == shown.split()
    for kind in (kind for kind in Kind if kind is not Kind.PROJECTION):
        said = film_words(f"card.probability_{kind.value}", percent=film_words.percent(probability))
        assert said.split() == words.probability(kind, probability).split()
    assert film_words("card.to_do") == QCoreApplication.translate("ReviewCards", "What to do")


class Noted(TextPainter):
    """Notes what is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[str] = []

    def draw(self, painter: QPainter, at: QPointF, text: str, font: QFont, colour: str) -> None:
        del painter, at, font, colour
        self.drawn.append(text)


@pytest.mark.parametrize("score", [0.003, 0.4, 0.9971])
def test_why_gives_the_figure_of_the_card(film_words: FilmWords, score: float) -> None:
    """The score of the card is that of the worst edge: both stand on the screen at once."""
    finding = CropFinding(State.WARN, score, 0.7, 0.4, (Edge.BOTTOM,), {Edge.BOTTOM: score})
    canvas, text = QImage(300, 300, QImage.Format.Format_RGB32), Noted()
    painter = QPainter(canvas)
    verdict = replace(cut(Edge.BOTTOM), findings=(finding,))
    paint_why(painter, text, QFont(), verdict, film_words, Viewport(300, 300, 300, 300), 1.0, theme.DARK)
    painter.end()
    assert text.drawn[0].split() == i18n.percent(score).split()


def test_days(film_words: FilmWords) -> None:
    """A date of birth on the order card is the one in the film's corner, letter by letter."""
    assert words.day_and_time("2026-11-22T10:42:59") == written_date("2026-11-22T10:42:59", film_words)
    born = PatientIdentity("Phantom", "PHANTOM-1", "1970-05-01")
    order = Order(replace(born, birth_date="1980-02-02"), "A1", "", "DX", "Chest PA")
    film = Exposure(1, FilmHeader(2, 2, patient=born), "", "", "")
    card = order_card(OrderCheck(Fit.WRONG_PATIENT, order, ("birth_date",)), film, Look.of("dark"))
    assert card is not None
    texts = " ".join(shown.text() for shown in card.findChildren(QLabel))
    for day in ("1970-05-01", "1980-02-02"):
        assert f" {written_date(day, film_words)}" in texts


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
