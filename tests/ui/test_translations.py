"""Both languages are complete, fresh and fit their widgets; Russian plurals are right."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from tests.support import translations
from tests.support.scripted import ScriptedAnalyser, crop, lateral, rotation
from tests.support.window import Desk
from workstation.domain.edges import Edge
from workstation.domain.findings import State
from workstation.services.resource_files import LANGUAGES
from workstation.settings.model import Settings, describe
from workstation.settings.reference import explanation
from workstation.ui import i18n
from workstation.ui.i18n import Translations
from workstation.ui.look import ElidedLabel


@pytest.fixture
def speaking(qapp: QApplication) -> Iterator[Translations]:
    del qapp
    made = Translations()
    yield made
    made.use("en")
    made.drop()


def messages(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).getroot().iter("message"))


def forms(message: ElementTree.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    plural = [form.text or "" for form in translation.iter("numerusform")]
    return plural or [translation.text or ""]


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_nothing_is_untranslated_and_the_files_are_fresh(language: str, tmp_path: Path) -> None:
    kept = translations.FOLDER / f"workstation_{language}.ts"
    fresh = tmp_path / kept.name
    shutil.copy(kept, fresh)
    translations.update(language, fresh)
    unfinished = [
        m.findtext("source")
        for m in messages(fresh)
        if (t := m.find("translation")) is None or t.get("type") or not all(forms(m))
    ]
    assert not unfinished
    assert [m.findtext("source") for m in messages(fresh)] == [m.findtext("source") for m in messages(kept)]
    compiled = tmp_path / "fresh.qm"
    translations.compile_(kept, compiled)
    assert compiled.read_bytes() == kept.with_suffix(".qm").read_bytes()


def test_places_for_values_survive_translation() -> None:
    for message in messages(translations.FOLDER / "workstation_ru.ts"):
        source = message.findtext("source") or ""
        wanted = sorted(re.findall(r"\{\d\}|%n|\*\.\w+", source))
        for form in forms(message):
            assert sorted(re.findall(r"\{\d\}|%n|\*\.\w+", form)) == wanted, source


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 проблема"), (2, "2 проблемы"), (5, "5 проблем"), (11, "11 проблем"), (21, "21 проблема")],
)
def test_russian_plurals(speaking: Translations, number: int, words: str) -> None:
    assert speaking.use("ru") == "ru"
    assert QCoreApplication.translate("ProblemsPanel", "%n problem(s)", "", number) == words


def test_numbers_follow_the_language(speaking: Translations) -> None:
    speaking.use("ru")
    assert i18n.number(0.25, 2) == "0,25"
    speaking.use("en")
    assert i18n.number(12345.5, 1) == "12345.5"


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.0, "0"), (0.003, "<1"), (0.5, "50"), (0.9951, ">99"), (1.0, "100")]
)
def test_no_certainty_is_made_up_by_rounding(probability: float, shown: str) -> None:
    assert i18n.percent(probability) == f"{shown}\u202f%"


def test_every_part_knows_the_same_languages() -> None:
    settings = tuple(choice for choice in describe()["language"][1].choices if choice != "system")
    assert LANGUAGES == tuple(i18n.LANGUAGES) == translations.LANGUAGES == settings


def test_an_unknown_system_language_is_english() -> None:
    assert i18n.resolve("fi") == "en"


def cut_off(widget: QWidget) -> list[str]:
    """Texts wider than what shows them; wrapped and self-shortening labels have room by design."""
    found = []
    for part in widget.findChildren(QWidget):
        if not part.isVisible() or isinstance(part, ElidedLabel):
            continue
        if isinstance(part, QLabel) and part.text():
            if part.wordWrap():
                fits = part.heightForWidth(part.width()) <= part.height()
            else:
                fits = part.sizeHint().width() <= part.width()
        elif isinstance(part, QPushButton) and part.text():
            fits = part.sizeHint().width() <= part.width()
        else:
            continue
        if not fits:
            found.append(part.text())
    return found


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_text_fits_its_widget_at_1366_by_768(desk: Desk, language: str) -> None:
    verdict = lateral(crop(State.WARN, Edge.LEFT), rotation(State.UNSURE, 8.0))
    settings = Settings(language=language, room="2", operator="Ivanova")
    program = desk.open(settings, analyser=ScriptedAnalyser(lambda _film, _projection: verdict))
    window = program.window
    assert not cut_off(window)
    desk.arrive(program, view_position="LL")
    window.resize(1366, 768)
    desk.qtbot.wait(20)
    assert not cut_off(window)
    panel = window.view.panel
    panel.toggle_retake()
    desk.qtbot.wait(20)
    assert not cut_off(panel)
    panel.toggle_keep()
    desk.qtbot.wait(20)
    assert not cut_off(panel)
    panel.close_prompt()
    card = panel.cards.projection_card
    assert card is not None
    card.toggle_choices()
    desk.qtbot.wait(20)
    assert not cut_off(panel)


def test_the_language_changes_at_once_and_the_film_stays(desk: Desk) -> None:
    program = desk.open()
    film = desk.arrive(program)
    before = program.window.view.stage.film.film
    program.settings.replace(replace(program.settings(), language="ru"))
    texts = [w.text() for w in program.window.findChildren(QLabel)]
    assert "Сегодня" in texts
    assert program.console.stage is not None
    assert program.console.stage.id == film.id
    assert program.window.view.stage.film.film is before
    assert program.window.view.menus.actions_by_name["send"].text() == "Отправить"
    program.settings.replace(replace(program.settings(), language="en"))
    assert program.window.view.menus.actions_by_name["send"].text() == "Send"


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1, "repeat rate, 1 extra view"),
        ("en", 2, "repeat rate, 2 extra views"),
        ("ru", 1, "доля повторов, 1 снимок"),
        ("ru", 3, "доля повторов, 3 снимка"),
        ("ru", 5, "доля повторов, 5 снимков"),
        ("ru", 21, "доля повторов, 21 снимок"),
    ],
)
def test_counts_in_the_headline_agree(speaking: Translations, language: str, number: int, said: str) -> None:
    speaking.use(language)
    text = QCoreApplication.translate("Headline", "repeat rate, {0} extra view(s)", "", number)
    assert text.format(number) == said


@pytest.mark.parametrize("number", [1, 3, 5, 21])
def test_russian_figures_agree_with_what_stands_below_them(speaking: Translations, number: int) -> None:
    speaking.use("ru")
    below = [QCoreApplication.translate(context, "exposures") for context in ("Headline", "Statistics")]
    assert below == ["снято", "снято"], f"{number} снимков would be wrong of one, three and twenty-one"
    opened = QCoreApplication.translate("Headline", "exposures, {0} open", "", number)
    assert opened.startswith("снято, жд")
    refused = QCoreApplication.translate("TopBar", "{0} refused %n object(s)", "", number)
    wanted = {1: "не принят 1 объект", 3: "не принято 3 объекта", 5: "не принято 5 объектов"}
    assert refused.removeprefix("{0}: ") == wanted.get(number, "не принят 21 объект")


def test_one_thing_has_one_russian_name() -> None:
    said = " ".join(form for m in messages(translations.FOLDER / "workstation_ru.ts") for form in forms(m))
    assert not re.search(r"\bPIN\b", said), "ПИН-код everywhere"
    assert "AE получателя" not in said, "the server of the worklist is no destination; errors call both узел"
    settings = " ".join(explanation(rule, "ru") for _, rule in describe().values())
    assert "отбракован" not in said + settings, "забракован everywhere"
