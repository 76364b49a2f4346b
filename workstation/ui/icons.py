"""SVG icons from resources/icons, tinted with a palette colour and sharp at any pixel ratio."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from workstation import assets
from workstation.domain.findings import State
from workstation.ui.theme import Size

_SIDE, _LARGE_SIDE = 24, 30
_LARGE_TYPE = 1.2 * Size.BODY  # pixels; icons beside such type are larger than `_SIDE`


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return (assets.resources_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def state_icon_name(state: State) -> str:
    return f"state-{state.value}"


def render(name: str, colour: str, painter: QPainter, target: QRectF, knockout: str = "#101417") -> None:
    """Paint an icon into `target`; `knockout` is the colour of marks cut out of a filled shape."""
    svg = _source(name).replace("currentColor", colour).replace("KNOCKOUT", knockout)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, target)


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0, knockout: str = "#101417") -> QPixmap:
    """Icon of `size` logical pixels for a screen of device pixel ratio `ratio`."""
    key = f"icon {name} {colour} {size} {ratio} {knockout}"
    made = QPixmap()
    if QPixmapCache.find(key, made):
        return made
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    render(name, colour, painter, QRectF(0, 0, size, size), knockout)
    painter.end()
    QPixmapCache.insert(key, made)
    return made


def icon(name: str, colour: str, disabled: str | None = None) -> QIcon:
    """QIcon for buttons and menus of the type in use, in one or two pixel ratios."""
    made = QIcon()
    large = QGuiApplication.font().pixelSize() > _LARGE_TYPE
    # Qt makes an icon smaller where it has to, never larger.
    for side in (_SIDE, _LARGE_SIDE) if large else (_SIDE,):
        for ratio in (1.0, 2.0):
            made.addPixmap(pixmap(name, colour, side, ratio))
            if disabled is not None:
                made.addPixmap(pixmap(name, disabled, side, ratio), QIcon.Mode.Disabled)
    return made
