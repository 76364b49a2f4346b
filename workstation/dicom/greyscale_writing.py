"""The greyscale pipeline as attributes of a header: what `greyscale` reads, written. PS3.3 C.11.1, C.11.2."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydicom.dataset import Dataset

from workstation.domain.film import GreyscalePipeline, LookupTable


def write_modality(made: Dataset, pipeline: GreyscalePipeline, *, always: bool = False) -> None:
    """Modality LUT or rescale; a rescale that changes nothing only where `always` wants one."""
    if pipeline.modality_lut is not None:
        # Its output is what its entries say, whatever their bits; C.11.1.1.1 knows 8 and 16.
        table = lut_item(replace(pipeline.modality_lut, bits=16))
        table.ModalityLUTType = "US"
        made.ModalityLUTSequence = [table]
    elif always or (pipeline.slope, pipeline.intercept) != (1.0, 0.0):
        made.RescaleSlope = decimal(pipeline.slope)
        made.RescaleIntercept = decimal(pipeline.intercept)
        made.RescaleType = "US"


def write_voi(made: Dataset, pipeline: GreyscalePipeline) -> None:
    """Windows and VOI LUTs, as many as there are, without their explanations: those are free text."""
    if pipeline.windows:
        made.WindowCenter = [decimal(w.center) for w in pipeline.windows]
        made.WindowWidth = [decimal(w.width) for w in pipeline.windows]
        made.VOILUTFunction = pipeline.voi_function.value
    if pipeline.voi_luts:
        made.VOILUTSequence = [lut_item(table) for table in pipeline.voi_luts]


def lut_item(table: LookupTable) -> Dataset:
    """An item of a Modality or VOI LUT Sequence, C.11.1.1.

    The first value mapped decides between US and SS, not the pixels: rescale may make unsigned ones negative. The
    number of entries is unsigned under both, and pydicom writes it so.
    """
    item = Dataset()
    vr = "SS" if table.first < 0 else "US"
    item.add_new(0x00283002, vr, [len(table.values) % 65536, table.first, table.bits])
    item.add_new(0x00283006, "OW", np.asarray(table.values, "<u2").tobytes())
    return item


def of_16_bits(table: LookupTable) -> LookupTable:
    """A VOI LUT whose output spans 16 bits: presentation states know 8 and 16, C.11.2.1.1."""
    top = (1 << table.bits) - 1
    values = np.rint(np.asarray(table.values, np.float64) * (65535 / top))
    return replace(table, bits=16, values=tuple(values.astype(int).tolist()))


def decimal(value: float) -> str:
    """A DS value, at most 16 characters (PS3.5 6.2)."""
    text = f"{value:.10g}"
    return text if len(text) <= 16 else f"{value:.8g}"
