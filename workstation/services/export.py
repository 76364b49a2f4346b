"""The annotated picture of a film, for a report, a lesson or a question to a colleague."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import workstation
from workstation import assets
from workstation.dicom.deidentify import Region, blanked, refuse_burnt_in
from workstation.domain.findings import State, Verdict
from workstation.domain.turn import UNTURNED, Turn
from workstation.imaging.annotate import Annotation, Picture, annotate, turned
from workstation.imaging.lut import VoiChoice, default_voi, display_lut, render_8bit
from workstation.services.card_text import cards
from workstation.services.film import Film
from workstation.services.film_text import (
    FilmWords,
    change,
    corners,
    edge_label,
    load_words,
    projection_label,
    projection_state,
    rotation_label,
    side_letters,
    written_date,
)
from workstation.services.limits import load_limits


class AdviceLines(Protocol):
    """What the picture takes from an advice."""

    @property
    def lines(self) -> tuple[str, ...]: ...


def annotated_png(
    film: Film,
    verdict: Verdict | None,
    advice: AdviceLines | None,
    language: str,
    identified: bool = False,
    *,
    made_at: datetime | None = None,
    voi: VoiChoice | None = None,
    invert: bool = False,
    blank: Sequence[Region] = (),
    turn: Turn = UNTURNED,
) -> bytes:
    """PNG of the film as it is seen, what the cascade found on it, where it is weak and what to do about it.

    Without `identified` it holds nothing of the header that points to the patient, the place or the time of the
    exposure, neither in its pixels nor in its metadata. That the patient is a child is told where the models are weak
    on children; the film shows it anyway.

    Args:
        advice: its lines are written under the findings.
        language: "en" or "ru".
        made_at: date written on the picture; now if None.
        voi, invert, turn: as seen on screen; None, False and no turn are the file's own. A change is written under it.
        blank: regions of the film painted black, as in its de-identified copy.

    Raises:
        KnownError: a de-identified picture was asked of a film whose pixels carry burnt-in text, and `blank` is
            empty.
    """
    if not identified:
        refuse_burnt_in(film.header, blank)
    made_at = made_at or datetime.now().astimezone()
    film = replace(film, pixels=blanked(film.pixels, blank, film.header.greyscale.high_is_dark))
    picture = annotated_picture(
        film, verdict, advice, language, identified, made_at=made_at, voi=voi, invert=invert, turn=turn
    )
    info = PngInfo()
    info.add_text("Software", f"CXR Workstation {workstation.__version__}")
    info.add_itxt("Cascade", verdict.cascade if verdict is not None else "")
    info.add_text("Creation Time", made_at.date().isoformat())
    buffer = io.BytesIO()
    # Level 3 is within 5 % of the default's size in half its time.
    Image.fromarray(picture).save(buffer, "PNG", pnginfo=info, compress_level=3)
    return buffer.getvalue()


def annotated_picture(
    film: Film,
    verdict: Verdict | None,
    advice: AdviceLines | None,
    language: str,
    identified: bool,
    *,
    made_at: datetime,
    voi: VoiChoice | None = None,
    invert: bool = False,
    turn: Turn = UNTURNED,
) -> Picture:
    """The picture of `annotated_png`, (rows, columns, 3) uint8 RGB. It does not look for burnt-in text."""
    words = load_words(assets.resources_dir(), language)
    pipeline = film.header.greyscale
    lut = display_lut(pipeline, voi or default_voi(pipeline, film.pixels)[0], invert)
    annotation = _annotation(film, verdict, advice, words, identified, made_at, invert)
    changed = change(words, turn, inverted=invert)
    if changed:
        annotation = replace(annotation, footer=(changed, *annotation.footer))
    image = np.rot90(render_8bit(film.pixels, lut), -turn.quarters)
    shown = np.ascontiguousarray(image[:, ::-1] if turn.mirrored else image)
    aspect = film.header.pixel_aspect
    return annotate(shown, turned(annotation, turn), 1 / aspect if turn.quarters % 2 else aspect)


def suggested_name(verdict: Verdict | None, language: str, made_at: datetime | None = None) -> str:
    """File name for the picture: projection and time of export, never the patient."""
    made_at = made_at or datetime.now().astimezone()
    words = load_words(assets.resources_dir(), language)
    parts = [words("export.name")]
    if verdict is not None:
        parts.append(words(f"export.{verdict.projection.label.value}"))
    return "_".join([*parts, made_at.strftime("%Y-%m-%d_%H%M%S")]) + ".png"


def _annotation(
    film: Film,
    verdict: Verdict | None,
    advice: AdviceLines | None,
    words: FilmWords,
    identified: bool,
    made_at: datetime,
    inverted: bool,
) -> Annotation:
    header = film.header
    lines = corners(header, words, identified=identified)
    footer = [] if identified else [words("export.deidentified")]
    if identified and header.acquired_at:
        footer.append(words("export.taken", date=written_date(header.acquired_at, words)))
    footer.append(words("export.made", date=written_date(made_at.date().isoformat(), words)))
    if verdict is not None:
        footer.append(words("export.cascade", name=verdict.cascade))
    footer.append(f"CXR Workstation {workstation.__version__}")
    footer.append(words("disclaimer"))
    common = Annotation(
        headline=projection_label(verdict, words) if verdict is not None else words("export.no_verdict"),
        headline_state=projection_state(verdict, header) if verdict is not None else State.NOT_ASSESSED,
        advice_title=words("card.to_do"),
        advice=advice.lines if advice is not None else (),
        footer=tuple(footer),
        corners=(lines.patient, lines.study, lines.exposure),
        sides=tuple(side_letters(header, verdict, words).items()),
    )
    if verdict is None:
        return common
    crop, rotation = verdict.crop, verdict.rotation
    told = (State.WARN, State.UNSURE)
    speaks = crop is not None and crop.state in told
    return Annotation(
        headline=common.headline,
        headline_state=common.headline_state,
        cards=cards(verdict, header, words, load_limits(assets.resources_dir()), inverted=inverted),
        advice_title=common.advice_title,
        advice=common.advice,
        footer=common.footer,
        edges=tuple((e, crop.state, edge_label(e, verdict, header, words)) for e in crop.edges)
        if crop is not None and speaks
        else (),
        outline=crop.lung_outline if crop is not None and speaks else (),
        ribs=rotation.rib_contours if rotation is not None and rotation.state in told else (),
        corners=common.corners,
        sides=common.sides,
        rotation=(rotation.state, rotation.angle_deg, rotation_label(rotation, words))
        if rotation is not None and rotation.state in told
        else None,
        field=verdict.collimation,
    )
