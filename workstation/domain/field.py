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
