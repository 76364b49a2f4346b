"""Where a film lies on the canvas: scale, position, quarter turns and mirror. Pure geometry, no Qt.

Canvas coordinates are device pixels, so that 1:1 is one film pixel on one pixel of the screen at any scaling. Film
coordinates are those of the stored image: x to the right, y downwards, pixel i covers i..i+1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workstation.domain.edges import Edge
from workstation.domain.field import CollimatedField
from workstation.domain.turn import UNTURNED, Turn
from workstation.imaging.pyramid import Region

MIN_VISIBLE = 48.0
MAX_SCALE = 32.0


@dataclass(frozen=True, slots=True)
class Viewport:
    """A film of `film_width` x `film_height` pixels on a canvas of `width` x `height` device pixels.

    Attributes:
        scale: device pixels per film pixel, along its rows.
        left, top: canvas position of the turned film's corner.
        margin: device pixels kept free above and below the film at fit.
        aspect: height of a film pixel in widths of one: a film whose pixels are not square is shown as it is in mm.
    """

    film_width: int
    film_height: int
    width: float
    height: float
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0
    turn: Turn = UNTURNED
    margin: float = 0.0
    aspect: float = 1.0

    @property
    def _size(self) -> tuple[float, float]:
        """Width and height of the stored film, in widths of its pixels."""
        return float(self.film_width), self.film_height * self.aspect

    @property
    def shown_size(self) -> tuple[float, float]:
        """Width and height of the turned film, in widths of its pixels."""
        width, height = self._size
        return (height, width) if self.turn.quarters % 2 else (width, height)

    @property
    def fit_scale(self) -> float:
        """Scale at which the whole film just fits, `margin` kept free."""
        width, height = self.shown_size
        inner = max(1.0, self.height - 2 * self.margin), max(1.0, self.width - 2 * self.margin)
        return float(min(inner[1] / width, inner[0] / height))

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """The whole film on the canvas: x0, y0, x1, y1."""
        width, height = self.shown_size
        return self.left, self.top, self.left + width * self.scale, self.top + height * self.scale

    def fitted(self) -> Viewport:
        """The whole film, centred."""
        return replace(self, scale=self.fit_scale).centred()

    def fitted_to(self, field: CollimatedField) -> Viewport:
        """The collimated field as large as the canvas holds it, centred."""
        width, height = self.shown_size
        across, down = field.extent(Edge.LEFT), field.extent(Edge.TOP)
        if self.turn.quarters % 2:
            across, down = down, across
        inner = max(1.0, self.height - 2 * self.margin), max(1.0, self.width - 2 * self.margin)
        scale = min(MAX_SCALE, inner[1] / (across * width), inner[0] / (down * height))
        made = replace(self, scale=scale, left=0.0, top=0.0)
        x, y = made.to_canvas(
            (field.left + field.right) / 2 * self.film_width,
            (field.top + field.bottom) / 2 * self.film_height,
        )
        return replace(made, left=float(round(self.width / 2 - x)), top=float(round(self.height / 2 - y)))

    def centred(self) -> Viewport:
        """The film in the middle of the canvas, at the same scale."""
        width, height = self.shown_size
        left = (self.width - width * self.scale) / 2
        top = (self.height - height * self.scale) / 2
        # Whole device pixels, so that at 1:1 a film pixel is exactly a screen pixel.
        return replace(self, left=float(round(left)), top=float(round(top)))

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Zoom by `factor`; the point of the film under canvas point (x, y) stays there."""
        lowest = min(self.fit_scale, 1.0) / 2
        scale = min(MAX_SCALE, max(lowest, self.scale * factor))
        factor = scale / self.scale
        return replace(
            self, scale=scale, left=x - (x - self.left) * factor, top=y - (y - self.top) * factor
        )._kept_in_sight()

    def at_scale(self, scale: float, x: float, y: float) -> Viewport:
        """Zoom to `scale` about canvas point (x, y), snapped to whole device pixels."""
        made = self.zoomed(scale / self.scale, x, y)
        return replace(made, left=float(round(made.left)), top=float(round(made.top)))

    def panned(self, dx: float, dy: float) -> Viewport:
        """Move by device pixels; some of the film always stays in sight."""
        return replace(self, left=self.left + dx, top=self.top + dy)._kept_in_sight()

    def like(self, other: Viewport) -> Viewport:
        """The same part of this film as `other` shows of its own: same zoom from fit, same middle in shares.

        Both films as they are shown: each keeps its own turn.
        """
        (left, top, right, bottom), scale = other.rect, self.fit_scale * other.scale / other.fit_scale
        across = (other.width / 2 - left) / (right - left)
        down = (other.height / 2 - top) / (bottom - top)
        width, height = self.shown_size
        return replace(
            self,
            scale=scale,
            left=float(round(self.width / 2 - across * width * scale)),
            top=float(round(self.height / 2 - down * height * scale)),
        )

    def resized(self, width: float, height: float) -> Viewport:
        """The same middle on a canvas of another size."""
        dx, dy = (width - self.width) / 2, (height - self.height) / 2
        made = replace(self, width=width, height=height, left=self.left + dx, top=self.top + dy)
        return made._kept_in_sight()

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Point of the stored film -> canvas."""
        px, py = self.turn.point(x, y * self.aspect, *self._size)
        return self.left + px * self.scale, self.top + py * self.scale

    def to_film(self, x: float, y: float) -> tuple[float, float]:
        """Point of the canvas -> stored film (may lie outside it)."""
        px, py = (x - self.left) / self.scale, (y - self.top) / self.scale
        fx, fy = self.turn.point_back(px, py, *self._size)
        return fx, fy / self.aspect

    def visible(self) -> Region | None:
        """Part of the stored film in sight, or None."""
        ax, ay = self.to_film(0.0, 0.0)
        bx, by = self.to_film(self.width, self.height)
        x0, x1 = max(0.0, min(ax, bx)), min(float(self.film_width), max(ax, bx))
        y0, y1 = max(0.0, min(ay, by)), min(float(self.film_height), max(ay, by))
        return Region(x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

    def _kept_in_sight(self) -> Viewport:
        width, height = self.shown_size
        w, h = width * self.scale, height * self.scale
        keep_x, keep_y = min(MIN_VISIBLE, w), min(MIN_VISIBLE, h)
        left = min(max(self.left, keep_x - w), self.width - keep_x)
        top = min(max(self.top, keep_y - h), self.height - keep_y)
        return replace(self, left=left, top=top)
