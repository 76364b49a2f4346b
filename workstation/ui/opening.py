"""What is seen while the program opens: a database of years is checked before there is a window."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QSplashScreen

from workstation import assets
from workstation.ui.theme import Palette

_WIDTH, _HEIGHT, _MARK, _GAP = 420, 140, 64, 20  # logical pixels


def opening_screen(colours: Palette) -> QSplashScreen:
    """The program's mark and name, in no language: the settings' one is not in use yet."""
    screen = QApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    picture = QPixmap(round(_WIDTH * ratio), round(_HEIGHT * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(colours.window))
    mark = QIcon(str(assets.resources_dir() / "icons" / "app.svg"))
    font = QFont(QApplication.font())
    font.setPixelSize(24)
    font.setBold(True)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    mark.paint(painter, 2 * _GAP, (_HEIGHT - _MARK) // 2, _MARK, _MARK)
    painter.setPen(QColor(colours.border))
    painter.drawRect(QRectF(0.5, 0.5, _WIDTH - 1, _HEIGHT - 1))
    painter.setPen(QColor(colours.text))
    painter.setFont(font)
    words = QRectF(3 * _GAP + _MARK, 0, _WIDTH - 4 * _GAP - _MARK, _HEIGHT)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, QApplication.applicationName())
    painter.end()
    return QSplashScreen(picture)
