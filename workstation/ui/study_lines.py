"""Quiet lines about exposure and the patient's other films: a repeat, the dose of the study, the deviation index."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from workstation.domain.decision import RejectReason
from workstation.domain.exposure_index import AS_INTENDED, deviation, share_of_target
from workstation.domain.film import ExposureData
from workstation.domain.study import Companions, StudyDose, decimals
from workstation.ui import i18n, words
from workstation.ui.look import label


class StudyLines(QObject):
    """Says them in the window's language."""

    def widgets(self, found: Companions, reasons: tuple[RejectReason, ...], language: str) -> list[QWidget]:
        """For the review panel; none where there is nothing to say."""
        made = []
        rejected = found.repeat_of
        if rejected is not None and rejected.decision is not None:
            key = rejected.decision.reason
            reason = next((r.label(language) for r in reasons if r.key == key), "")
            at = words.clock(rejected.received_at)
            made.append(_line(self.tr("Retake of {0}: {1}").format(at, reason).rstrip(": "), quiet=False))
        if found.dose is not None and found.dose.exposures > 1:
            made.append(_line(self.dose(found.dose)))
        return made

    def exposure(self, data: ExposureData) -> list[QWidget]:
        """What the deviation index means; none where the header does not give it."""
        index = deviation(data)
        if index is None:
            return []
        sign = "+" if index > 0 else "−" if index < 0 else ""
        figure = f"{sign}{i18n.number(abs(index), 1)}"
        if abs(index) <= AS_INTENDED:
            return [_line(self.tr("Exposure as intended (DI {0}).").format(figure))]
        percent = i18n.number(100 * share_of_target(index))
        said = self.tr(
            "Exposure {0} % of the target (DI {1}): no reason for a retake by itself; judge noise and saturation."
        )
        return [_line(said.format(percent, figure))]

    def dose(self, dose: StudyDose) -> str:
        """Sum over the study and what it counts."""
        parts = [self.tr("%n exposure(s)", "", dose.exposures)]
        if dose.rejected:
            parts.append(self.tr("%n rejected", "", dose.rejected))
        if dose.unknown:
            parts.append(self.tr("%n without a dose", "", dose.unknown))
        said = self.tr("Dose-area product of the study: {0} dGy·cm² ({1})")
        if dose.unknown:
            said = self.tr("Dose-area product of the study: at least {0} dGy·cm² ({1})")
        product = i18n.number(dose.product, decimals(dose.product, 2))
        return said.format(product, ", ".join(i18n.unbroken(part) for part in parts))


def _line(text: str, *, quiet: bool = True) -> QWidget:
    made = label(text, tone="quiet" if quiet else "", size="small", wrap=True, bold=not quiet)
    made.setContentsMargins(12, 0, 12, 0)
    return made
