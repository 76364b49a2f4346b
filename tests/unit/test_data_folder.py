"""The data folder: who may use it, and where it lies."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from workstation.domain.errors import StorageFailed
from workstation.persistence import database as database_module
from workstation.persistence.database import Database, set_aside
from workstation.services.data_folder import SERVICE, open_data_folder, settings_path


class TestDataFolder:
    def test_one_program_at_a_time(self, tmp_path: Path) -> None:
        folder = open_data_folder(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from workstation.services.data_folder import open_data_folder\n"
            "with open_data_folder(Path(sys.argv[1])).lock(): print('held', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(StorageFailed) as caught, folder.lock():
                pass
            assert caught.value.code == "in_use"
            holder.kill()
            holder.wait()
        with folder.lock():
            pass

    def test_a_service_that_holds_it_is_named(self, tmp_path: Path) -> None:
        folder = open_data_folder(tmp_path)
        with folder.lock(SERVICE), pytest.raises(StorageFailed) as caught, folder.lock():
            pass
        assert caught.value.code == "in_use_by_service"
        assert f"`cxr-workstation receive` (process {os.getpid()})" in caught.value.message
        # Killed, its name lies there until the next one holds the folder.
        with folder.lock(), pytest.raises(StorageFailed) as caught, folder.lock():
            pass
        assert caught.value.code == "in_use"

    @pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
    def test_a_share_without_locks_is_not_told_as_another_program(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = open_data_folder(tmp_path)
        monkeypatch.setattr("fcntl.flock", Mock(side_effect=OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))))
        with pytest.raises(StorageFailed, match=os.strerror(errno.ENOLCK)) as caught, folder.lock():
            pass
        assert caught.value.code == "data_folder"

    def test_a_database_that_another_program_holds_is_told_and_stays_in_its_place(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only what is damaged makes room for a fresh one: films would seem to be gone."""
        folder = open_data_folder(tmp_path)
        Database.open(folder.database, folder.backups).close()
        monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 10)
        with closing(sqlite3.connect(folder.database, isolation_level=None)) as holder:
            holder.execute("PRAGMA locking_mode = EXCLUSIVE")
            holder.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StorageFailed) as caught:
                Database.open(folder.database, folder.backups).close()
        assert caught.value.code == "busy"
        assert set_aside(folder.database, folder.backups) == []

    def test_settings_lie_in_the_data_folder_when_it_is_named(self, tmp_path: Path) -> None:
        assert open_data_folder(tmp_path / "x").settings_file == tmp_path / "x" / "settings.toml"
        assert (tmp_path / "x" / "films").stat().st_mode & 0o077 == 0

    def test_films_restored_from_a_copy_are_closed_to_others(self, tmp_path: Path) -> None:
        (tmp_path / "films").mkdir(mode=0o755)
        tmp_path.chmod(0o755)
        open_data_folder(tmp_path)
        assert (tmp_path / "films").stat().st_mode & 0o077 == 0
        assert tmp_path.stat().st_mode & 0o777 == 0o755, "a folder of other things is let alone"
        (tmp_path / "workstation.sqlite3").touch()
        open_data_folder(tmp_path)
        assert tmp_path.stat().st_mode & 0o077 == 0

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
    def test_a_full_disk_does_not_keep_the_lock_from_being_held(self, tmp_path: Path) -> None:
        folder = open_data_folder(tmp_path)
        (tmp_path / "lock").symlink_to("/dev/full")
        held = False
        with folder.lock():
            held = True
        assert held

    def test_user_folders_otherwise(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        folder = open_data_folder()
        assert folder.root == tmp_path / "data" / "cxr-workstation"
        assert folder.settings_file == tmp_path / "config" / "cxr-workstation" / "settings.toml"

    def test_a_home_that_is_not_known_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(StorageFailed, match="no home folder of ~nobody-of-that-name") as caught:
            open_data_folder(Path("~nobody-of-that-name/data"))
        assert caught.value.code == "data_folder"
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name, raising=False)
        # A service whose user has no entry.
        monkeypatch.setattr("pwd.getpwuid", Mock(side_effect=KeyError("uid")))
        for asked in (open_data_folder, settings_path):
            with pytest.raises(StorageFailed, match="no home folder of this user") as caught:
                asked()
            assert "--data-dir" in caught.value.remedy

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageFailed) as caught:
            open_data_folder(tmp_path / "file" / "data")
        assert caught.value.code == "data_folder"
