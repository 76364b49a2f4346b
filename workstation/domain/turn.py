"""A film turned by quarters and mirrored: how it is shown, never how it is stored."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.domain.edges import Edge
from workstation.domain.findings import OrientationFinding, State

_CLOCKWISE = (Edge.TOP, Edge.RIGHT, Edge.BOTTOM, Edge.LEFT)


@dataclass(frozen=True, slots=True)
class Turn:
    """How the film is shown: turned clockwise by `quarters` * 90 degrees, then mirrored left-right."""

    quarters: int = 0
    mirrored: bool = False

    @classmethod
    def of(cls, rotate_deg: int, mirrored: bool) -> Turn:
        """Clockwise by `rotate_deg` (a multiple of 90), then mirrored if `mirrored`."""
        return cls(rotate_deg // 90 % 4, mirrored)

    def point(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """Point of the stored film (`width` x `height`; 1 x 1 for fractions) -> point of the turned film."""
        for _ in range(self.quarters % 4):
            x, y = height - y, x
            width, height = height, width
        return (width - x if self.mirrored else x), y

    def point_back(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """Point of the turned film -> point of the stored film (`width` x `height` are those of the stored film)."""
        turned_width = height if self.quarters % 2 else width
        turned_height = width if self.quarters % 2 else height
        if self.mirrored:
            x = turned_width - x
        for _ in range(self.quarters % 4):
            x, y = y, turned_width - x
            turned_width, turned_height = turned_height, turned_width
        return x, y

    def edge(self, edge: Edge) -> Edge:
        """Edge of the stored film -> edge as shown."""
        shown = _CLOCKWISE[(_CLOCKWISE.index(edge) + self.quarters) % 4]
        if self.mirrored:
            shown = {Edge.LEFT: Edge.RIGHT, Edge.RIGHT: Edge.LEFT}.get(shown, shown)
        return shown

    def edge_back(self, edge: Edge) -> Edge:
        """Edge as shown -> edge of the stored film."""
        return next(stored for stored in Edge if self.edge(stored) is edge)

    def turned(self, quarters: int) -> Turn:
        """Turn what is *shown* clockwise by `quarters` * 90 degrees more."""
        return Turn((self.quarters + (-quarters if self.mirrored else quarters)) % 4, self.mirrored)

    def flipped(self) -> Turn:
        """Mirror what is shown left-right."""
        return Turn(self.quarters, not self.mirrored)


UNTURNED = Turn()
"""As the film is stored."""


def suggested_turn(found: OrientationFinding | None) -> Turn | None:
    """The turn that would set the film upright; None where the verdict suggests none.

    A film that is in doubt, yet more likely upright than not, is not to be turned.
    """
    if found is None or found.state not in (State.WARN, State.UNSURE):
        return None
    if found.state is State.UNSURE and (found.score is None or found.score <= 0.5):
        return None
    turn = Turn.of(found.rotate_deg, found.mirrored)
    return None if turn == UNTURNED else turn


def upright_turn(found: OrientationFinding | None) -> Turn:
    """The turn with which the film was judged: the suggested one where it surely does not lie upright."""
    surely = found is not None and found.state is State.WARN
    return (suggested_turn(found) if surely else None) or UNTURNED
