"""What is wrong with a view to the eye: text cut off, parts over each other or off the window, words untranslated."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyleOptionFrame,
    QToolButton,
    QWidget,
)

from workstation import assets
from workstation.ui.look import ElidedLabel
from workstation.ui.worklist_model import WorklistModel
from workstation.ui.worklist_view import FilmDelegate

_SLACK = 2
# Latin words in a row that are no sentence of ours.
_FOREIGN = re.compile(r"\b[A-Za-z][a-z]{2,} [a-z]{2,} [a-z]{2,}\b")


def faults(root: QWidget, language: str) -> list[str]:
    """Everything wrong with what can be seen of `root`; empty where all is well."""
    shown = [w for w in root.findChildren(QWidget) if w.isVisible() and not w.visibleRegion().isEmpty()]
    texts = [
        w for w in shown if isinstance(w, QLabel | QAbstractButton | QComboBox | QLineEdit) and text_of(w)
    ]
    found = [f"cut off: {text_of(w)!r}" for w in texts if cut_off(w)]
    found += [f"cut off: {text!r}" for w in shown if isinstance(w, QListView) for text in _cut_in_rows(w)]
    found += [f"off the window: {text_of(w)!r}" for w in texts if _off(w, root)]
    found += [
        f"over each other: {text_of(a)!r} and {text_of(b)!r}"
        for a, b in combinations(texts, 2)
        if _over(a, b, root)
    ]
    if language != "en":
        for widget in (root, *shown):
            said = {text_of(widget), widget.toolTip(), widget.windowTitle(), widget.accessibleName()}
            said |= {action.text() for action in widget.actions()}
            found += [f"untranslated: {text!r}" for text in sorted(said) if untranslated(text, language)]
    return list(dict.fromkeys(found))


def text_of(widget: QWidget) -> str:
    """The words a widget shows."""
    bare = Qt.ToolButtonStyle.ToolButtonIconOnly
    if isinstance(widget, QToolButton) and widget.toolButtonStyle() is bare and not widget.icon().isNull():
        return ""
    if isinstance(widget, ElidedLabel):
        return widget.full_text()
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    if isinstance(widget, QLineEdit):
        return "" if widget.text() else widget.placeholderText()  # what is typed may be longer, and scrolls
    return widget.currentText() if isinstance(widget, QComboBox) else ""


def cut_off(widget: QWidget) -> bool:
    """Its words need more room than it has."""
    if isinstance(widget, ElidedLabel):
        return not widget.gives_way and widget.text() != widget.full_text()
    if isinstance(widget, QLabel):
        if widget.textFormat() is Qt.TextFormat.RichText or "<" in widget.text():
            return False
        room = widget.contentsRect()
        flags = Qt.TextFlag.TextWordWrap if widget.wordWrap() else Qt.TextFlag.TextSingleLine
        text = widget.text()
        if not widget.wordWrap() and "\n" in text:
            flags = Qt.TextFlag.TextExpandTabs
        needed = widget.fontMetrics().boundingRect(QRect(0, 0, room.width(), 4000), int(flags), text)
        return needed.width() > room.width() + _SLACK or needed.height() > room.height() + _SLACK
    if isinstance(widget, QLineEdit):
        option = QStyleOptionFrame()
        widget.initStyleOption(option)
        room = widget.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, widget)
        return widget.fontMetrics().horizontalAdvance(widget.placeholderText()) > room.width()
    if isinstance(widget, QComboBox):
        return widget.fontMetrics().horizontalAdvance(widget.currentText()) > widget.width() - 20
    needed = widget.sizeHint() if isinstance(widget, QToolButton) else widget.minimumSizeHint()
    return needed.width() > widget.width() + _SLACK


def _cut_in_rows(view: QListView) -> list[str]:
    """Words of the list of films that are painted shortened."""
    delegate, model = view.itemDelegate(), view.model()
    if not isinstance(delegate, FilmDelegate) or not isinstance(model, WorklistModel):
        return []
    rows = [
        delegate.arranger.row(view.visualRect(model.index(i)), model.exposure(i))
        for i in range(model.rowCount())
    ]
    return [line.text for row in rows for line in row.lines if line.shown != line.text]


def _place(widget: QWidget, root: QWidget) -> QRect:
    return QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())


def _off(widget: QWidget, root: QWidget) -> bool:
    """Beyond the window; in an area that scrolls, beyond its sides (up and down it may be scrolled to)."""
    above = widget.parentWidget()
    while above is not None and above is not root:
        if isinstance(above, QAbstractScrollArea):
            view = above.viewport()
            place = _place(widget, view)
            return place.left() < -_SLACK or place.right() > view.width() + _SLACK
        above = above.parentWidget()
    return not root.rect().adjusted(-_SLACK, -_SLACK, _SLACK, _SLACK).contains(_place(widget, root))


def _over(one: QWidget, other: QWidget, root: QWidget) -> bool:
    if one.isAncestorOf(other) or other.isAncestorOf(one):
        return False
    seen = [w.visibleRegion().boundingRect().translated(w.mapTo(root, QPoint(0, 0))) for w in (one, other)]
    both = seen[0].intersected(seen[1])
    return both.width() > _SLACK and both.height() > _SLACK


def untranslated(text: str, language: str) -> bool:
    """English where the window speaks another language."""
    plain = text.replace("&", "")
    return plain in _sources(language) or _FOREIGN.search(plain) is not None


@cache
def _sources(language: str) -> frozenset[str]:
    """Source texts whose translation differs from them."""
    path = assets.resources_dir() / "translations" / f"workstation_{language}.ts"
    found = set()
    for message in ET.parse(path).iter("message"):
        source, translation = message.findtext("source") or "", message.findtext("translation") or ""
        if translation and translation != source and re.search("[a-z]{2}", source):
            found.add(source.replace("&", ""))
    return frozenset(found)
