"""Softcopy Presentation States: what was found, as graphics; the turn. PS3.3 A.33, C.10.5, C.10.6.

The film itself stays untouched; a viewer that knows presentation states shows the lung outline, the posterior ribs
and the cut edges, and the film turned where a person chose so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import highdicom as hd
import numpy as np
from PIL.ImageCms import ImageCmsProfile, createProfile
from pydicom.dataset import Dataset
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from workstation import __version__
from workstation.dicom import identity, overlay_planes, shutter
from workstation.dicom.evidence import MANUFACTURER, MODEL_NAME, stable_uid, stamp
from workstation.dicom.greyscale_writing import of_16_bits, write_modality, write_voi
from workstation.dicom.values import Tags
from workstation.domain.edges import Edge
from workstation.domain.film import FilmHeader, GreyscalePipeline
from workstation.domain.findings import State, Verdict
from workstation.domain.turn import Turn

SERIES_NUMBER = 9904
_OVERLAYS = "OVERLAYS"


def presentation_state(
    film: Dataset,
    shown: GreyscalePipeline,
    verdict: Verdict,
    lines: Sequence[str],
    *,
    made_at: str,
    device_uid: str,
) -> Dataset:
    """Draw a verdict beside its film.

    Args:
        film: header by `evidence.read_evidence`.
        shown: its greyscale as stored, with the one window or VOI LUT it is shown by.
        verdict: what the cascade said.
        lines: what to write, one text object each, e.g. the advice.
        made_at: ISO 8601 date-time.
        device_uid: names this installation (device serial number).

    Returns:
        The presentation state, pointing to `film`: a Color Softcopy one for a film in colour, PS3.3 A.33.2. Its UIDs
        depend on film, cascade and `made_at` alone.
    """
    uid = str(film.SOPInstanceUID)
    layer = hd.pr.GraphicLayer("FINDINGS", 1, "Findings of the quality control")
    annotation = hd.pr.GraphicAnnotation(
        referenced_images=[film],
        graphic_layer=layer,
        graphic_objects=_graphics(film, verdict) or None,
        text_objects=[_text(index, words) for index, words in enumerate(lines or [verdict.cascade])],
    )
    state = _made(
        film,
        shown,
        series_instance_uid=stable_uid("pr-series", uid, verdict.cascade, made_at),
        sop_instance_uid=stable_uid("pr", uid, verdict.cascade, made_at),
        instance_number=1,
        device_serial_number=device_uid[:64],
        content_label="QUALITY",
        content_description="Findings of the quality control",
        graphic_annotations=[annotation],
        graphic_layers=[layer],
    )
    stamp(state, [film], made_at, "Findings")
    return state


def turned_state(
    film: Dataset, shown: GreyscalePipeline, turn: Turn, *, made_at: str, device_uid: str
) -> Dataset:
    """Show a film turned or mirrored to whoever reads it; its pixels stay as the detector gave them.

    Spatial Transformation module, PS3.3 C.10.6: turned clockwise first, then flipped horizontally.

    Args:
        film: header by `evidence.read_evidence`.
        shown: its greyscale as stored, with the one window or VOI LUT it is shown by.
        turn: what a person set on screen and chose to send.
        made_at: ISO 8601 date-time.
        device_uid: names this installation (device serial number).

    Returns:
        The presentation state, for a film in colour a Color Softcopy one. Its UIDs depend on film, turn and `made_at`
        alone.
    """
    uid = str(film.SOPInstanceUID)
    named = f"{turn.quarters}{'m' if turn.mirrored else ''}"
    state = _made(
        film,
        shown,
        series_instance_uid=stable_uid("pr-turn-series", uid, named, made_at),
        sop_instance_uid=stable_uid("pr-turn", uid, named, made_at),
        instance_number=2,
        device_serial_number=device_uid[:64],
        content_label="ORIENTATION",
        content_description="Film as set upright at the console",
    )
    state.ImageRotation = 90 * turn.quarters
    state.ImageHorizontalFlip = "Y" if turn.mirrored else "N"
    # The corners are named by stored pixels, but which corner is which follows from the turn, C.10.4.
    columns, rows = int(film.Columns), int(film.Rows)
    wide, high = (rows, columns) if turn.quarters % 2 else (columns, rows)
    for area in state.DisplayedAreaSelectionSequence:
        area.DisplayedAreaTopLeftHandCorner = _stored(turn, 0.5, 0.5, columns, rows)
        area.DisplayedAreaBottomRightHandCorner = _stored(turn, wide - 0.5, high - 0.5, columns, rows)
    stamp(state, [film], made_at, "Orientation")
    return state


def _made(film: Dataset, shown: GreyscalePipeline, **options: Any) -> Dataset:
    common: dict[str, Any] = {
        "referenced_images": [film],
        "series_number": SERIES_NUMBER,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MODEL_NAME,
        "software_versions": __version__,
        "concept_name": None,
        "content_creator_name": None,
        **options,
    }
    state: Dataset
    if str(film.PhotometricInterpretation).startswith("MONOCHROME"):
        state = hd.pr.GrayscaleSoftcopyPresentationState(
            presentation_lut_transformation=_polarity(shown), **common
        )
        write_modality(state, shown)
        voi = Dataset()
        write_voi(voi, replace(shown, voi_luts=tuple(of_16_bits(table) for table in shown.voi_luts)))
        # C.11.8: one window or one VOI LUT for a film, though its own header may offer several.
        state.SoftcopyVOILUTSequence = [voi]
    else:
        state = hd.pr.ColorSoftcopyPresentationState(icc_profile=_srgb(), **common)
    _cover(state, film)
    _activate_overlays(state, film)
    for area in state.DisplayedAreaSelectionSequence:
        area.PresentationPixelAspectRatio = _aspect(film)
    if "Laterality" not in state:
        state.Laterality = None  # type 2C of the series: empty where unknown
    return state


def _cover(state: Dataset, film: Dataset) -> None:
    """The film's Display Shutter, black: a state without one would open it, PS3.3 A.33.1, C.7.6.11, C.11.12.

    It lies on stored pixels like everything else in a state: a turn turns it along.
    """
    if "ShutterShape" not in film:
        return
    for keyword in shutter.KEYWORDS:
        if keyword in film:
            setattr(state, keyword, film[keyword].value)
    state.ShutterPresentationValue = 0
    if state.SOPClassUID != GrayscaleSoftcopyPresentationStateStorage:
        state.ShutterPresentationColorCIELabValue = [0, 0x8080, 0x8080]


def _activate_overlays(state: Dataset, film: Dataset) -> None:
    """Keep the film's overlay planes in sight: a state that is silent about them hides them, PS3.3 A.33.1, C.11.7.

    A side letter may be among them. Each is activated in a layer below what else the state draws.
    """
    groups = overlay_planes.planes(film)
    if not groups:
        return
    layers = list(state.get("GraphicLayerSequence", ()))
    for layer in layers:
        layer.GraphicLayerOrder += 1
    below = hd.pr.GraphicLayer(_OVERLAYS, 1, "Overlay planes of the film")
    state.GraphicLayerSequence = [below, *layers]
    for group in groups:
        state.add_new((group, 0x1001), "CS", _OVERLAYS)


def _aspect(film: Dataset) -> list[int]:
    """Height and width of a stored pixel, C.10.4: a state replaces what the film says of them, a turn does not."""
    tags = Tags(film)
    spacing_mm, kind = identity.spacing(tags)
    header = FilmHeader(
        int(film.Rows),
        int(film.Columns),
        spacing_mm=spacing_mm,
        spacing_kind=kind,
        aspect_ratio=identity.aspect_ratio(tags),
    )
    return list(Fraction(header.pixel_aspect).limit_denominator(1000).as_integer_ratio())


def _srgb() -> bytes:
    """sRGB as a profile of an input device, as C.11.15 wants it: a film in colour seldom says what its colours are."""
    profile = ImageCmsProfile(createProfile("sRGB")).tobytes()
    return profile[:12] + b"scnr" + profile[16:]


def _polarity(shown: GreyscalePipeline) -> hd.PresentationLUTTransformation:
    """Black and white as the film has them: a presentation state replaces the film's own polarity, PS3.3 C.11.6."""
    shapes = hd.PresentationLUTShapeValues
    return hd.PresentationLUTTransformation(
        presentation_lut_shape=shapes.INVERSE if shown.inverted else shapes.IDENTITY
    )


def _stored(turn: Turn, x: float, y: float, columns: int, rows: int) -> list[int]:
    """Column and row, counted from 1, of the stored pixel that is shown at (x, y)."""
    at = turn.point_back(x, y, columns, rows)
    return [int(at[0]) + 1, int(at[1]) + 1]


def _polyline(points: np.ndarray) -> hd.pr.GraphicObject:
    return hd.pr.GraphicObject(
        graphic_type=hd.pr.GraphicTypeValues.POLYLINE,
        graphic_data=points,
        units=hd.pr.AnnotationUnitsValues.PIXEL,
    )


def _graphics(film: Dataset, verdict: Verdict) -> list[hd.pr.GraphicObject]:
    rows, columns = int(film.Rows), int(film.Columns)

    def line(points: Sequence[tuple[float, float]]) -> hd.pr.GraphicObject:
        # A viewer need not know what lies outside of the film. PIXEL units, C.10.5: the film spans 0 to Columns, Rows.
        on_film = np.clip(np.array(points, np.float64), 0.0, 1.0)
        return _polyline(on_film * (columns, rows))

    drawn: list[hd.pr.GraphicObject] = []
    crop, rotation = verdict.crop, verdict.rotation
    if rotation is not None and rotation.state in (State.WARN, State.UNSURE):
        drawn += [line(contour) for contour in rotation.rib_contours if len(contour) >= 2]
    if crop is None:
        return drawn
    drawn += [line([*outline, outline[0]]) for outline in crop.lung_outline if len(outline) >= 3]
    if crop.state in (State.WARN, State.UNSURE):
        field = verdict.collimation
        left, right = field.left * columns, field.right * columns
        top, bottom = field.top * rows, field.bottom * rows
        ends = {
            Edge.LEFT: ((left, top), (left, bottom)),
            Edge.RIGHT: ((right, top), (right, bottom)),
            Edge.TOP: ((left, top), (right, top)),
            Edge.BOTTOM: ((left, bottom), (right, bottom)),
        }
        drawn += [_polyline(np.array(ends[edge])) for edge in crop.edges]
    return drawn


def _text(index: int, words: str) -> hd.pr.TextObject:
    """Lines stand under each other in the upper left corner, in fractions of the displayed area."""
    top = 0.02 + 0.04 * index
    return hd.pr.TextObject(
        text_value=words,
        units=hd.pr.AnnotationUnitsValues.DISPLAY,
        bounding_box=(0.02, min(top, 0.95), 0.6, min(top + 0.035, 0.99)),
        text_justification=hd.pr.TextJustificationValues.LEFT,
    )
