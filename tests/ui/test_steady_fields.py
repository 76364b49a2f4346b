"""The wheel scrolls the page; it does not change a field that nobody went to."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QScrollArea, QWidget

from tests.support.window import Desk
from workstation.domain.operator import Role
from workstation.settings.model import Settings
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.steady import keep_from_wheel


def wheel(widget: QWidget) -> bool:
    """Turn the wheel over a widget; returns whether it used that."""
    at = QPointF(widget.rect().center())
    turned = QPoint(0, -120)
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at)),
        turned,
        turned,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def value(field: QWidget) -> object:
    return field.currentIndex() if isinstance(field, QComboBox) else field.property("value")


def test_no_role_is_changed_by_the_wheel_not_even_with_the_focus(desk: Desk) -> None:
    program = desk.open()
    service = program.console.parts.operators
    service.add("Adam", Role.ADMIN, "1234", "test")
    service.add("Rita", Role.RADIOGRAPHER, "1234", "test")
    program.session.follow()
    window = program.window.locking.manage()
    wheel(window.rows["Rita"][0])
    window.rows["Rita"][0].setFocus()
    wheel(window.rows["Rita"][0])
    desk.settled(program)
    assert {o.name: o.role for o in service.all()} == {"Adam": Role.ADMIN, "Rita": Role.RADIOGRAPHER}
    window.close()


def test_a_role_chosen_by_hand_is_stored_though_the_list_is_built_anew_at_once(desk: Desk) -> None:
    program = desk.open()
    service = program.console.parts.operators
    service.add("Rita", Role.ADMIN, "1234", "test")
    service.add("Olga", Role.ADMIN, "1234", "test")
    program.session.follow()
    window = program.window.locking.manage()
    role = window.rows["Rita"][0]
    role.setFocus()
    desk.qtbot.keyClick(role, Qt.Key.Key_Up)
    assert {o.name: o.role for o in service.all()}["Rita"] is Role.LEAD
    window.close()


def test_no_setting_is_changed_by_a_wheel_that_scrolls_the_page(desk: Desk) -> None:
    program = desk.open()
    program.window.open_settings("sending")
    dialog = program.window.findChild(SettingsDialog)
    assert dialog is not None
    checked = 0
    for area in dialog.findChildren(QScrollArea):
        for field in (*area.findChildren(QComboBox), *area.findChildren(QAbstractSpinBox)):
            before = value(field)
            assert field.focusPolicy() is Qt.FocusPolicy.StrongFocus, "the wheel would give it the focus"
            if not field.hasFocus():
                wheel(field)
                assert value(field) == before, field.accessibleName()
                checked += 1
    assert checked > 5
    dialog.close()


def test_no_filter_of_the_statistics_is_changed_by_a_passing_wheel(desk: Desk) -> None:
    program = desk.open(Settings(language="en", operator="Ivanova", text_scale=200))
    program.window.open_statistics()
    desk.settled(program)
    window = program.window._statistics.window
    assert window is not None
    for field in (*window.findChildren(QComboBox), *window.findChildren(QAbstractSpinBox)):
        if not field.hasFocus():
            before = value(field)
            wheel(field)
            assert value(field) == before, field.accessibleName()
    window.close()


def test_the_wheel_is_left_to_the_page_and_changes_the_field_that_has_the_focus(desk: Desk) -> None:
    program = desk.open()
    field = QComboBox(program.window)
    field.addItems(["a", "b", "c"])
    keep_from_wheel(field)
    field.show()
    assert not wheel(field), "whoever is around the field gets it"
    assert field.currentIndex() == 0
    field.setFocus()
    desk.qtbot.waitUntil(field.hasFocus)
    wheel(field)
    assert field.currentIndex() == 1
    field.deleteLater()
