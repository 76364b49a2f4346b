"""A film in memory: its header and its stored values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workstation.domain.film import FilmHeader


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """One radiograph as read.

    Attributes:
        header: everything the file says of itself, notices about repaired oddities included.
        pixels: (rows, columns) stored values, uint8, uint16 or int16; not yet windowed or inverted.
            `workstation.imaging.lut` turns them into the presentation image.
    """

    header: FilmHeader
    pixels: npt.NDArray[Any]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.pixels.dtype not in (np.uint8, np.uint16, np.int16):
            raise ValueError(
                f"a film is 2-D uint8, uint16 or int16, not {self.pixels.ndim}-D {self.pixels.dtype}"
            )
