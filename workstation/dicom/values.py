"""Tolerant access to header values: what cannot be used is left out and remembered, never raised."""

from __future__ import annotations

import math
from collections.abc import MutableSequence
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

_LONGEST_VALUE = 256 << 10
"""Bytes; the longest that is read is the data of a lookup table, 128 KiB."""
_LONGEST_SEQUENCE = 4 << 20
"""Bytes; thirty of the largest lookup tables."""


class Tags:
    """Reads values of a dataset by keyword.

    Attributes:
        repaired: keywords whose values could not be used, never the values: they may name a patient.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.repaired: list[str] = []

    def __contains__(self, keyword: str) -> bool:
        return keyword in self._dataset

    def blame(self, keyword: str) -> None:
        """Remember that `keyword` could not be used as it is."""
        if keyword not in self.repaired:
            self.repaired.append(keyword)

    def raw(self, keyword: str) -> Any:
        """The value as pydicom gives it; None where absent, empty, impossible to convert or beyond all measure."""
        try:
            if self._is_endless(keyword):
                self.blame(keyword)
                return None
            value = self._dataset.get(keyword)
        except Exception:  # pydicom raises many kinds for values that are not what their VR says
            self.blame(keyword)
            return None
        return None if value is None or value == "" else value

    def _is_endless(self, keyword: str) -> bool:
        """True before pydicom makes an object of each of its numbers or items: some hundred times their bytes."""
        element: object = self._dataset.get_item(keyword) if keyword in self._dataset else None
        length = len(element.value or b"") if isinstance(element, RawDataElement) else 0
        if length <= _LONGEST_VALUE:
            return False
        return length > _LONGEST_SEQUENCE or dictionary_VR(keyword) != "SQ"

    def values(self, keyword: str) -> list[Any]:
        """The values of a multi-valued element as a list, a single value as a list of one."""
        value = self.raw(keyword)
        if value is None:
            return []
        return (
            list(value)
            if isinstance(value, MutableSequence) and not isinstance(value, bytearray)
            else [value]
        )

    def text(self, keyword: str) -> str:
        """First value as text without padding; ``""`` where absent."""
        values = self.values(keyword)
        if not values:
            return ""
        first = values[0]
        if isinstance(first, bytes):
            self.blame(keyword)
            first = first.decode("latin-1")
        return str(first).strip(" \0")

    def texts(self, keyword: str) -> list[str]:
        """All values as text."""
        return [str(v).strip(" \0") for v in self.values(keyword) if not isinstance(v, bytes)]

    def numbers(self, keyword: str) -> list[float]:
        """All values as finite floats; values that are none are left out."""
        return [number for number in self.placed_numbers(keyword) if number is not None]

    def placed_numbers(self, keyword: str) -> list[float | None]:
        """All values as finite floats, each in its place: None stands for a value that is none."""
        numbers = [_as_number(value) for value in self.values(keyword)]
        if None in numbers:
            self.blame(keyword)
        return numbers

    def number(self, keyword: str) -> float | None:
        """First value as a finite float, None where absent or unusable."""
        return next(iter(self.numbers(keyword)), None)

    def integer(self, keyword: str) -> int | None:
        """First value as an integer, None where absent or unusable."""
        number = self.number(keyword)
        if number is None:
            return None
        if number != int(number):
            self.blame(keyword)
        return int(number)

    def items(self, keyword: str) -> list[Tags]:
        """Items of a sequence; what they repair is remembered under the sequence's own keyword."""
        return [Tags(item) for item in self.values(keyword) if isinstance(item, Dataset)]


def _as_number(value: Any) -> float | None:
    try:
        number = float(value.strip(" \0").replace(",", ".") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
