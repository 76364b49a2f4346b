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

    def point(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """Point of the stored film (`width` x `height`) -> point of the turned film."""
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

    def turned(self, quarters: int) -> Turn:
        """Turn what is *shown* clockwise by `quarters` * 90 degrees more."""
        return Turn((self.quarters + (-quarters if self.mirrored else quarters)) % 4, self.mirrored)

    def flipped(self) -> Turn:
        """Mirror what is shown left-right."""
        return Turn(self.quarters, not self.mirrored)


UNTURNED = Turn()
"""As the film is stored."""


def suggested_turn(found: OrientationFinding | None) -> Turn | None:
    """The turn that would set the film upright; None where the verdict suggests none."""
    if found is None or found.state not in (State.WARN, State.UNSURE):
        return None
    turn = Turn(found.rotate_deg // 90 % 4, found.mirrored)
    return None if turn == UNTURNED else turn
