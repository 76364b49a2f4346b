"""Overlay planes beside or within the pixels: marks and letters that this program does not draw. PS3.3 C.9.2."""

from __future__ import annotations

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

GROUPS = range(0x6000, 0x6020, 2)
_ROWS, _COLUMNS, _BIT_POSITION, _DATA = 0x0010, 0x0011, 0x0102, 0x3000


def planes(dataset: Dataset) -> tuple[int, ...]:
    """Groups of the overlay planes that a viewer can draw: those with a size, and with data or bits of the pixels."""
    return tuple(
        group
        for group in GROUPS
        if (group, _ROWS) in dataset
        and (group, _COLUMNS) in dataset
        and ((group, _DATA) in dataset or _in_pixels(dataset, group))
    )


def drawn(dataset: Dataset) -> bool:
    """True where a plane holds more than nothing; one within the pixels may."""
    return any(_in_pixels(dataset, group) or _is_set(dataset, group) for group in planes(dataset))


def in_pixels(dataset: Dataset) -> bool:
    """True where an overlay lies in the unused bits of the pixels (retired, PS3.3 C.9.2 of 2004)."""
    return any(_in_pixels(dataset, group) for group in GROUPS)


def _in_pixels(dataset: Dataset, group: int) -> bool:
    if (group, _BIT_POSITION) not in dataset or (group, _DATA) in dataset:
        return False
    try:
        return int(dataset[group, _BIT_POSITION].value) > 0
    except Exception:  # an unusable value claims nothing
        return False


def _is_set(dataset: Dataset, group: int) -> bool:
    element: object = dataset.get_item((group, _DATA))
    value = element.value if isinstance(element, RawDataElement) else getattr(element, "value", b"")
    return isinstance(value, bytes | bytearray) and value.count(0) < len(value)
