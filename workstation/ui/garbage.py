"""Python's collector of circular garbage runs in the window's thread alone.

Left to itself it runs in whichever thread asks for memory: in a worker's it may destroy Qt objects there, while the
window's thread draws them.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class GarbageCollector(QObject):
    """Between `start` and `stop` nothing else collects."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        """The oldest generation that is due by the collector's own limits.

        Its further rule, to leave the oldest alone until a quarter as many objects are new, cannot be asked for from
        Python; what lasts is frozen at the start (`workstation.app`), so that the oldest is small.
        """
        counts, limits = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > limits[generation]]
        if due:
            gc.collect(due[-1])
