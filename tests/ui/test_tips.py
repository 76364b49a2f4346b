"""Tips show names as they are: Qt would take one that holds a tag for HTML, and load what it points to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import Qt, QTextDocument

from tests.support.window import Desk
from workstation.settings.model import Settings
from workstation.ui.look import ElidedLabel
from workstation.ui.tips import verbatim

NAME = '<img src="//server/share/film.png">Muster'


def shown(tip: str) -> str:
    """What Qt writes for a tip."""
    if not Qt.mightBeRichText(tip):
        return tip
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("text", ["Muster, Max", "a < b", "a <b>\nsecond  line", "&lt;", NAME])
def test_a_tip_shows_the_text_itself(text: str) -> None:
    assert shown(verbatim(text)) == text


def test_a_patient_s_name_with_a_tag_is_written_out(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="A"))
    desk.arrive(program, patient_name="<b>Muster")
    desk.settled(program)
    model = program.window.view.worklist.view.model()
    assert "<b>Muster" in shown(model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    label = ElidedLabel(NAME)
    desk.qtbot.addWidget(label)
    label.resize(QSize(40, 20))
    label.show()
    assert shown(label.toolTip()) == NAME
