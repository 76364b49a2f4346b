"""The database: opens whatever happened to it, refuses what it must, keeps what it was given."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import FileIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.console import CLEAN, START, WARNED
from tests.support.older_database import turn_back
from workstation.domain.decision import Choice, Decision
from workstation.domain.errors import StorageFailed
from workstation.domain.film import FilmHeader, LookupTable, Notice, NoticeCode, PatientIdentity, Window
from workstation.domain.findings import Verdict
from workstation.persistence import audit, exposures, migrations
from workstation.persistence.database import Database, known_errors
from workstation.persistence.serialise import dumps, loads
from workstation.persistence.timestamps import iso, parse, to_us

_CONNECT = sqlite3.connect


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workstation.sqlite3"


def opened(path: Path) -> Database:
    return Database.open(path, path.parent / "backups")


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(opened(path)) as database:
        yield database


def add_exposure(database: Database, digest: str = "a", header: FilmHeader | None = None) -> int:
    with database.transaction() as connection:
        return exposures.insert(
            connection,
            header or FilmHeader(2, 3, sop_instance_uid="1.2.3", sop_class_uid="1.2"),
            content_sha256=digest,
            size=1,
            source_name="a.dcm",
            stored_path=f"films/{digest}.dcm",
            received=START,
            conflicts_with=None,
        )


def test_the_file_is_read_in_one_go_before_it_is_checked_and_before_it_is_connected_to(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check reads it table by table, in leaps: of years of films, a hard disk needs minutes for that."""
    with closing(opened(path)) as database:
        add_exposure(database)
    happened: list[str | int] = []

    class Recorded(FileIO):
        def readinto(self, buffer: Any) -> int:
            happened.append(super().readinto(buffer) or 0)
            return int(happened[-1])

        def close(self) -> None:
            happened.append("closed")
            super().close()

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        happened.append("connected")
        return _CONNECT(*args, **options)

    monkeypatch.setattr(Path, "open", lambda file, mode, **_: Recorded(file, mode))
    monkeypatch.setattr(sqlite3, "connect", connect)
    opened(path).close()
    assert happened == [path.stat().st_size, 0, "closed", "connected"]


def test_a_commit_is_durable_and_the_log_is_written_ahead(database: Database) -> None:
    with database.snapshot() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_header_survives_the_database(database: Database) -> None:
    header = FilmHeader(
        3000,
        2500,
        sop_class_uid="1.2",
        sop_instance_uid="1.2.3",
        patient=PatientIdentity("Иванова^Анна", "42", "19700101", "F"),
        patient_orientation=("P", "F"),
        spacing_mm=(0.143, 0.143),
        notices=(Notice(NoticeCode.LOSSY, "10:1"),),
        extra={"Manufacturer": "X"},
    )
    number = add_exposure(database, header=header)
    with database.snapshot() as connection:
        assert exposures.get(connection, database.root, number).header == header


def test_lookup_tables_stay_in_the_file(database: Database) -> None:
    windows = (Window(2048, 4096, "NORMAL"),)
    table = LookupTable(0, 16, tuple(range(65536)))
    pipeline = replace(FilmHeader(1, 1).greyscale, windows=windows, voi_luts=(table,), modality_lut=table)
    number = add_exposure(database, header=FilmHeader(1, 1, greyscale=pipeline))
    with database.snapshot() as connection:
        kept = exposures.get(connection, database.root, number).header.greyscale
    assert kept == replace(pipeline, voi_luts=(), modality_lut=None)


def test_verdicts_are_a_history_and_the_last_counts(database: Database) -> None:
    number = add_exposure(database)
    with database.transaction() as connection:
        exposures.add_verdict(connection, number, WARNED, START)
        exposures.add_verdict(connection, number, CLEAN, START)
    with database.snapshot() as connection:
        assert exposures.verdicts(connection, number) == [WARNED, CLEAN]
        assert exposures.get(connection, database.root, number).verdict == CLEAN


def test_a_verdict_of_a_neighbouring_version_is_read() -> None:
    text = (
        dumps(WARNED)
        .replace('"cascade":', '"said_by_a_newer_program":[1],"cascade":')
        .replace(',"angle_sd_deg":2.5', "")
    )
    read = loads(Verdict, text)
    assert read.rotation is not None
    assert read.rotation.angle_sd_deg is None
    assert read.crop == WARNED.crop


def test_what_is_no_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="Verdict"):
        loads(Verdict, '{"cascade": "x"}')


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as connection:
            audit.append(connection, iso(START), "A", "test")
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.snapshot() as connection:
        assert audit.rows(connection) == []


def test_transactions_of_many_threads_take_turns(database: Database) -> None:
    def work(name: str) -> None:
        for _ in range(50):
            with database.transaction() as connection:
                audit.append(connection, iso(START), name, "test")

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.snapshot() as connection:
        assert len(audit.rows(connection)) == 200
        assert audit.verify(connection).intact


def test_transactions_do_not_nest(database: Database) -> None:
    with pytest.raises(RuntimeError, match="nest"), database.transaction(), database.transaction():
        pass


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99000")
        connection.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    with pytest.raises(StorageFailed) as caught:
        opened(path)
    assert caught.value.code == "database_newer"
    assert "99.0" in caught.value.message
    assert path.read_bytes() == before


def test_a_newer_minor_version_is_opened(path: Path) -> None:
    opened(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1999")
    with closing(opened(path)) as database:
        assert add_exposure(database) == 1


def test_films_taken_back_before_1_9_are_left_to_the_person(path: Path) -> None:
    with closing(opened(path)) as database:
        taken_back, other = add_exposure(database, "a"), add_exposure(database, "b")
        decision = Decision(Choice.SEND, "A", iso(START))
        with database.transaction() as connection:
            for number in (taken_back, other):
                exposures.add_decision(connection, number, decision, "")
            exposures.undo_decision(connection, taken_back, START, "A")
    turn_back(path, (1, 8))
    with closing(opened(path)) as database, database.snapshot() as connection:
        assert exposures.get(connection, database.root, taken_back).left_to_person
        assert not exposures.get(connection, database.root, other).left_to_person


def test_a_foreign_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    with pytest.raises(StorageFailed) as caught:
        opened(path)
    assert caught.value.code == "foreign_database"


@pytest.mark.parametrize("how", ["garbage", "torn page"])
def test_a_damaged_database_is_moved_aside_whole(path: Path, how: str) -> None:
    with closing(opened(path)) as database:
        for n in range(300):
            add_exposure(database, str(n))
    damaged = bytearray(path.read_bytes())
    if how == "garbage":
        damaged[:] = b"this is no database" * 1000
    else:
        damaged[4096 * 3 : 4096 * 12] = b"\xff" * 4096 * 9
    path.write_bytes(damaged)
    with closing(opened(path)) as database:
        assert database.moved_aside is not None
        assert database.moved_aside.read_bytes() == damaged
        assert database.moved_aside.parent == path.parent / "backups", "as the guide says"
        assert add_exposure(database) == 1
    with closing(opened(path)) as database:
        assert database.moved_aside is None


class TestBeside:
    """What a command opens while somebody else may work in the data folder."""

    def test_it_reads_and_writes_what_the_holder_does(self, path: Path) -> None:
        with closing(opened(path)) as holder, closing(Database.beside(path)) as database:
            add_exposure(holder, "a")
            add_exposure(database, "b")
            with holder.snapshot() as connection:
                assert len(exposures.select(connection, holder.root, "")) == 2

    @pytest.mark.parametrize("held", [False, True], ids=["alone", "under a running window"])
    def test_a_damaged_database_stays_where_it_is(self, path: Path, held: bool) -> None:
        holder = opened(path)
        for n in range(300):
            add_exposure(holder, str(n))
        if not held:
            holder.close()
        else:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek(4096 * 3)
            file.write(b"\xff" * 4096 * 9)
        before = path.read_bytes()
        with pytest.raises(StorageFailed) as caught:
            Database.beside(path)
        assert caught.value.code == "damaged"
        assert path.read_bytes() == before
        assert not list(path.parent.rglob("*.damaged-*"))
        holder.close()

    def test_an_older_database_is_not_migrated(self, path: Path) -> None:
        opened(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 1008")
        with pytest.raises(StorageFailed) as caught:
            Database.beside(path)
        assert caught.value.code == "database_older"
        with closing(sqlite3.connect(path)) as connection:
            assert migrations.version_of(connection) == (1, 8)
        assert not (path.parent / "backups").exists()

    def test_a_missing_database_is_not_made(self, path: Path) -> None:
        with pytest.raises(StorageFailed) as caught:
            Database.beside(path)
        assert caught.value.code == "cannot_open"
        assert not path.exists()


def test_a_full_disk_says_so_and_the_database_lives_on(database: Database) -> None:
    with database.snapshot() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    database._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    names = iter(range(10_000))

    def fill() -> None:
        while True:
            add_exposure(database, str(next(names)))

    with pytest.raises(StorageFailed) as caught:
        fill()
    taken = next(names) - 1
    assert caught.value.code == "disk_full"
    database._connection.execute("PRAGMA max_page_count = 100000")
    with database.snapshot() as connection:
        assert len(exposures.select(connection, database.root, "")) == taken
    add_exposure(database, "after")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        Database.open(tmp_path / "absent" / "x.sqlite3", tmp_path)
    assert caught.value.code == "cannot_open"


def test_only_the_owner_may_read_the_database(path: Path) -> None:
    opened(path).close()
    assert path.stat().st_mode & 0o077 == 0


class TestMigrations:
    @staticmethod
    def registry() -> migrations.Registry:
        steps: migrations.Registry = {}

        @migrations.migration(1, 0, steps)
        def _one(connection: sqlite3.Connection) -> None:
            connection.execute("CREATE TABLE film (id INTEGER)")
            connection.execute("INSERT INTO film VALUES (7)")

        return steps

    def test_steps_run_in_order_and_once(self, tmp_path: Path) -> None:
        steps = self.registry()
        with closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as connection:
            migrations.migrate(connection, tmp_path / "b", steps)

            @migrations.migration(1, 1, steps)
            def _two(connection: sqlite3.Connection) -> None:
                connection.execute("ALTER TABLE film ADD COLUMN name TEXT")

            for _ in range(2):
                migrations.migrate(connection, tmp_path / "b", steps)
            assert migrations.version_of(connection) == (1, 1)
            assert connection.execute("SELECT id, name FROM film").fetchall() == [(7, None)]
        (backup,) = (tmp_path / "b").iterdir()
        with closing(sqlite3.connect(backup)) as copy:
            assert migrations.version_of(copy) == (1, 0)
            assert copy.execute("SELECT id FROM film").fetchall() == [(7,)]

    def test_a_failing_step_rolls_everything_back(self, tmp_path: Path) -> None:
        steps = self.registry()
        with closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as connection:
            migrations.migrate(connection, tmp_path / "b", steps)

            @migrations.migration(1, 1, steps)
            def _good(connection: sqlite3.Connection) -> None:
                connection.execute("DELETE FROM film")

            @migrations.migration(2, 0, steps)
            def _bad(connection: sqlite3.Connection) -> None:
                connection.execute("SELECT * FROM nothing_of_the_kind")

            with pytest.raises(StorageFailed) as caught:
                migrations.migrate(connection, tmp_path / "b", steps)
            assert caught.value.code == "migration_failed"
            assert str(tmp_path / "b") in caught.value.remedy
            assert migrations.version_of(connection) == (1, 0)
            assert connection.execute("SELECT id FROM film").fetchall() == [(7,)]

    def test_without_a_backup_nothing_is_migrated(self, tmp_path: Path) -> None:
        steps = self.registry()
        (tmp_path / "b").write_text("a file where the folder should be")
        with closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as connection:
            migrations.migrate(connection, tmp_path / "b", steps)
            migrations.migration(1, 1, steps)(lambda c: c.execute("DROP TABLE film") and None)
            with pytest.raises(StorageFailed) as caught:
                migrations.migrate(connection, tmp_path / "b", steps)
            assert caught.value.code == "backup_failed"
            assert migrations.version_of(connection) == (1, 0)


class TestAudit:
    @pytest.fixture
    def audited(self, database: Database) -> Database:
        with database.transaction() as connection:
            for n in range(5):
                audit.append(connection, iso(START), "Иванова", "decision", n, note="ё", n=n)
        return database

    def report(self, database: Database) -> audit.AuditReport:
        with database.snapshot() as connection:
            return audit.verify(connection)

    def test_an_untouched_audit_holds(self, audited: Database) -> None:
        assert self.report(audited) == audit.AuditReport(5, ())

    def test_one_without_a_line_yet_holds(self, database: Database) -> None:
        assert self.report(database) == audit.AuditReport(0, ())

    @pytest.mark.parametrize("statement", ["UPDATE audit SET author = 'x'", "DELETE FROM audit"])
    def test_nothing_is_changed_or_deleted(self, audited: Database, statement: str) -> None:
        with (
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
            audited.transaction() as connection,
        ):
            connection.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit SET author = 'Petrov' WHERE id = 3",
            "UPDATE audit SET detail = '{}' WHERE id = 5",
            "UPDATE audit SET exposure_id = NULL WHERE id = 1",
            "DELETE FROM audit WHERE id = 2",
            "DELETE FROM audit WHERE id = 1",
            "DELETE FROM audit WHERE id = 5",
            "DELETE FROM audit",
        ],
    )
    def test_who_lifts_the_bar_is_found_out(self, audited: Database, statement: str) -> None:
        with audited.transaction() as connection:
            connection.execute("DROP TRIGGER audit_no_update")
            connection.execute("DROP TRIGGER audit_no_delete")
            connection.execute(statement)
        assert not self.report(audited).intact

    def test_a_line_rewritten_with_its_hash_breaks_the_chain(self, audited: Database) -> None:
        with audited.transaction() as connection:
            connection.execute("DROP TRIGGER audit_no_update")
            row = connection.execute("SELECT * FROM audit WHERE id = 3").fetchone()
            fields = (row["at"], "Petrov", row["action"], row["exposure_id"], row["detail"])
            forged = audit._hash(row["prev_hash"], 3, *fields)
            connection.execute("UPDATE audit SET author = 'Petrov', hash = ? WHERE id = 3", (forged,))
        assert self.report(audited).problems == ("row 4 does not follow the row before it",)

    def test_lines_taken_out_are_named(self, audited: Database) -> None:
        with audited.transaction() as connection:
            connection.execute("DROP TRIGGER audit_no_delete")
            connection.execute("DELETE FROM audit WHERE id IN (2, 3, 5)")
        assert self.report(audited).problems == (
            "rows 2 to 3 are missing",
            "row 4 does not follow the row before it",
            "rows 5 to 5 are missing at the end",
        )

    def test_a_rolled_back_line_leaves_no_gap(self, audited: Database) -> None:
        def lose() -> None:
            with audited.transaction() as connection:
                audit.append(connection, iso(START), "x", "lost")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            lose()
        with audited.transaction() as connection:
            audit.append(connection, iso(START), "x", "kept")
        assert self.report(audited) == audit.AuditReport(6, ())


def test_times_keep_their_offset() -> None:
    assert iso(START) == "2026-11-23T10:00:00.000+03:00"
    assert parse(iso(START)) == START
    assert to_us(parse("1970-01-01T03:00:01+03:00")) == 1_000_000
    with pytest.raises(ValueError, match="offset"):
        parse("2026-11-23T10:00:00")
    with pytest.raises(ValueError, match="offset"):
        to_us(START.replace(tzinfo=None))


@pytest.mark.parametrize(("left", "code"), [(0, "disk_full"), (1 << 30, "disk_error")])
def test_a_log_that_cannot_be_written_on_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int, code: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=left))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    with pytest.raises(StorageFailed) as caught, known_errors(tmp_path):
        raise error
    assert caught.value.code == code
