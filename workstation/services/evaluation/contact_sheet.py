"""Worst cases of one stage on one picture: what was missed, what was called in vain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from workstation.domain.edges import Edge
from workstation.domain.errors import KnownError
from workstation.domain.findings import Verdict
from workstation.imaging.annotate import drawable
from workstation.services.evaluation.scoring import ScoredFilm
from workstation.services.evaluation.stages import StageData

U8 = npt.NDArray[np.uint8]
Render = Callable[[Path], U8]

TILE, CAPTION, GAP, COLUMNS = 208, 46, 8, 6
_BACK, _INK, _SOFT = (33, 28, 24), (240, 236, 230), (170, 160, 150)
_TRUE, _CALLED = (115, 190, 60), (40, 160, 240)  # BGR: green and amber, never red


def worst(data: StageData, number: int = COLUMNS) -> tuple[list[int], list[int]]:
    """Indices of the worst films: with the defect and the lowest score; without it and the highest.

    A film whose score is off by less than 0.1 is left out, unless it lies on the wrong side of the threshold: of a
    rare defect the site's own warns from a few per cent on.
    """
    off = np.abs(data.truth - data.score)
    order = np.argsort(-off, kind="stable")
    order = order[((off >= 0.1) | (data.called != (data.truth == 1)))[order]]
    missed = [int(i) for i in order if data.truth[i] == 1][:number]
    vain = [int(i) for i in order if data.truth[i] == 0][:number]
    return missed, vain


def _words(canvas: U8, text: str, x: int, y: int, colour: tuple[int, int, int], scale: float = 0.4) -> None:
    place, font = (x, y), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(canvas, drawable(text), place, font, scale, colour, 1, cv2.LINE_AA)


def _border(tile: U8, edges: Sequence[Edge], colour: tuple[int, int, int], depth: int) -> None:
    h, w = tile.shape[:2]
    for edge in edges:
        if edge is Edge.LEFT:
            tile[:, depth : depth + 3] = colour
        elif edge is Edge.RIGHT:
            tile[:, w - depth - 3 : w - depth] = colour
        elif edge is Edge.TOP:
            tile[depth : depth + 3] = colour
        else:
            tile[h - depth - 3 : h - depth] = colour


def _picture(render: Render, scored: ScoredFilm, verdict: Verdict, mark_edges: bool) -> U8:
    square = np.zeros((TILE, TILE, 3), np.uint8)
    try:
        image = render(scored.film.path)
    except KnownError:
        return square
    scale = TILE / max(image.shape)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    tile = np.repeat(small[..., None], 3, axis=2)
    if mark_edges and verdict.crop is not None:
        for outline in verdict.crop.lung_outline:
            points = (np.array(outline) * size).astype(np.int32)
            cv2.polylines(tile, [points], True, _CALLED, 1, cv2.LINE_AA)
        _border(tile, sorted(scored.film.edges or ()), _TRUE, 0)
        x0, y0, x1, y1 = verdict.collimation.pixels(*size)
        _border(tile[y0:y1, x0:x1], verdict.crop.edges, _CALLED, 4)
    top, left = (TILE - size[1]) // 2, (TILE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = tile
    return square


def _caption(data: StageData, index: int, verdict: Verdict) -> tuple[str, str]:
    name = Path(data.scored[index].film.name).name
    name = name if len(name) <= 28 else name[:12] + "..." + name[-13:]
    words = f"score {data.score[index]:.3f}"
    if data.unsure[index]:
        words += ", unsure"
    elif data.called[index] != (data.truth[index] == 1):
        words += ", wrong"
    return name, words + _degrees(data, index, verdict)


def _degrees(data: StageData, index: int, verdict: Verdict) -> str:
    """Measured and labelled degrees, "" where one is not known."""
    true, found = data.scored[index].film.rotation_deg, verdict.rotation
    if data.stage.kind != "rotation" or true is None or found is None or found.angle_deg is None:
        return ""
    return f"  {found.angle_deg:.0f} / {true:.0f} deg"


def contact_sheet(data: StageData, render: Render, number: int = COLUMNS) -> U8 | None:
    """BGR picture of the worst films, uint8 (H, W, 3); None where there is none (see `worst`).

    On crop stages the true edges are drawn green at the very border, the called ones and the outline amber.
    """
    stage = data.stage
    missed, vain = worst(data, number)
    rows = [
        (f"{stage.positive}, lowest scores", missed),
        (f"{stage.negative}, highest scores", vain),
    ]
    rows = [(title, films) for title, films in rows if films]
    if not rows:
        return None
    verdicts, crop = data.verdicts(), stage.kind == "crop"
    columns = max(len(films) for _, films in rows)
    height = 40 + len(rows) * (TILE + CAPTION + 22)
    canvas = np.full((height, max(columns * (TILE + GAP) + GAP, 560), 3), _BACK, np.uint8)
    _words(canvas, f"{stage.title}: worst films", GAP, 24, _INK, 0.6)
    if crop:
        _words(canvas, "green: edges labelled", 330, 24, _TRUE, 0.42)
        _words(canvas, "amber: called", 490, 24, _CALLED, 0.42)
    if any(_degrees(data, index, verdicts[index]) for _, films in rows for index in films):
        _words(canvas, "degrees: measured / labelled", 330, 24, _SOFT, 0.42)
    for row, (title, films) in enumerate(rows):
        y = 40 + row * (TILE + CAPTION + 22)
        _words(canvas, title, GAP, y + 14, _INK, 0.48)
        for column, index in enumerate(films):
            x, top = GAP + column * (TILE + GAP), y + 22
            canvas[top : top + TILE, x : x + TILE] = _picture(
                render, data.scored[index], verdicts[index], crop
            )
            name, words = _caption(data, index, verdicts[index])
            _words(canvas, name, x, top + TILE + 15, _SOFT)
            _words(canvas, words, x, top + TILE + 31, _INK)
    return canvas
