"""Film against order: the wrong patient is caught, the way a name is written is not held against anybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.domain.film import FilmHeader, PatientIdentity
from workstation.domain.order import Fit, Order, check_order, same_name
from workstation.domain.projection import Projection

IVANOV = PatientIdentity("Иванов, Иван Петрович", "P1", "1970-01-01", "M")
ORDER = Order(IVANOV, "A1", "2026-11-23T10:00:00", "DX", "Chest PA")
OTHER = Order(PatientIdentity("Petrova, Anna", "P2", "1980-02-02"), "A2", description="Chest")


def film(accession: str = "A1", patient: PatientIdentity = IVANOV, view: str = "PA") -> FilmHeader:
    return FilmHeader(10, 10, accession_number=accession, patient=patient, view_position=view)


def test_the_film_of_its_order_fits() -> None:
    check = check_order(film(), [OTHER, ORDER])
    assert (check.fit, check.order) == (Fit.FITS, ORDER)


@pytest.mark.parametrize(
    ("patient", "differs"),
    [
        (PatientIdentity("Petrova, Anna", "P1", "1970-01-01"), ("name",)),
        (PatientIdentity("", "P9", ""), ("patient_id",)),
        (PatientIdentity("", "P1", "1970-01-02"), ("birth_date",)),
        (OTHER.patient, ("name", "patient_id", "birth_date")),
    ],
)
def test_another_patient_under_the_order_is_the_wrong_patient(
    patient: PatientIdentity, differs: tuple[str, ...]
) -> None:
    orders = (
        [ORDER] if "name" not in differs else [Order(PatientIdentity("Иванов", "P1", "1970-01-01"), "A1")]
    )
    latin = [Order(PatientIdentity("Ivanov, Ivan", "P1", "1970-01-01"), "A1")]
    check = check_order(film(patient=patient), latin if "name" in differs else orders)
    assert check.fit is Fit.WRONG_PATIENT
    assert check.differs == differs


def test_the_patients_film_under_a_strange_accession_is_said() -> None:
    assert check_order(film("A7"), [ORDER, OTHER]).fit is Fit.WRONG_ACCESSION
    assert check_order(film(""), [ORDER, OTHER]).fit is Fit.FITS


@pytest.mark.parametrize(
    ("patient", "differs"),
    [
        (PatientIdentity("Петров, Иван", "P1", "1970-01-01"), ("name",)),
        (PatientIdentity("Иванов, Иван", "P1", "1971-01-01"), ("birth_date",)),
    ],
)
@pytest.mark.parametrize("accession", ["", "A7"])
def test_another_patient_under_the_same_number_is_the_wrong_patient(
    patient: PatientIdentity, differs: tuple[str, ...], accession: str
) -> None:
    check = check_order(film(accession, patient), [OTHER, ORDER])
    assert (check.fit, check.order, check.differs) == (Fit.WRONG_PATIENT, ORDER, differs)


@pytest.mark.parametrize("accession", ["A1", ""])
def test_of_orders_under_one_number_the_one_of_the_same_patient_is_meant(accession: str) -> None:
    namesake = Order(PatientIdentity("Петров, Пётр", "P1", "1950-05-05"), "A1", description="Chest PA")
    for orders in ([namesake, ORDER], [ORDER, namesake]):
        check = check_order(film(accession), orders)
        assert (check.fit, check.order) == (Fit.FITS, ORDER)


@pytest.mark.parametrize("accession", ["A1", "", "A7"])
def test_another_patients_order_under_the_same_number_asks_nothing_of_the_film(accession: str) -> None:
    stranger = PatientIdentity("Петров, Пётр", "P1", "1950-05-05")
    number = "" if accession == "A7" else "A1"
    for description in ("Chest lateral", "Chest"):
        check = check_order(film(accession, view="LL"), [Order(stranger, number, "", "", description), ORDER])
        wanted = Fit.WRONG_ACCESSION if accession == "A7" else Fit.WRONG_PROJECTION
        assert (check.fit, check.order) == (wanted, ORDER)


def test_an_order_without_an_accession_number_takes_a_film_with_any() -> None:
    unnumbered = Order(IVANOV, "", description="Chest PA")
    assert check_order(film("A7"), [ORDER, unnumbered]).fit is Fit.FITS


@pytest.mark.parametrize("left_out", [PatientIdentity("", "P1", ""), PatientIdentity("Иванов", "", "")])
def test_what_either_side_leaves_empty_is_not_compared(left_out: PatientIdentity) -> None:
    assert check_order(film(patient=left_out), [ORDER]).fit is Fit.FITS
    assert check_order(film(), [Order(left_out, "A1", description="Chest PA")]).fit is Fit.FITS


def test_padding_makes_no_other_order_and_no_other_patient() -> None:
    padded = Order(PatientIdentity("Иванов, Иван ", " P1 ", "1970-01-01 "), " A1 ", description="Chest PA")
    for orders, header in (
        ([padded], film()),
        ([padded], film("")),
        ([ORDER], film(" A1 ", padded.patient)),
        ([ORDER], film(" ", padded.patient)),
    ):
        assert check_order(header, orders).fit is Fit.FITS


def test_of_orders_that_fit_the_one_with_the_films_projection_is_named() -> None:
    side = Order(IVANOV, "A1", description="Chest lateral")
    for accession in ("A1", ""):
        check = check_order(film(accession, view="LL"), [ORDER, side])
        assert (check.fit, check.order) == (Fit.FITS, side)


def test_an_order_that_names_no_projection_takes_any_beside_one_that_does() -> None:
    silent = Order(IVANOV, "A1", description="Chest")
    for accession in ("A1", ""):
        assert check_order(film(accession, view="LL"), [ORDER, silent]).fit is Fit.FITS


@pytest.mark.parametrize(
    ("description", "projections"),
    [
        ("Chest 2 views", {Projection.FRONTAL, Projection.LATERAL}),
        ("Chest PA/LAT", {Projection.FRONTAL, Projection.LATERAL}),
        ("Rö-Thorax, Room 2", set()),
        ("Chest", set()),
        ("ОГК боковая", {Projection.LATERAL}),
    ],
)
def test_the_projections_that_a_description_names(description: str, projections: set[Projection]) -> None:
    assert Order(IVANOV, description=description).projections == projections


def test_nobodys_order_and_no_orders_are_not_the_same() -> None:
    stranger = film("A9", PatientIdentity("Sidorov", "P9"))
    assert check_order(stranger, [ORDER]).fit is Fit.NO_ORDER
    assert check_order(stranger, []).fit is Fit.UNKNOWN


def test_the_cascades_projection_counts_before_the_headers() -> None:
    assert check_order(film(view="LL"), [ORDER]).fit is Fit.WRONG_PROJECTION
    assert check_order(film(view="LL"), [ORDER], Projection.FRONTAL).fit is Fit.FITS
    both = Order(IVANOV, "A1", description="ОГК в двух проекциях")
    assert check_order(film(view="LL"), [both]).fit is Fit.FITS
    silent = Order(IVANOV, "A1", description="Chest")
    assert check_order(film(view="LL"), [silent]).fit is Fit.FITS


names = st.lists(st.text("abcdefghijklmnop", min_size=2, max_size=8), min_size=1, max_size=3, unique=True)


@given(names, st.permutations([0, 1, 2]), st.sampled_from([" ", "^", ", "]), st.booleans())
def test_order_case_and_signs_of_a_name_do_not_matter(
    parts: list[str], order: list[int], sign: str, upper: bool
) -> None:
    written = sign.join(parts[i] for i in order if i < len(parts))
    assert same_name(", ".join(parts), written.upper() if upper else written)


@given(st.text(), st.text())
def test_any_two_names_can_be_compared_and_it_does_not_matter_which_is_first(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
    assert same_name(one, one)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Семёнов, Пётр", "СЕМЕНОВ ПЕТР", True),
        ("Ivanov, Ivan", "Иванов, Иван", True),  # scripts differ: not to be compared
        ("Müller, Jürgen", "MULLER JURGEN", True),
        ("Ivanov, Ivan", "Ivanov", True),
        ("Ivanov, Ivan", "Ivanova, Irina", False),
        ("Иванов, Иван", "Иванов, Пётр", False),
        ("Ivanov I I", "Ivanov, Ivan Ivanovich", True),
        ("Ivanov, I.", "Ivanov, Ivan Ivanovich", True),
        ("Ivanov I P", "Ivanov, Ivan Ivanovich", False),
        ("Ivanov P", "Ivanov, Ivan Ivanovich", False),
        ("I Ivan", "I Ivanovich", True),
        ("Ivanova A A", "Ivanova, Anna Alekseevna", True),
        ("Ivanova A A", "Ivanova, Anna Borisovna", False),
        ("Ivanova, Ivanova", "Ivanova, Anna", True),  # a word twice says nothing more
        ("Ли, Wei", "Петров, Иван", False),  # in Cyrillic they differ
        ("Ли, Wei", "Ли", True),
        ("Ли, Wei", "Wang, Li", False),
        ("Test 1", "Test 2", False),
        ("Test 1", "Тест 2", True),
    ],
)
def test_names(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same


def test_the_answer_does_not_depend_on_the_seed_of_hashes() -> None:
    code = "from workstation.domain.order import same_name; print(same_name('Ли, Wei', 'Петров, Иван'))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
        ).stdout
        for seed in (1, 2, 3, 4, 5)
    }
    assert said == {"False\n"}
