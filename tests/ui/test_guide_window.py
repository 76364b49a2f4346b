"""The guide inside the program, and the pages it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.window import Desk
from workstation import assets
from workstation.settings.model import Settings
from workstation.ui.guide_window import GuideWindow, slug
from workstation.ui.theme import DARK

GUIDE = assets.resources_dir() / "guide"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_f1_opens_the_guide_in_the_window_s_language(desk: Desk, qtbot: QtBot, language: str) -> None:
    program = desk.open(Settings(language=language))
    qtbot.keyClick(program.window, Qt.Key.Key_F1)
    (guide,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, GuideWindow) and w.isVisible()]
    first = guide.chapters.item(0).text()
    assert first == {"en": "1. For the radiographer", "ru": "1. Рентгенолаборанту"}[language]
    guide.close()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_chapters_scroll_and_inner_links_lead_somewhere(qtbot: QtBot, language: str) -> None:
    page = GUIDE / f"guide.{language}.md"
    guide = GuideWindow(page, DARK)
    qtbot.addWidget(guide)
    guide.resize(900, 500)
    guide.show()
    anchors = re.findall(r"\]\(#([^)]+)\)", page.read_text(encoding="utf-8"))
    assert anchors
    for anchor in anchors:
        assert guide.open_at(anchor), anchor
    bar = guide.text.verticalScrollBar()
    guide.chapters.setCurrentRow(0)
    top = bar.value()
    guide.text.anchorClicked.emit(QUrl(f"#{anchors[-1]}"))
    assert bar.value() > top
    assert not guide.open_at("no-such-chapter")


def test_both_languages_have_the_same_chapters_and_name_the_same_keys_and_files() -> None:
    texts = [(GUIDE / f"guide.{language}.md").read_text(encoding="utf-8") for language in ("en", "ru")]
    levels = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in texts]
    assert levels[0] == levels[1]
    for pattern in (r"\bF\d+\b", r"Ctrl\+\w", r"`([^`]+\.(?:toml|sh|json))`", r"\]\((\.\./[^)]+)\)"):
        assert set(re.findall(pattern, texts[0])) == set(re.findall(pattern, texts[1])), pattern


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_picture_and_file_the_guide_names_exists(language: str) -> None:
    page = GUIDE / f"guide.{language}.md"
    named = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert len(named) >= 4
    for target in named:
        assert (Path(page.parent) / target).resolve().exists(), target


def test_anchors_are_those_of_markdown_viewers() -> None:
    assert slug("2. For the lead radiographer") == "2-for-the-lead-radiographer"
    assert slug("Решение — одна клавиша") == "решение--одна-клавиша"
