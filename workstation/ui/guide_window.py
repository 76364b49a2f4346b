"""The user guide, inside the program: one page for each reader, opened at the chapter that is wanted."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QIcon,
    QImage,
    QPixmap,
    QShowEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextOption,
    QTextTable,
    QTextTableCellFormat,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from workstation.ui.look import grow
from workstation.ui.theme import Palette, Size
from workstation.ui.whole_lines import WholeLines

PAGES = ("radiographer", "lead", "it", "settings")
"""Files of the guide, `<page>.<language>.md`, in the order in which they are read."""
_PICTURE_WIDTH = 720
_INDENT = 16


def slug(heading: str) -> str:
    """The anchor that Markdown viewers give a heading: lower case, blanks to hyphens, punctuation dropped."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def headings(text: str) -> list[tuple[int, str]]:
    """Level and words of the headings of a page, its title first."""
    return [(len(m[1]), m[2].strip()) for m in re.finditer(r"^(#{1,2}) (.+)$", text, re.MULTILINE)]


def topics(folder: Path) -> dict[str, dict[str, str]]:
    """Where F1 opens the guide: topic to its page and the heading in each language."""
    with (folder / "topics.toml").open("rb") as stream:
        return tomllib.load(stream)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A line of the list at the left: a page's title (`level` 1) or a heading within it."""

    page: str
    level: int
    heading: str


class GuideWindow(QDialog):
    """The guide in one language: all chapters on the left, one page on the right.

    Args:
        folder: pages, pictures beside them, and `topics.toml`.
        colours: of the theme in use.
    """

    def __init__(self, folder: Path, language: str, colours: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("User guide"))
        self._folder, self._language, self._colours = folder, language, colours
        # As the type grows, so do the list of chapters and the window, so that pictures keep their place beside it.
        width = round(Size.WORKLIST_WIDTH * min(1.6, max(1.0, self.fontMetrics().height() / 17)))
        grow(self, 1080 - Size.WORKLIST_WIDTH + width, 760)
        self.text = QTextBrowser()
        self.text.setAccessibleName(self.tr("User guide"))
        self.text.setObjectName("guide")
        self.text.setOpenLinks(False)
        self.text.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.text.anchorClicked.connect(self._follow)
        self.text.setSearchPaths([str(folder)])
        self.page = ""
        self.chapters = QListWidget()
        self.chapters.setAccessibleName(self.tr("Chapters"))
        self.chapters.setObjectName("guideChapters")
        self.chapters.setFixedWidth(width)
        WholeLines(self.chapters)
        self.chapters.setIconSize(QSize(_INDENT, 1))
        self._chapters = [
            Chapter(page, level, heading)
            for page in PAGES
            for level, heading in headings(self._file(page).read_text(encoding="utf-8"))
        ]
        for chapter in self._chapters:
            self.chapters.addItem(_line(chapter))
        self.chapters.currentRowChanged.connect(self._go)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.chapters)
        row.addWidget(self.text, 1)
        self.chapters.setCurrentRow(0)

    @property
    def chapter(self) -> Chapter:
        """The one shown."""
        return self._chapters[max(0, self.chapters.currentRow())]

    def open_topic(self, topic: str) -> None:
        """Show what the guide says about one of the topics of `topics.toml`."""
        place = topics(self._folder)[topic]
        self.open_at(slug(place[self._language]), place["page"])

    def open_at(self, anchor: str, page: str = "") -> bool:
        """Show the chapter whose heading has `anchor`; the page's beginning without one. False where there is none."""
        page = page or self.page
        for row, chapter in enumerate(self._chapters):
            if chapter.page == page and (slug(chapter.heading) == anchor or not anchor):
                self.chapters.setCurrentRow(row)
                self._go(row)
                return True
        return False

    def _file(self, page: str) -> Path:
        return self._folder / f"{page}.{self._language}.md"

    def _load(self, page: str) -> None:
        if page == self.page:
            return
        self.page = page
        document = self.text.document()
        document.clear()
        document.setDocumentMargin(24)
        base = QUrl.fromLocalFile(f"{self._folder}/")
        document.setBaseUrl(base)
        text = self._file(page).read_text(encoding="utf-8")
        ratio = self.devicePixelRatioF()
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
            picture = QImage(str(self._folder / name))
            # Scaled here: the document would drop lines of pixels.
            smooth = Qt.TransformationMode.SmoothTransformation
            shown = picture.scaledToWidth(round(_PICTURE_WIDTH * ratio), smooth)
            document.addResource(QTextDocument.ResourceType.ImageResource, base.resolved(QUrl(name)), shown)
        document.setMarkdown(text)
        _space_out(self.text, self._colours)

    def _go(self, row: int) -> None:
        chapter = self._chapters[row]
        self._load(chapter.page)
        bar = self.text.verticalScrollBar()
        if chapter.level == 1:
            bar.setValue(0)
            return
        found = (b for b in _blocks(self.text) if _level(b) and b.text() == chapter.heading)
        block = next(found, None)
        if block is not None:
            top = self.text.document().documentLayout().blockBoundingRect(block).top()
            bar.setValue(int(top) - 8)

    def _follow(self, link: QUrl) -> None:
        anchor = link.fragment(QUrl.ComponentFormattingOption.FullyDecoded)
        page = link.fileName().removesuffix(f".{self._language}.md")
        if not link.path() or page in PAGES:
            self.open_at(anchor, page)
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(f"{self._folder}/").resolved(link))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._go(max(0, self.chapters.currentRow()))  # the width decides where a chapter begins


def _line(chapter: Chapter) -> QListWidgetItem:
    item = QListWidgetItem(chapter.heading)
    if chapter.level == 1:
        font = item.font()
        font.setBold(True)
        item.setFont(font)
    else:  # an empty picture: a second line of words keeps the indent too
        empty = QPixmap(_INDENT, 1)
        empty.fill(Qt.GlobalColor.transparent)
        item.setIcon(QIcon(empty))
    return item


def _blocks(text: QTextBrowser) -> list[QTextBlock]:
    block, found = text.document().begin(), []
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def _level(block: QTextBlock) -> int:
    return int(block.blockFormat().headingLevel())


def _space_out(text: QTextBrowser, colours: Palette) -> None:
    """Air above headings and between paragraphs, tables with quiet lines, pictures no wider than the page."""
    tables: list[QTextTable] = []
    for block in _blocks(text):
        cursor = QTextCursor(block)
        table: QTextTable | None = cursor.currentTable()
        if table is not None:
            if table not in tables:
                tables.append(table)
        else:
            spacing = QTextBlockFormat()
            heading = _level(block)
            spacing.setTopMargin({0: 0, 1: 8}.get(heading, 24))
            spacing.setBottomMargin(8 if heading or block.textList() is None else 4)
            cursor.mergeBlockFormat(spacing)
        fragments = block.begin()
        while not fragments.atEnd():
            picture = fragments.fragment().charFormat().toImageFormat()
            if picture.isValid() and not picture.hasProperty(QTextFormat.Property.ImageWidth):
                picture.setWidth(_PICTURE_WIDTH)
                cursor.setPosition(fragments.fragment().position())
                cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(picture)
            fragments += 1
    for table in tables:
        _dress(table, colours)


def _dress(table: QTextTable, colours: Palette) -> None:
    """A line under each row, no boxes."""
    look = table.format()
    look.setBorder(0)
    look.setCellSpacing(0)
    look.setCellPadding(6)
    look.setBottomMargin(12)
    table.setFormat(look)
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            under = QTextTableCellFormat(cell.format().toTableCellFormat())
            under.setBottomBorder(1)
            under.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            under.setBottomBorderBrush(QColor(colours.border))
            under.setPadding(6)
            cell.setFormat(under)
