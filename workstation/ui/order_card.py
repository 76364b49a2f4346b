"""Film against modality worklist: the wrong patient in red, other mismatches in amber, a fit in a quiet line."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workstation.domain.exposure import Exposure
from workstation.domain.order import Fit, Order, OrderCheck
from workstation.ui import i18n
from workstation.ui.look import Look, label

translate = QCoreApplication.translate


def order_card(check: OrderCheck, exposure: Exposure, look: Look) -> QWidget | None:
    """The card, a quiet line, or None where there is nothing to compare with."""
    if check.fit is Fit.UNKNOWN:
        return None
    if check.fit is Fit.NO_ORDER:
        return _line(translate("OrderCard", "No order for this film in the worklist."))
    order = check.order
    assert order is not None
    if check.fit is Fit.FITS:
        return _line(translate("OrderCard", "Order: {0}").format(_asked(order)))
    card = QFrame()
    card.setObjectName("order")
    card.setProperty("card", True)
    danger = check.fit is Fit.WRONG_PATIENT
    card.setProperty("state", "danger" if danger else "warn")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 8, 12, 8)
    layout.setSpacing(4)
    head = QHBoxLayout()
    head.setSpacing(8)
    tone = "danger" if danger else "warn"
    colour = look.colours.danger if danger else look.colours.warn
    picture = label()
    picture.setPixmap(look.pixmap(f"state-{tone}", colour, look.px(20), card.devicePixelRatioF()))
    head.addWidget(picture)
    head.addWidget(label(_title(check.fit), size="head", wrap=True, tone=tone), 1)
    layout.addLayout(head)
    for text in _differences(check, order, exposure):
        layout.addWidget(label(text, wrap=True))
    layout.addWidget(label(_remedy(check.fit), wrap=True, bold=True))
    card.setAccessibleName(_title(check.fit))
    return card


def _line(text: str) -> QWidget:
    made = label(text, tone="quiet", size="small", wrap=True)
    made.setContentsMargins(12, 0, 12, 0)
    return made


def _asked(order: Order) -> str:
    at = order.scheduled_at[11:16]
    return " · ".join(part for part in (at, order.description) if part) or order.accession_number


def _title(fit: Fit) -> str:
    return {
        Fit.WRONG_PATIENT: translate("OrderCard", "Wrong patient?"),
        Fit.WRONG_ACCESSION: translate("OrderCard", "Other accession number than ordered"),
        Fit.WRONG_PROJECTION: translate("OrderCard", "Other projection than ordered"),
    }[fit]


def _remedy(fit: Fit) -> str:
    return {
        Fit.WRONG_PATIENT: translate(
            "OrderCard", "Check the patient's identity before you send. Correct the entry at the modality."
        ),
        Fit.WRONG_ACCESSION: translate("OrderCard", "Check the order; correct the entry at the modality."),
        Fit.WRONG_PROJECTION: translate("OrderCard", "Check the order before you send."),
    }[fit]


def _differences(check: OrderCheck, order: Order, exposure: Exposure) -> list[str]:
    patient = exposure.header.patient
    pairs = {
        "name": (translate("OrderCard", "Name"), patient.name, order.patient.name),
        "patient_id": (
            translate("OrderCard", "Patient number"),
            patient.patient_id,
            order.patient.patient_id,
        ),
        "birth_date": (
            translate("OrderCard", "Date of birth"),
            _date(patient.birth_date),
            _date(order.patient.birth_date),
        ),
        "accession_number": (
            translate("OrderCard", "Accession number"),
            exposure.header.accession_number,
            order.accession_number,
        ),
        "projection": (translate("OrderCard", "Ordered"), "", order.description),
    }
    said = translate("OrderCard", "{0} on the film: {1}\nin the order: {2}")
    lines = []
    for key in check.differs:
        name, film, wanted = pairs[key]
        lines.append(said.format(name, film, wanted) if film else f"{name}: {wanted}")
    return lines


def _date(iso: str) -> str:
    try:
        return i18n.day(date.fromisoformat(iso))
    except ValueError:
        return iso
