"""The exported picture shows film, findings, date and cascade, and gives nobody away unless asked to."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from tests.support.films import NAME, PATIENT_ID, STATION, cut, film, noise, rotated
from workstation.assets import resources_dir
from workstation.dicom.deidentify import CORNERS
from workstation.domain.edges import Edge
from workstation.domain.errors import KnownError
from workstation.domain.film import GreyscalePipeline, PatientIdentity, Window
from workstation.domain.findings import CropFinding, GateFinding, Kind, State, Verdict
from workstation.domain.turn import Turn
from workstation.imaging.annotate import Annotation, turned
from workstation.services.card_text import cards
from workstation.services.export import annotated_png, suggested_name
from workstation.services.film_text import load_words
from workstation.services.limits import load_limits

MADE = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)
VERDICT = cut(Edge.BOTTOM)


@dataclass(frozen=True)
class Lines:
    lines: tuple[str, ...] = ("Lower the detector.",)


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_de_identified_picture_is_the_same_whoever_the_patient_is(language: str) -> None:
    pixels = noise(400, 400)
    one = film(pixels)
    other = film(
        pixels,
        patient=PatientIdentity("Other^Name", "2", "19641231", "M"),
        acquired_at="2001-01-01T00:00:00",
        station="ELSEWHERE",
        accession_number="77",
        sop_instance_uid="1.2.3",
        view_position="IVANOVA 12.03.70",
        body_part="IVANOVA",
        view_code="IVANOVA",
        image_laterality="IVANOVA",
        modality="IVANOVA",
        operator="IVANOVA",
        extra={"PatientPosition": "IVANOVA"},
    )
    one = replace(one, header=replace(one.header, view_position=""))
    made = [annotated_png(f, VERDICT, Lines(), language, made_at=MADE) for f in (one, other)]
    assert made[0] == made[1]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_what_is_blanked_in_the_copy_is_blanked_in_the_picture(photometric: str) -> None:
    pixels = noise(400, 400)
    lettered = pixels.copy()
    lettered[3:30, 5:100] = 2000  # a name, in the upper left corner
    greyscale = GreyscalePipeline(photometric, bits_stored=12, windows=(Window(2048, 4096),))
    plain, blank = (
        [
            annotated_png(film(p, greyscale=greyscale), VERDICT, None, "en", made_at=MADE, blank=regions)
            for p in (pixels, lettered)
        ]
        for regions in ((), CORNERS)
    )
    assert plain[0] != plain[1]
    assert blank[0] == blank[1]
    burnt = film(lettered, greyscale=greyscale, burned_in_annotation="YES")
    assert annotated_png(burnt, VERDICT, None, "en", made_at=MADE, blank=CORNERS) == blank[0]


def said(verdict: Verdict, language: str, **header: object) -> dict[str, str]:
    """Text of every card by its title, lines joined by " / ", hard spaces as plain ones."""
    words = load_words(resources_dir(), language)
    made = cards(verdict, film(noise(8, 8), **header).header, words, load_limits(resources_dir()))
    return {card.title: " / ".join((card.detail, *card.more)).replace("\u00a0", " ") for card in made}


def test_figures_on_the_picture_say_what_they_are() -> None:
    sure = replace(rotated(16.0).findings[0], score=0.996, threshold=0.6458, angle_sd_deg=3.0)
    verdict = replace(
        rotated(16.0), findings=(sure,), polarity=GateFinding(Kind.POLARITY, State.PASS, 0.001, 0.8)
    )
    assert said(verdict, "ru") == {
        "Ротация": "Обратите внимание / 16° ±3° / Ротация >99 % · порог 65 % / Угол — грубая оценка (обучение в "
        "основном на моделированных снимках): сначала убедитесь, что обе линии лежат на рёбрах.",
        "Кости белые": "В порядке · инверсия <1 % · порог 80 %",
    }
    told = said(cut(Edge.BOTTOM, state=State.UNSURE), "en")
    assert told == {"Lung cut off?": "Not sure: look yourself / Lung bases / Cut off 90 % · warns from 60 %"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"view_position": "AP"}, "AP film: opaque lungs"),
        ({"patient": PatientIdentity("", "", "2018-05-02"), "acquired_at": "2026-05-01T10:00:00"}, "Child: "),
    ],
)
def test_what_the_models_are_weak_at_stands_on_the_picture(header: dict[str, object], words: str) -> None:
    for verdict in (cut(Edge.BOTTOM), cut(state=State.PASS)):
        assert any(words in text for text in said(verdict, "en", **header).values())
        assert not any(words in text for text in said(verdict, "en").values())
    pixels = noise(400, 400)
    plain, weak = (
        picture(annotated_png(film(pixels, **fields), VERDICT, Lines(), "en", made_at=MADE))
        for fields in ({"view_position": ""}, header)
    )
    assert not np.array_equal(plain[:, -560:], weak[:, -560:])


def test_a_criterion_that_was_not_assessed_says_why() -> None:
    blocked = CropFinding(State.NOT_ASSESSED, reason="not a chest film")
    assert said(replace(cut(), findings=(blocked,)), "ru") == {
        "Лёгочные поля": "Не оценено / Это не снимок грудной клетки."
    }


def test_an_identified_picture_shows_the_patient() -> None:
    what = film(noise(400, 400))
    plain = picture(annotated_png(what, VERDICT, Lines(), "en", made_at=MADE))
    named = picture(annotated_png(what, VERDICT, Lines(), "en", identified=True, made_at=MADE))
    assert not np.array_equal(plain, named)


@pytest.mark.parametrize("identified", [False, True])
def test_the_metadata_hold_program_cascade_and_date_only(identified: bool) -> None:
    data = annotated_png(film(noise(200, 200)), VERDICT, Lines(), "en", identified, made_at=MADE)
    opened = Image.open(io.BytesIO(data))
    opened.load()
    assert opened.format == "PNG"
    assert set(opened.info) == {"Software", "Cascade", "Creation Time"}  # type: ignore[attr-defined]
    assert opened.info["Cascade"] == "test@1"
    assert opened.info["Creation Time"] == "2026-11-24"
    for secret in (NAME, PATIENT_ID, STATION):
        assert secret.encode() not in data


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_suggested_name_says_projection_and_time_of_export_in_plain_letters(language: str) -> None:
    name = suggested_name(VERDICT, language, MADE)
    assert name.endswith("_2026-11-24_090507.png")
    assert name.isascii()
    assert suggested_name(None, language, MADE).isascii()


def test_the_film_keeps_its_polarity() -> None:
    pixels = np.zeros((1400, 1400), np.uint16)
    pixels[:, 700:] = 4095
    for photometric, bright in (("MONOCHROME2", slice(1000, 1300)), ("MONOCHROME1", slice(200, 500))):
        pipeline = GreyscalePipeline(photometric, bits_stored=12, windows=(Window(2048, 4096),))
        made = picture(annotated_png(film(pixels, greyscale=pipeline), None, None, "en", made_at=MADE))
        left = (made.shape[1] - 560 - 1400) // 2
        assert made[700, left : left + 1400][bright].min() > 250


@pytest.mark.parametrize("turn", [Turn(1), Turn(2), Turn(3, True), Turn(0, True)])
def test_a_turned_film_is_drawn_turned_with_its_marks(turn: Turn) -> None:
    pixels = np.zeros((1400, 1400), np.uint16)
    pixels[:500, :500] = 4095  # the upper left of the stored film
    pipeline = GreyscalePipeline(bits_stored=12, windows=(Window(2048, 4096),))
    made = picture(annotated_png(film(pixels, greyscale=pipeline), None, None, "en", made_at=MADE, turn=turn))
    left = (made.shape[1] - 560 - 1400) // 2
    top = (made.shape[0] - 1400) // 2
    x, y = turn.point(0.25, 0.25, 1.0, 1.0)
    for a, b in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        value = int(made[top + round(b * 1400), left + round(a * 1400)].max())
        assert (value > 200) is ((a, b) == (x, y))
    marks = Annotation("", State.PASS, edges=((Edge.TOP, State.WARN, "apices"),), sides=((Edge.LEFT, "R"),))
    assert turned(marks, turn).edges[0][0] is turn.edge(Edge.TOP)
    assert turned(marks, turn).sides == ((turn.edge(Edge.LEFT), "R"),)


def test_an_inverted_picture_says_so_beside_what_is_said_of_the_greyscale() -> None:
    passed = replace(cut(), polarity=GateFinding(Kind.POLARITY, State.PASS, 0.1, 0.7))
    words, header = load_words(resources_dir(), "en"), film(noise(8, 8)).header
    for inverted in (False, True):
        made = cards(passed, header, words, load_limits(resources_dir()), inverted=inverted)
        grey = next(card for card in made if card.title == "Bones are white")
        assert (grey.detail == "Shown inverted here") is inverted


def test_the_posterior_ribs_are_drawn_where_the_rotation_is_in_question() -> None:
    what, verdict = film(np.zeros((1400, 1400), np.uint16)), rotated(14.0)
    assert verdict.rotation is not None
    ribs = (((0.8, 0.2), (0.8, 0.8)),)

    def blue_at(x: float, state: State) -> bool:
        assert verdict.rotation is not None
        finding = replace(verdict.rotation, state=state, rib_separation_pct=12.0, rib_contours=ribs)
        made = picture(annotated_png(what, replace(verdict, findings=(finding,)), None, "en", made_at=MADE))
        left = (made.shape[1] - 560 - 1400) // 2
        column = made[600:800, round(left + x * 1400) - 2 : round(left + x * 1400) + 3].astype(int)
        return bool((column.max(axis=2) - column.min(axis=2) > 100).any())

    assert blue_at(0.8, State.WARN)
    assert not blue_at(0.8, State.PASS)
    assert not blue_at(0.7, State.WARN)


def test_a_film_without_verdict_can_be_exported() -> None:
    what = film(noise(200, 200))
    without = picture(annotated_png(what, None, None, "en", made_at=MADE))
    assert not np.array_equal(without, picture(annotated_png(what, VERDICT, None, "en", made_at=MADE)))


def test_burnt_in_text_forbids_a_de_identified_picture() -> None:
    what = film(noise(200, 200), burned_in_annotation="YES")
    with pytest.raises(KnownError) as refused:
        annotated_png(what, VERDICT, None, "en")
    assert refused.value.code == "burned_in_annotation"
    assert annotated_png(what, VERDICT, None, "en", identified=True)
