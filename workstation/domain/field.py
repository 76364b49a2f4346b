"""The collimated field of a film: what lies outside was hidden by the collimator's blades and not exposed."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.domain.edges import Edge, Lines


@dataclass(frozen=True, slots=True)
class CollimatedField:
    """A rectangle in fractions of the film's width (left, right) and height (top, bottom); by default all of it.

    Raises:
        ValueError: it is empty, or reaches out of the film.
    """

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.left < self.right <= 1.0 and 0.0 <= self.top < self.bottom <= 1.0):
            raise ValueError(f"no field within the film: {self}")

    @property
    def whole(self) -> bool:
        """True where no blade is seen."""
        return self == WHOLE_FILM

    @property
    def blades(self) -> tuple[Edge, ...]:
        """Edges of the field that are a blade's, not the film's own."""
        at = {
            Edge.LEFT: self.left > 0,
            Edge.RIGHT: self.right < 1,
            Edge.TOP: self.top > 0,
            Edge.BOTTOM: self.bottom < 1,
        }
        return tuple(edge for edge in Edge if at[edge])

    def blade_lines(self) -> Lines:
        """The borders of the field that are a blade's, in fractions of the film."""
        ends = {
            Edge.LEFT: ((self.left, self.top), (self.left, self.bottom)),
            Edge.RIGHT: ((self.right, self.top), (self.right, self.bottom)),
            Edge.TOP: ((self.left, self.top), (self.right, self.top)),
            Edge.BOTTOM: ((self.left, self.bottom), (self.right, self.bottom)),
        }
        return tuple(ends[edge] for edge in self.blades)

    def extent(self, edge: Edge) -> float:
        """Width of the field for its left and right edge, else its height."""
        return self.right - self.left if edge in (Edge.LEFT, Edge.RIGHT) else self.bottom - self.top

    def band(self, edge: Edge) -> float:
        """How wide the band between the field and this edge of the film is."""
        return {
            Edge.LEFT: self.left,
            Edge.RIGHT: 1.0 - self.right,
            Edge.TOP: self.top,
            Edge.BOTTOM: 1.0 - self.bottom,
        }[edge]

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom on a picture of `width` x `height` pixels, the last two exclusive; never empty."""
        left, top = min(round(self.left * width), width - 1), min(round(self.top * height), height - 1)
        return left, top, max(round(self.right * width), left + 1), max(round(self.bottom * height), top + 1)

    def around(self, part: CollimatedField) -> CollimatedField:
        """`part` of what this frame encloses, as a part of the film; where it has no blade it ends with the film."""
        across, down = self.right - self.left, self.bottom - self.top
        return CollimatedField(
            self.left + part.left * across if part.left > 0 else 0.0,
            self.top + part.top * down if part.top > 0 else 0.0,
            self.left + part.right * across if part.right < 1 else 1.0,
            self.top + part.bottom * down if part.bottom < 1 else 1.0,
        )

    def on_film(self, lines: Lines) -> Lines:
        """Lines in fractions of the field -> in fractions of the film."""
        return tuple(
            tuple(
                (self.left + x * self.extent(Edge.LEFT), self.top + y * self.extent(Edge.TOP))
                for x, y in line
            )
            for line in lines
        )

    def within(self, lines: Lines) -> Lines:
        """Lines in fractions of the film -> in fractions of the field."""
        return tuple(
            tuple(
                ((x - self.left) / self.extent(Edge.LEFT), (y - self.top) / self.extent(Edge.TOP))
                for x, y in line
            )
            for line in lines
        )


WHOLE_FILM = CollimatedField()


@dataclass(frozen=True, slots=True)
class AskewFilm:
    """A film that lies turned by some degrees, perhaps none, on its picture.

    Attributes:
        upper_left, upper_right, lower_left: its corners in fractions of the picture's width and height, perhaps a
            little outside.
        blades: sides all along which a band of the picture lies beside it, wider than a mere frame.
    """

    upper_left: tuple[float, float]
    upper_right: tuple[float, float]
    lower_left: tuple[float, float]
    blades: tuple[Edge, ...] = ()

    @property
    def whole(self) -> bool:
        """Never: a film that fills its picture does not lie askew on it."""
        return False

    def extent(self, edge: Edge) -> float:
        """Width of the film for its left and right edge, else its height; in fractions of the picture's."""
        if edge in (Edge.LEFT, Edge.RIGHT):
            return self.upper_right[0] - self.upper_left[0]
        return self.lower_left[1] - self.upper_left[1]

    def on_film(self, lines: Lines) -> Lines:
        """Lines in fractions of the film -> in fractions of the picture."""
        (x0, y0), (x1, y1), (x2, y2) = self.upper_left, self.upper_right, self.lower_left
        return tuple(
            tuple((x0 + x * (x1 - x0) + y * (x2 - x0), y0 + x * (y1 - y0) + y * (y2 - y0)) for x, y in line)
            for line in lines
        )

    def within(self, lines: Lines) -> Lines:
        """Lines in fractions of the picture -> in fractions of the film."""
        (x0, y0), (x1, y1), (x2, y2) = self.upper_left, self.upper_right, self.lower_left
        (ax, ay), (bx, by) = (x1 - x0, y1 - y0), (x2 - x0, y2 - y0)
        area = ax * by - ay * bx
        return tuple(
            tuple(
                (((x - x0) * by - (y - y0) * bx) / area, ((y - y0) * ax - (x - x0) * ay) / area)
                for x, y in line
            )
            for line in lines
        )

    def around(self, part: CollimatedField) -> CollimatedField:
        """The upright part of the picture that holds `part` of the film; where neither has a blade it ends with the
        picture."""
        corners = tuple((x, y) for x in (part.left, part.right) for y in (part.top, part.bottom))
        (placed,) = self.on_film((corners,))
        across, down = (
            [min(1.0, max(0.0, place)) for place in places] for places in zip(*placed, strict=True)
        )
        blades = {*self.blades, *part.blades}
        return CollimatedField(
            min(across) if Edge.LEFT in blades else 0.0,
            min(down) if Edge.TOP in blades else 0.0,
            max(across) if Edge.RIGHT in blades else 1.0,
            max(down) if Edge.BOTTOM in blades else 1.0,
        )
