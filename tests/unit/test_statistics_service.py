"""The counts that SQL makes against counts made film by film, on films that really went through the services."""

from __future__ import annotations

import csv
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.console import CLEAN, START, WARNED, Console
from tests.support.many_films import Site, fill
from workstation import assets
from workstation.domain.decision import AUTOMATIC, Choice
from workstation.domain.errors import StorageFailed
from workstation.domain.exposure import Exposure
from workstation.domain.findings import Kind, State
from workstation.domain.predictive import Performance
from workstation.domain.projection import Projection
from workstation.domain.statistics import FilmFilter, Opinion, Tally, aliases, tally
from workstation.persistence import migrations
from workstation.persistence.database import Database
from workstation.services.reasons import load_reasons
from workstation.services.statistics_export import COLUMNS, IDENTIFIERS, write_csv
from workstation.services.statistics_service import (
    REPEATS,
    FilmLine,
    Period,
    StatisticsService,
    days_of,
)

EVERYTHING = FilmFilter()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    console = Console(tmp_path / "data")
    yield console
    console.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("site")
    with closing(Database.open(folder / "w.sqlite3", folder / "b")) as database:
        fill(database, Site(date(2026, 8, 1), 1500, 100, undecided=0.03))
        yield database


def lines(
    service: StatisticsService, wanted: FilmFilter = EVERYTHING, identified: bool = False
) -> list[FilmLine]:
    found: list[FilmLine] = []
    service.each_film(wanted, found.append, identified)
    return found


def counted(films: list[FilmLine]) -> Tally:
    choices = Counter(film.choice for film in films)
    return Tally(choices[Choice.SEND], choices[Choice.KEEP_WITH_NOTE], choices[Choice.RETAKE], choices[None])


class TestAgainstTheServices:
    def test_random_shifts_count_as_they_were_done(self, console: Console) -> None:
        chance = random.Random(5)
        unsure = replace(CLEAN, findings=(replace(WARNED.findings[1], state=State.UNSURE),))
        verdicts = {Opinion.WARNED: WARNED, Opinion.PASSED: CLEAN, Opinion.UNSURE: unsure, Opinion.NONE: None}
        expected: dict[int, tuple[Opinion, Choice | None, str, str, int | None]] = {}
        for _ in range(40):
            film = console.film(view_position="PA")
            opinion = chance.choice(list(Opinion))
            verdict = verdicts[opinion]
            if verdict is not None:
                console.disposition.record_verdict(film.id, verdict)
            expected[film.id] = (opinion, None, "", "", None)
            for _ in range(chance.randrange(3)):
                wait = chance.randrange(100)
                console.clock.forward(wait)
                choice = chance.choice(list(Choice))
                reason = "motion" if choice is Choice.RETAKE else ""
                author = chance.choice(["Ivanova", "Petrov"])
                console.disposition.choose(film.id, choice, author, reason)
                waited = int((console.clock.now - START).total_seconds()) - self._arrived(film)
                expected[film.id] = (opinion, choice, reason, author, waited)
                if chance.random() < 0.4:
                    console.disposition.undo(film.id, author)
                    expected[film.id] = (opinion, None, "", "", None)
                else:
                    break
        service = StatisticsService(console.database)
        told = {f.exposure_id: (f.opinion, f.choice, f.reason, f.operator, f.wait_s) for f in lines(service)}
        assert told == expected
        summary = service.summary(EVERYTHING)
        assert summary.total == counted(lines(service))
        choices = [choice for _, choice, *_ in expected.values()]
        assert summary.total.decided == sum(choice is not None for choice in choices)
        assert summary.total.rejected == choices.count(Choice.RETAKE)

    def test_a_line_tells_the_decision_in_force_and_the_verdicts_projection_before_the_headers(
        self, console: Console
    ) -> None:
        warned = console.disposition.record_verdict(console.film().id, WARNED)
        plain = console.film(view_position="PA")
        console.disposition.choose(warned.id, Choice.RETAKE, "A", "motion")
        console.disposition.choose(plain.id, Choice.SEND, "A")
        console.disposition.undo(plain.id, "A")
        console.settings = replace(console.settings, room="Room 3")
        console.disposition.choose(plain.id, Choice.SEND, "B")
        found = {line.exposure_id: line for line in lines(StatisticsService(console.database))}
        told = {n: (f.projection, f.choice, f.operator, f.room, f.opinion) for n, f in found.items()}
        assert told == {
            warned.id: (Projection.LATERAL, Choice.RETAKE, "A", "Room 2", Opinion.WARNED),
            plain.id: (Projection.FRONTAL, Choice.SEND, "B", "Room 3", Opinion.NONE),
        }

    @pytest.mark.parametrize(
        ("before_arrival", "counted_s"),
        [(40, 40), (600, 600), (601, 0), (-5, 0), (None, 0)],
        ids=["exposed before", "just believed", "long before", "after arrival", "not told"],
    )
    def test_the_time_to_a_decision_counts_from_the_exposure(
        self, console: Console, before_arrival: int | None, counted_s: int
    ) -> None:
        tags: dict[str, str | None] = dict.fromkeys(
            ("AcquisitionDate", "AcquisitionTime", "StudyDate", "StudyTime")
        )
        if before_arrival is not None:
            exposed = START - timedelta(seconds=before_arrival)
            tags |= {"AcquisitionDate": f"{exposed:%Y%m%d}", "AcquisitionTime": f"{exposed:%H%M%S}"}
        film = console.film(view_position="PA", **tags)
        assert self._arrived(film) == 0
        console.clock.forward(25)
        console.disposition.choose(film.id, Choice.SEND, "Ivanova")
        (line,) = lines(StatisticsService(console.database))
        assert line.wait_s == 25 + counted_s

    def test_decisions_of_an_older_database_count_from_the_exposure_too(self, console: Console) -> None:
        exposed = START - timedelta(seconds=40)
        film = console.film(AcquisitionDate=f"{exposed:%Y%m%d}", AcquisitionTime=f"{exposed:%H%M%S}")
        console.clock.forward(25)
        console.disposition.choose(film.id, Choice.SEND, "Ivanova")
        with closing(sqlite3.connect(console.database.path, isolation_level=None)) as connection:
            connection.execute("UPDATE film_fact SET wait_s = 25")  # as a program before 1.6 left it
            connection.execute("PRAGMA user_version = 1005")
            migrations.migrate(
                connection, console.root / "backups", {(1, 6): migrations._STEPS[1, 6]}
            )  # what came later is there already
        (line,) = lines(StatisticsService(console.database))
        assert line.wait_s == 65

    def _arrived(self, film: Exposure) -> int:
        from datetime import datetime

        return int((datetime.fromisoformat(film.received_at) - START).total_seconds())

    def test_a_person_s_projection_counts_and_a_silent_verdict_leaves_the_header_s(
        self, console: Console
    ) -> None:
        lateral, silent = console.film(view_position="PA"), console.film(view_position="LL")
        console.disposition.record_verdict(lateral.id, WARNED)
        unknown = replace(CLEAN, projection=replace(CLEAN.projection, label=Projection.UNKNOWN))
        console.disposition.record_verdict(silent.id, unknown)
        service = StatisticsService(console.database)
        assert {f.exposure_id: f.projection for f in lines(service)} == {
            lateral.id: Projection.LATERAL,
            silent.id: Projection.LATERAL,
        }

    def test_a_second_accepted_view_of_a_study_is_a_repeat(self, console: Console) -> None:
        study = "1.2.3.4"
        films = [console.film(view_position="PA", study_instance_uid=study) for _ in range(3)]
        films.append(console.film(view_position="LL", study_instance_uid=study))
        for film, choice in zip(
            films, (Choice.RETAKE, Choice.SEND, Choice.KEEP_WITH_NOTE, Choice.SEND), strict=True
        ):
            console.disposition.choose(film.id, choice, "x", "motion" if choice is Choice.RETAKE else "")
        assert StatisticsService(console.database).summary(EVERYTHING).repeats == 1


class TestAgainstBruteForce:
    @pytest.mark.parametrize(
        "wanted",
        [
            EVERYTHING,
            FilmFilter(first=date(2026, 9, 1), last=date(2026, 9, 30)),
            FilmFilter(projection=Projection.LATERAL),
            FilmFilter(operator="Kim", room="Room 2"),
            FilmFilter(first=date(2026, 8, 20), opinion=Opinion.WARNED, choices=(Choice.SEND, None)),
            FilmFilter(reason="motion"),
        ],
    )
    def test_every_figure(self, site: Database, wanted: FilmFilter) -> None:
        service = StatisticsService(site)
        everything = lines(service)
        assert len(everything) == 1500

        def meant(film: FilmLine) -> bool:
            day = date.fromisoformat(film.received_at[:10])
            return (
                (wanted.first is None or day >= wanted.first)
                and (wanted.last is None or day <= wanted.last)
                and wanted.projection in (None, film.projection)
                and wanted.opinion in (None, film.opinion)
                and wanted.reason in (None, film.reason)
                and (
                    wanted.operator is None or (film.choice is not None and film.operator == wanted.operator)
                )
                and (wanted.room is None or (film.choice is not None and film.room == wanted.room))
                and (not wanted.choices or film.choice in wanted.choices)
            )

        films = [film for film in everything if meant(film)]
        assert films
        summary = service.summary(wanted)
        assert lines(service, wanted) == films
        assert summary.total == counted(films) == tally(summary.cells)
        assert {bar.reason: bar.count for bar in summary.reasons} == Counter(
            film.reason for film in films if film.choice is Choice.RETAKE
        )
        for kind, groups in (
            ("projection", summary.by_projection()),
            ("operator", summary.by_operator()),
            ("room", summary.by_room()),
        ):
            told = films if kind == "projection" else [f for f in films if f.choice is not None]
            names = {getattr(film, kind) for film in told}
            assert groups == {name: counted([f for f in told if getattr(f, kind) == name]) for name in names}
        waits = sorted(film.wait_s for film in films if film.wait_s is not None)
        assert summary.wait_median_s == (waits[(len(waits) - 1) // 2] if waits else None)
        assert sum((p.tally for p in summary.chart.points), Tally()) == summary.total
        newest = service.films(wanted, 5)
        assert newest.total == len(films)
        assert newest.films == tuple(replace(film, elements=()) for film in films[:5])

    def test_the_chart_of_one_reason_counts_its_rejects_among_all_decided_films(self, site: Database) -> None:
        service = StatisticsService(site)
        for reason in ("cut_off", "motion"):
            summary = service.summary(EVERYTHING, subject=reason)
            told = [p for p in summary.chart.points if p.tally.decided]
            assert sum(p.tally.decided for p in told) == summary.total.decided
            films = lines(service, FilmFilter(reason=reason, choices=(Choice.RETAKE,)))
            assert sum(p.tally.rejected for p in told) == len(films) > 0
            for point in told:
                days = [date.fromisoformat(f.received_at[:10]) for f in films]
                assert point.tally.rejected == sum(point.first <= d <= point.last for d in days)

    def test_the_chart_of_repeats_counts_each_on_the_day_it_arrived(self, console: Console) -> None:
        study = "1.2.3.4"
        for number in range(4):
            film = console.film(view_position="PA", study_instance_uid=study if number else "9.9")
            console.disposition.choose(film.id, Choice.SEND, "x")
        summary = StatisticsService(console.database).summary(EVERYTHING, subject=REPEATS)
        (point,) = (p for p in summary.chart.points if p.tally.decided)
        assert (point.tally.rejected, point.tally.decided) == (2, 4)
        assert summary.repeats == 2
        assert summary.total.rejected == 0, "the other figures are those of rejects as before"

    @pytest.mark.parametrize(
        ("wanted", "repeats"),
        [
            (FilmFilter(), 1),
            (FilmFilter(operator="A"), 0),
            (FilmFilter(operator="B"), 1),
            (FilmFilter(first=START.date() + timedelta(days=1)), 1),
            (FilmFilter(last=START.date()), 0),
            (FilmFilter(projection=Projection.LATERAL), 0),
            (FilmFilter(choices=(Choice.RETAKE,)), 0),
        ],
    )
    def test_headline_and_chart_mean_the_same_repeats(
        self, console: Console, wanted: FilmFilter, repeats: int
    ) -> None:
        """One film by A, its repeat on the next day by B."""
        for author in ("A", "B"):
            film = console.film(view_position="PA", study_instance_uid="1.2.3.4")
            console.disposition.choose(film.id, Choice.SEND, author)
            console.clock.forward(86_400)
        summary = StatisticsService(console.database, clock=console.clock).summary(wanted, subject=REPEATS)
        assert summary.repeats == repeats
        assert sum(point.tally.rejected for point in summary.chart.points) == repeats

    def test_expected_value_of_a_warning_at_this_site(self, site: Database) -> None:
        assert StatisticsService(site).summary(EVERYTHING).expected_ppv is None
        known = {(Projection.FRONTAL, Kind.CROP): Performance(0.8, 0.9)}
        told = StatisticsService(site, lambda: known).summary(EVERYTHING)
        decided = [c for c in told.cells if c.choice is not None and c.projection is Projection.FRONTAL]
        cut = sum(c.count for c in decided if c.reason == "cut_off")
        others = sum(c.count for c in decided) - cut
        assert cut
        assert others
        assert told.expected_ppv == pytest.approx(0.8 * cut / (0.8 * cut + 0.1 * others))

    def test_films_received_before_the_statistics_came_are_counted_too(
        self, site: Database, tmp_path: Path
    ) -> None:
        before = lines(StatisticsService(site))
        old = tmp_path / "old.sqlite3"
        with closing(sqlite3.connect(old)) as copy:
            with site.snapshot() as connection:
                connection.backup(copy)
            # As version 1.0 left it, then the step again.
            for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                if name.startswith("film_fact"):
                    copy.execute(f"DROP TRIGGER {name}")
            copy.execute("DROP TABLE film_fact")
            copy.execute("DROP INDEX exposure_study")
            migrations._STEPS[1, 1](copy)
            copy.commit()
        with closing(Database.open(old, tmp_path / "b")) as database:
            assert lines(StatisticsService(database)) == before

    def test_no_films_at_all(self, tmp_path: Path) -> None:
        with closing(Database.open(tmp_path / "e.sqlite3", tmp_path / "b")) as database:
            summary = StatisticsService(database).summary(FilmFilter())
        assert summary.total == Tally()
        assert (summary.wait_median_s, summary.repeats, summary.operators) == (None, 0, ())


class TestCsv:
    def test_what_is_written_is_what_was_counted(self, site: Database, tmp_path: Path) -> None:
        service, reasons = StatisticsService(site), load_reasons(assets.resources_dir())
        wanted = FilmFilter(projection=Projection.LATERAL)
        target = tmp_path / "films.csv"
        number = write_csv(service, wanted, target, reasons, "ru")
        with target.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
        films = lines(service, wanted)
        assert number == len(rows) == len(films)
        assert list(rows[0]) == list(COLUMNS)
        for row, film in zip(rows, films, strict=True):
            assert int(row["film"]) == film.exposure_id
            assert (row["received_at"], row["decided_at"]) == (film.received_at, film.decided_at)
            assert row["wait_s"] == ("" if film.wait_s is None else str(film.wait_s))
            assert (row["reason"], row["operator"], row["room"]) == (film.reason, film.operator, film.room)
            assert row["decision"] == ("" if film.choice is None else film.choice.value)
        rotated = next(row for row in rows if row["reason"] == "rotation")
        assert (rotated["reason_code"], rotated["reason_text"]) == ("111209", "Ротация грудной клетки")
        assert [p.name for p in tmp_path.iterdir()] == ["films.csv"]

    def test_no_patient_data_unless_asked_for(self, site: Database, tmp_path: Path) -> None:
        service = StatisticsService(site)
        plain, full = tmp_path / "plain.csv", tmp_path / "full.csv"
        write_csv(service, EVERYTHING, plain, (), "en")
        assert "4711" not in plain.read_text("utf-8-sig")
        assert "patient_id" not in plain.read_text("utf-8-sig")
        write_csv(service, EVERYTHING, full, (), "en", identified=True)
        with full.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0]) == [*COLUMNS, *IDENTIFIERS]
        assert {row["patient_id"] for row in rows} == {"4711"}

    def test_a_name_typed_as_a_view_or_a_body_part_is_no_free_text_of_the_plain_table(
        self, console: Console, tmp_path: Path
    ) -> None:
        typed = console.film(view_position="IVANOVA 120370", BodyPartExamined="CHEST IVANOVA")
        usual = console.film(view_position="LL", BodyPartExamined="CHEST")
        for identified, of_typed in ((False, ("", "")), (True, ("CHEST IVANOVA", "IVANOVA 120370"))):
            target = tmp_path / f"{identified}.csv"
            write_csv(
                StatisticsService(console.database), EVERYTHING, target, (), "en", identified=identified
            )
            with target.open(encoding="utf-8-sig", newline="") as stream:
                told = {int(row["film"]): (row["body_part"], row["view"]) for row in csv.DictReader(stream)}
            assert told == {typed.id: of_typed, usual.id: ("CHEST", "LL")}

    def test_the_data_elements_of_tg_305_come_from_the_film_s_own_header(
        self, console: Console, tmp_path: Path
    ) -> None:
        film = console.film(
            view_position="PA",
            BodyPartExamined="CHEST",
            StationName="BUCKY-2",
            Modality="DX",
            KVP="110",
            ExposureInuAs=1900,
            ExposureIndex="412",
            TargetExposureIndex="300",
            DeviationIndex="-1.4",
            ImageAndFluoroscopyAreaDoseProduct="0.96",
            AcquisitionDate="20260301",
            AcquisitionTime="104107",
        )
        console.disposition.choose(film.id, Choice.RETAKE, "x", "motion", "Coughed")
        bare = console.film()
        target = tmp_path / "films.csv"
        write_csv(StatisticsService(console.database), EVERYTHING, target, (), "en", identified=True)
        with target.open(encoding="utf-8-sig", newline="") as stream:
            told = {int(row["film"]): row for row in csv.DictReader(stream)}
        row = told[film.id]
        assert (row["acquired_at"], row["modality"], row["station"]) == (
            "2026-03-01T10:41:07",
            "DX",
            "BUCKY-2",
        )
        assert (row["body_part"], row["view"], row["kvp"], row["mas"]) == ("CHEST", "PA", "110", "1.9")
        indices = (row["exposure_index"], row["target_exposure_index"], row["deviation_index"])
        assert indices == ("412", "300", "-1.4"), "a negative index is a number, not a formula"
        assert (row["dose_area_product"], row["note"]) == ("0.96", "Coughed")
        assert (told[bare.id]["kvp"], told[bare.id]["deviation_index"]) == ("", "")

    def test_hidden_names_are_nowhere(self, site: Database, tmp_path: Path) -> None:
        target = tmp_path / "hidden.csv"
        write_csv(StatisticsService(site), EVERYTHING, target, (), "en", hidden={"Kim": 3, "Ivanova": 1})
        text = target.read_text("utf-8-sig")
        assert not any(name in text for name in ("Kim", "Ivanova", "Petrov"))
        decided = [row for row in csv.DictReader(text.splitlines()) if row["decision"]]
        # Petrov decided for the first time after the numbers were dealt: somebody all the same.
        assert {row["operator"] for row in decided} >= {"1", "3", "?"}
        assert "" not in {row["operator"] for row in decided}

    def test_the_program_is_no_person(self, console: Console, tmp_path: Path) -> None:
        for author in ("Kim", AUTOMATIC):
            film = console.disposition.record_verdict(console.film().id, CLEAN)
            console.disposition.choose(film.id, Choice.SEND, author)
        service = StatisticsService(console.database)
        wanted = FilmFilter(opinion=Opinion.PASSED, choices=(Choice.SEND,), by_people=True)
        judged = service.summary(EVERYTHING).against.rows[Opinion.PASSED]
        assert [line.operator for line in lines(service, wanted)] == ["Kim"]
        assert judged.accepted == 1
        hidden = aliases(["Kim", AUTOMATIC])
        write_csv(service, EVERYTHING, tmp_path / "h.csv", (), "en", hidden=hidden)
        with (tmp_path / "h.csv").open(encoding="utf-8-sig", newline="") as stream:
            assert sorted(row["operator"] for row in csv.DictReader(stream)) == [AUTOMATIC, "1"]

    def test_a_formula_stays_text(self, console: Console, tmp_path: Path) -> None:
        console.disposition.choose(console.film().id, Choice.SEND, '=HYPERLINK("x")')
        write_csv(StatisticsService(console.database), EVERYTHING, tmp_path / "f.csv", (), "en")
        assert "'=HYPERLINK" in (tmp_path / "f.csv").read_text("utf-8-sig")

    @pytest.mark.parametrize("ours", ["en", "ru"])
    @pytest.mark.parametrize("theirs", [",", ";", "\t"])
    def test_a_formula_stays_text_wherever_a_spreadsheet_parts_the_columns(
        self, console: Console, tmp_path: Path, ours: str, theirs: str
    ) -> None:
        film = console.film(PatientID="4711;=1+1", StationName="A,@SUM(1)")
        console.disposition.choose(film.id, Choice.SEND, "x", "", "seen; =1+1")
        target = tmp_path / "f.csv"
        write_csv(StatisticsService(console.database), EVERYTHING, target, (), ours, identified=True)
        with target.open(encoding="utf-8-sig", newline="") as stream:
            cells = [cell for row in csv.reader(stream, delimiter=theirs) for cell in row]
        assert not [cell for cell in cells if cell.strip().startswith(("=", "@", "+"))]

    def test_a_russian_spreadsheet_finds_its_columns_and_its_numbers(
        self, console: Console, tmp_path: Path
    ) -> None:
        """There a comma is in numbers: "1.9" would be read as the first of September."""
        console.film(ExposureInuAs=1900, DeviationIndex="-1.4", KVP="110", PatientID="1.9", StationName="2.1")
        for language, parted, told in (("en", ",", ("1.9", "-1.4")), ("ru", ";", ("1,9", "-1,4"))):
            target = tmp_path / "f.csv"
            write_csv(StatisticsService(console.database), EVERYTHING, target, (), language, identified=True)
            with target.open(encoding="utf-8-sig", newline="") as stream:
                (row,) = csv.DictReader(stream, delimiter=parted)
            assert (row["mas"], row["deviation_index"], row["kvp"]) == (*told, "110")
            assert (row["patient_id"], row["station"]) == ("1.9", "2.1"), "names are no figures"

    def test_a_failed_write_leaves_nothing_behind(self, site: Database, tmp_path: Path) -> None:
        with pytest.raises(StorageFailed, match=r"f\.csv could not be written"):
            write_csv(StatisticsService(site), EVERYTHING, tmp_path / "no folder" / "f.csv", (), "en")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (Period.TODAY, date(2026, 3, 1), date(2026, 3, 1)),
        (Period.WEEK, date(2026, 2, 23), date(2026, 3, 1)),
        (Period.MONTH, date(2026, 3, 1), date(2026, 3, 1)),
        (Period.LAST_MONTH, date(2026, 2, 1), date(2026, 2, 28)),
        (Period.ALL, None, None),
    ],
)
def test_periods(period: Period, first: date | None, last: date | None) -> None:
    assert days_of(period, date(2026, 3, 1)) == (first, last)
    for kind in (Period.QUARTER, Period.YEAR):
        begin, end = days_of(kind, date(2026, 3, 1))
        assert begin is not None
        assert end is not None
        assert end - begin > timedelta(days=80)
