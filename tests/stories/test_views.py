"""Every view of the program, in both languages and at both sizes: nothing cut off, overlapping or untranslated.

`python -m tests.screenshots` looks at the same views in every combination and keeps the pictures.
"""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests import screenshots
from tests.support.layout import faults, untranslated
from workstation.ui.look import ElidedLabel

# The narrowest, and each language and size at least once at either size of type.
COMBINATIONS = (
    ("en", "1366x768", "dark", 100),
    ("ru", "1366x768", "light", 200),
    ("ru", "1920x1080", "dark", 100),
    ("en", "1920x1080", "light", 200),
)


@pytest.mark.parametrize("part", list(screenshots.PARTS))
@pytest.mark.parametrize(("language", "size", "theme", "scale"), COMBINATIONS)
@pytest.mark.usefixtures("qapp")
def test_nothing_is_cut_off_overlapping_or_untranslated(
    language: str, size: str, theme: str, scale: int, part: str
) -> None:
    assert screenshots.looked_at(language, size, theme, scale, part) == []


class TestTheCheckItself:
    def test_words_that_need_more_room_are_found(self, qtbot: QtBot) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        window.resize(300, 200)
        for made in (QLabel("A long text in a small place", window), QPushButton("A long button", window)):
            made.setGeometry(10, 10, 40, 30)
        combo = QComboBox(window)
        combo.addItem("A long item of a list")
        combo.setGeometry(10, 60, 60, 30)
        window.show()
        found = faults(window, "en")
        assert "cut off: 'A long text in a small place'" in found
        assert "cut off: 'A long button'" in found
        assert "cut off: 'A long item of a list'" in found
        assert "over each other: 'A long text in a small place' and 'A long button'" in found

    def test_a_line_that_shortens_itself_is_found_unless_it_may(self, qtbot: QtBot) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        window.resize(300, 200)
        for top, gives_way in ((10, False), (60, True)):
            made = ElidedLabel("Not sent: no destination set", parent=window, gives_way=gives_way)
            made.setGeometry(10, top, 90, 30)
        window.show()
        assert [f for f in faults(window, "en") if "cut off" in f] == [
            "cut off: 'Not sent: no destination set'"
        ]

    def test_what_lies_beyond_the_window_is_found(self, qtbot: QtBot) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        window.resize(100, 100)
        QLabel("half", window).setGeometry(80, 10, 60, 20)
        window.show()
        assert "off the window: 'half'" in faults(window, "en")

    def test_what_cannot_be_scrolled_to_is_found(self, qtbot: QtBot) -> None:
        area = QScrollArea()
        qtbot.addWidget(area)
        inner = QWidget()
        inner.resize(400, 900)
        for text, x, y in (("beside", 350, 10), ("below", 10, 800)):
            QLabel(text, inner).setGeometry(x, y, 60, 30)
        area.setWidget(inner)
        area.resize(380, 200)
        area.show()
        assert [f for f in faults(area, "en") if f.startswith("off")] == ["off the window: 'beside'"]

    def test_a_tidy_window_has_no_faults(self, qtbot: QtBot) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        column = QVBoxLayout(window)
        for text in ("one", "two"):
            column.addWidget(QLabel(text))
        window.show()
        QApplication.processEvents()
        assert faults(window, "en") == []

    @pytest.mark.parametrize("text", ["Dismiss all", "&Film", "Somebody forgot to translate this"])
    def test_english_in_a_russian_window_is_found(self, text: str) -> None:
        assert untranslated(text, "ru")

    @pytest.mark.parametrize("text", ["PACS", "Снимок", "DEMO, SIMULATED", "CSV …", "cxr-cascade@0.4.0"])
    def test_names_and_abbreviations_are_no_english(self, text: str) -> None:
        assert not untranslated(text, "ru")
