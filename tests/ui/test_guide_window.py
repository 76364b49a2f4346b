"""The guide inside the program: its pages, and where F1 opens it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from tests.support.window import Desk
from workstation import assets
from workstation.app import Program
from workstation.domain.operator import Role
from workstation.settings.model import Settings
from workstation.ui.guide_window import PAGES, GuideWindow, headings, slug, topics
from workstation.ui.theme import DARK

GUIDE = assets.resources_dir() / "guide"
LANGUAGES = ("en", "ru")
IMAGES = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


def text(page: str, language: str) -> str:
    return (GUIDE / f"{page}.{language}.md").read_text(encoding="utf-8")


def shown() -> GuideWindow:
    (guide,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, GuideWindow) and w.isVisible()]
    return guide


@pytest.mark.parametrize("language", LANGUAGES)
def test_f1_opens_the_guide_in_the_window_s_language(desk: Desk, qtbot: QtBot, language: str) -> None:
    program = desk.open(Settings(language=language))
    desk.arrive(program)
    desk.settled(program)
    qtbot.keyClick(program.window, Qt.Key.Key_F1)
    guide = shown()
    first = guide.chapters.item(0).text()
    assert first == {"en": "For the radiographer", "ru": "Рентгенолаборанту"}[language]
    assert guide.chapter.heading == {"en": "A film comes", "ru": "Пришёл снимок"}[language]
    guide.close()


AT: dict[str, tuple[Callable[[Program], object], str, str]] = {
    "a film": (lambda p: p.window.activateWindow(), "radiographer", "A film comes"),
    "reasons of a retake": (lambda p: p.window.view.panel.toggle_retake(), "radiographer", "Decide: one key"),
    "a note": (lambda p: p.window.view.panel.toggle_keep(), "radiographer", "Decide: one key"),
    "the ruler": (lambda p: p.window.view.stage.film.actions_.ruler.trigger(), "radiographer", "The film"),
    "statistics": (lambda p: p.window.open_statistics(), "lead", "The statistics window"),
    "settings": (lambda p: p.window.open_settings(), "it", "Settings"),
    "settings, worklist": (lambda p: p.window.open_settings("worklist"), "it", "The worklist"),
    "settings, receiving": (lambda p: p.window.open_settings("listener"), "it", "Films by network"),
    "connections": (lambda p: p.window.open_connections(), "it", "Connections"),
    "operators": (lambda p: p.window.open_operators(), "it", "Operators"),
    "first start": (lambda p: p.window.open_setup(), "it", "The first start"),
    "keys": (lambda p: p.window.show_keys(), "radiographer", "The film"),
}


@pytest.mark.parametrize("place", list(AT))
def test_f1_opens_it_where_one_is(desk: Desk, qtbot: QtBot, place: str) -> None:
    act, page, heading = AT[place]
    program = desk.open(Settings(language="en", operator="Ivanova"))
    desk.arrive(program)
    desk.settled(program)
    before = set(map(id, QApplication.topLevelWidgets()))
    act(program)
    desk.settled(program)
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and id(w) not in before]
    at: QWidget = dialogs[0] if dialogs else program.window
    at.activateWindow()
    qtbot.waitUntil(at.isActiveWindow)
    qtbot.keyClick(at.focusWidget() or at, Qt.Key.Key_F1)
    guide = shown()
    assert (guide.chapter.page, guide.chapter.heading) == (page, heading)
    assert guide.page == page
    guide.close()
    for dialog in dialogs:
        dialog.close()


def test_f1_with_nothing_on_the_stage_and_while_nobody_is_signed_in(desk: Desk, qtbot: QtBot) -> None:
    program = desk.open(Settings(language="en"))
    qtbot.keyClick(program.window, Qt.Key.Key_F1)
    assert shown().chapter.heading == "Opening films"
    shown().close()
    program.console.parts.operators.add("Anna", Role.ADMIN, "1234", "test")
    desk.close(program)
    program = desk.open(Settings(language="en", sign_in="pin"))
    qtbot.waitUntil(program.window.locking.view.isVisible)
    qtbot.keyClick(program.window.locking.view.names, Qt.Key.Key_F1)
    assert shown().chapter.heading == "Signing in"
    shown().close()


def test_a_second_f1_turns_the_open_guide(desk: Desk) -> None:
    program = desk.open(Settings(language="en"))
    desk.arrive(program)
    desk.settled(program)
    program.window.show_guide()
    first = shown()
    program.window.view.panel.toggle_retake()
    program.window.show_guide()
    assert shown() is first
    assert first.chapter.heading == "Decide: one key"
    first.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_leads_to_a_chapter(qtbot: QtBot, language: str) -> None:
    guide = GuideWindow(GUIDE, language, DARK)
    qtbot.addWidget(guide)
    guide.show()
    for topic, place in topics(GUIDE).items():
        guide.open_topic(topic)
        assert (guide.page, guide.chapter.heading) == (place["page"], place[language]), topic


@pytest.mark.parametrize("language", LANGUAGES)
def test_chapters_scroll_and_inner_links_lead_somewhere(qtbot: QtBot, language: str) -> None:
    guide = GuideWindow(GUIDE, language, DARK)
    qtbot.addWidget(guide)
    guide.resize(900, 500)
    guide.show()
    followed = 0
    for page in PAGES:
        for file, anchor in re.findall(r"\]\((\w+\.\w+\.md)(?:#([^)]+))?\)", text(page, language)):
            guide.open_at("", page)
            link = QUrl(file)
            link.setFragment(anchor or None)
            guide.text.anchorClicked.emit(link)
            assert guide.page == file.split(".")[0]
            assert slug(guide.chapter.heading) == anchor or (guide.chapter.level == 1 and not anchor)
            followed += 1
    assert followed > len(PAGES)
    guide.open_at("", PAGES[0])
    bar = guide.text.verticalScrollBar()
    top = bar.value()
    guide.chapters.setCurrentRow(3)
    assert bar.value() > top
    assert not guide.open_at("no-such-chapter")


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_chapters_and_name_the_same_keys_and_files(page: str) -> None:
    texts = [text(page, language) for language in LANGUAGES]
    levels = [[level for level, _ in headings(t)] for t in texts]
    assert levels[0] == levels[1]
    assert levels[0][0] == 1
    for pattern in (r"\bF\d+\b", r"Ctrl\+\w", r"`([^`]+\.(?:toml|sh|json))`", r"\]\((\.\./[^)]+)\)"):
        assert set(re.findall(pattern, texts[0])) == set(re.findall(pattern, texts[1])), pattern


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_is_named_whole(desk: Desk, language: str) -> None:
    program = desk.open(Settings(language=language))  # dresses the lists
    program.window.show_guide()
    desk.settled(program)
    chapters = shown().chapters
    rects = [chapters.visualItemRect(chapters.item(row)) for row in range(chapters.count())]
    assert max(rect.width() for rect in rects) <= chapters.viewport().width()
    heights = [rect.height() for rect in rects]
    assert max(heights) > 1.3 * min(heights)  # some go on below
    shown().close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_and_file_the_guide_names_exists(language: str) -> None:
    named = [t for page in PAGES for t in re.findall(r"\]\(([^)#]+)", text(page, language))]
    assert len(named) >= 16
    for target in named:
        assert (Path(GUIDE) / target).resolve().exists(), target
    for page in ("radiographer", "lead", "it"):
        assert IMAGES.search(text(page, language)), f"{page} shows nothing"


def test_anchors_are_those_of_markdown_viewers() -> None:
    assert slug("For the lead radiographer") == "for-the-lead-radiographer"
    assert slug("Решение — одна клавиша") == "решение--одна-клавиша"
