"""Menus and the keys of the whole window, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

translate = QCoreApplication.translate


class Menus(QMenuBar):
    """File, Film, View, Help. `actions_by_name` is what tests and the key list read."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setNativeMenuBar(False)
        self._owner = owner
        self.actions_by_name: dict[str, QAction] = {}
        self.file = self._menu(translate("Menus", "&File"))
        self.film = self._menu(translate("Menus", "F&ilm"))
        self.view = self._menu(translate("Menus", "&View"))
        self.help = self._menu(translate("Menus", "&Help"))

    def add(
        self,
        menu: QMenu,
        name: str,
        text: str,
        act: Callable[[], object],
        *keys: str | QKeySequence.StandardKey,
        icon: QIcon | None = None,
        repeats: bool = False,
    ) -> QAction:
        """Add an entry whose keys work in the whole window; a held key acts once unless it `repeats`."""
        action = QAction(text, self._owner)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in keys])
        # A held F5 would decide film after film: each decision brings the next one.
        action.setAutoRepeat(repeats)
        action.setIconVisibleInMenu(icon is not None)
        if icon is not None:
            action.setIcon(icon)
        action.triggered.connect(lambda _checked=False: act())
        menu.addAction(action)
        self._owner.addAction(action)
        self.actions_by_name[name] = action
        return action

    def add_group(self, menu: QMenu, title: str, actions: Sequence[QAction], icon: QIcon) -> None:
        """A menu within `menu`; its entries keep their keys."""
        group = menu.addMenu(icon, title)
        group.addActions(actions)

    def groups(self) -> list[tuple[str, list[QAction]]]:
        """Film, View, File and Help with all their entries, those of menus within them too."""
        found = []
        for menu in (self.film, self.view, self.file, self.help):
            entries: list[QAction] = []
            for action in menu.actions():
                inner = action.menu()
                entries += inner.actions() if isinstance(inner, QMenu) else [action]
            found.append((menu.title().replace("&", ""), entries))
        return found

    def _menu(self, title: str) -> QMenu:
        menu = QMenu(title, self)
        menu.setToolTipsVisible(True)  # why an entry is greyed out
        self.addMenu(menu)
        return menu
