"""The user guide, inside the program: the pages under resources/guide, opened at the right chapter."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QDesktopServices, QTextBlock, QTextBlockFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from workstation.ui.theme import Palette, Size

_LEVELS = (2, 3)


def slug(heading: str) -> str:
    """The anchor that Markdown viewers give a heading: lower case, blanks to hyphens, punctuation dropped."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class GuideWindow(QDialog):
    """The guide in one language: chapters on the left, text on the right.

    Args:
        page: a Markdown file; its pictures lie beside it.
        colours: of the theme in use.
    """

    def __init__(self, page: Path, colours: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("User guide"))
        # As the type grows, so do the list of chapters and the window, so that pictures keep their place beside it.
        chapters = round(Size.WORKLIST_WIDTH * min(1.6, max(1.0, self.fontMetrics().height() / 17)))
        self.resize(1080 - Size.WORKLIST_WIDTH + chapters, 760)
        self.text = QTextBrowser()
        self.text.setAccessibleName(self.tr("User guide"))
        self.text.setObjectName("guide")
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._follow)
        self.text.setSearchPaths([str(page.parent)])
        self.text.document().setDocumentMargin(24)
        self.text.document().setMarkdown(page.read_text(encoding="utf-8"))
        self.text.document().setBaseUrl(QUrl.fromLocalFile(f"{page.parent}/"))
        self._folder = page.parent
        self.chapters = QListWidget()
        self.chapters.setAccessibleName(self.tr("Chapters"))
        self.chapters.setObjectName("guideChapters")
        self.chapters.setAccessibleName(self.tr("Chapters"))
        self.chapters.setFixedWidth(chapters)
        self.chapters.setWordWrap(True)
        self._headings = [block for block in _blocks(self.text) if _level(block) in _LEVELS]
        for block in self._headings:
            indent = "" if _level(block) == _LEVELS[0] else "     "
            self.chapters.addItem(QListWidgetItem(indent + block.text()))
        self.chapters.currentRowChanged.connect(self._go)
        _space_out(self.text, colours)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.chapters)
        row.addWidget(self.text, 1)

    def open_at(self, anchor: str) -> bool:
        """Show the chapter whose heading has `anchor`; False where there is none."""
        for row, block in enumerate(self._headings):
            if slug(block.text()) == anchor:
                self.chapters.setCurrentRow(row)
                return True
        return False

    def _go(self, row: int) -> None:
        top = self.text.document().documentLayout().blockBoundingRect(self._headings[row]).top()
        self.text.verticalScrollBar().setValue(int(top) - 8)

    def _follow(self, link: QUrl) -> None:
        if not link.path() and link.hasFragment():
            self.open_at(link.fragment(QUrl.ComponentFormattingOption.FullyDecoded))
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(f"{self._folder}/").resolved(link))


def _blocks(text: QTextBrowser) -> list[QTextBlock]:
    block, found = text.document().begin(), []
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def _level(block: QTextBlock) -> int:
    return int(block.blockFormat().headingLevel())


def _space_out(text: QTextBrowser, colours: Palette) -> None:
    """Air above headings, borders of tables in the theme's line colour, pictures no wider than the page."""
    for block in _blocks(text):
        cursor = QTextCursor(block)
        table = cursor.currentTable()
        if table is not None:
            look = table.format()
            look.setCellPadding(6)
            look.setBorderBrush(QColor(colours.border))
            look.setBorderCollapse(True)
            table.setFormat(look)
        if _level(block):
            spacing = QTextBlockFormat()
            spacing.setTopMargin(24 if _level(block) < 3 else 16)
            spacing.setBottomMargin(8)
            cursor.mergeBlockFormat(spacing)
        fragments = block.begin()
        while not fragments.atEnd():
            picture = fragments.fragment().charFormat().toImageFormat()
            if picture.isValid() and not picture.hasProperty(QTextFormat.Property.ImageWidth):
                picture.setWidth(720)
                cursor.setPosition(fragments.fragment().position())
                cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(picture)
            fragments += 1
