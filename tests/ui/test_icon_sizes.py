"""Icons of state are read from afar: they grow with the type."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QToolButton

from tests.support.window import Desk
from workstation.domain.decision import Choice
from workstation.settings.model import Settings
from workstation.ui.connections.window import ConnectionsWindow
from workstation.ui.statistics.window import StatisticsWindow


def sides(desk: Desk, scale: int) -> dict[str, list[int]]:
    """Heights of the icons in the error cards, the connections and the statistics."""
    program = desk.open(Settings(language="en", operator="A", text_scale=scale))
    program.console.open_paths([desk.root / "gone.dcm"])
    desk.settled(program)
    window = program.window
    window.open_connections()
    window.open_statistics()
    desk.settled(program)
    connections, statistics = window.findChild(ConnectionsWindow), window.findChild(StatisticsWindow)
    assert connections is not None
    assert statistics is not None
    places = {"problems": window.view.problems, "connections": connections, "headline": statistics.headline}
    places |= {"cascade and people": statistics.against}
    found = {
        name: [w.pixmap().height() for w in place.findChildren(QLabel) if not w.pixmap().isNull()]
        for name, place in places.items()
    }
    connections.close()
    statistics.close()
    desk.close(program)
    return found


def test_they_are_twice_as_large_at_200_percent(desk: Desk) -> None:
    usual, large = sides(desk, 100), sides(desk, 200)
    for name, heights in usual.items():
        assert heights, name
        assert large[name] == pytest.approx([2 * height for height in heights], abs=1), name


@pytest.mark.parametrize("scale", [100, 125, 150, 200])
def test_icons_on_buttons_are_as_large_as_their_place(desk: Desk, scale: int) -> None:
    program = desk.open(Settings(language="en", operator="A", text_scale=scale))
    film = desk.arrive(program)
    program.console.decide(film.id, Choice.SEND)
    desk.settled(program)
    view = program.window.view
    buttons = [view.panel.strip.undo, *view.stage.film.toolbar.findChildren(QToolButton)]
    shown = [button for button in buttons if not button.icon().isNull()]
    assert len(shown) > 5
    for button in shown:
        assert button.icon().pixmap(button.iconSize()).size() == button.iconSize(), button.text()
