"""Profiles, versions and explanations of the settings file."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit

from tests.support.settings_reference import chapter, page
from workstation.domain.errors import SettingsInvalid, StorageFailed
from workstation.settings import schema
from workstation.settings.file import load, save
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener
from workstation.settings.profile import differences, export_profile, import_profile
from workstation.settings.reference import template
from workstation.settings.rules import keys

PACS = Destination(
    "PACS", "pacs.example", 104, "PACS", "ROOM1", tls_key="/etc/room1.key", wants_commitment=True
)
ROOM1 = Settings(
    language="ru",
    room="1",
    watch_folders=("/films",),
    undo_seconds=20.0,
    listener=Listener(enabled=True, ae_title="ROOM1", port=11113, tls_key="/etc/room1.key"),
    destinations=(PACS,),
)


def test_a_profile_carries_what_is_shared_and_leaves_what_is_the_rooms_own(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    export_profile(profile, ROOM1)
    text = profile.read_text(encoding="utf-8")
    assert not any(secret in text for secret in ("ROOM1", "room1.key", "/films"))
    room2 = Settings(room="2", operator="Petrov", listener=Listener(ae_title="ROOM2"), destinations=())
    made = import_profile(profile, room2)
    assert (made.room, made.operator, made.listener.ae_title) == ("2", "Petrov", "ROOM2")
    assert (made.undo_seconds, made.language, made.listener.enabled) == (20.0, "ru", True)
    (destination,) = made.destinations
    assert (destination.host, destination.calling_ae, destination.wants_commitment) == (
        "pacs.example",
        "CXRWS",
        True,
    )
    assert {key for key, _, _ in differences(room2, made)} == {
        "language",
        "undo_seconds",
        "listener.enabled",
        "listener.port",
        "destinations: PACS",
    }
    own = replace(PACS, calling_ae="ROOM2")
    again = import_profile(profile, replace(room2, destinations=(own,)))
    assert again.destinations[0].calling_ae == "ROOM2", "a known destination keeps what is this room's own"
    with pytest.raises(StorageFailed):
        export_profile(profile, ROOM1)


def test_a_faulty_profile_changes_nothing_and_is_named_by_line(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text("schema = 1\nundo_seconds = -3\n", encoding="utf-8")
    with pytest.raises(SettingsInvalid) as found:
        import_profile(profile, ROOM1)
    assert "line 2" in found.value.message


@pytest.mark.parametrize(
    "text", ["", "# cut off\n", 'schema = 1\n[[reason]]\nkey = "grid"\nlabel = "Grid"\n']
)
def test_what_is_no_profile_opens_no_console(tmp_path: Path, text: str) -> None:
    """The site's own reasons lie beside the settings; taken for a profile, they would set everything to its default."""
    other = tmp_path / "reject_reasons.toml"
    other.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as found:
        import_profile(other, replace(ROOM1, sign_in="pin"))
    assert found.value.code == "profile_none"


def test_a_profile_of_nothing_but_defaults_is_one(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    export_profile(profile, Settings(room="1"))
    assert import_profile(profile, ROOM1).destinations == ()


def test_an_older_file_is_brought_up_to_date_and_kept_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_two(document: tomlkit.TOMLDocument) -> None:
        document["undo_seconds"] = document.pop("undo_s")

    def to_three(document: tomlkit.TOMLDocument) -> None:
        document["room"] = f"Room {document['room']}"

    old = "# mine\nroom = '2'\nundo_s = 33\n"
    steps = {1: to_two, 2: to_three}
    text, version = schema.migrated(old, tmp_path, steps, 3)
    assert version == 1
    assert text.startswith("# mine")
    assert tomllib.loads(text) == {"room": "Room 2", "undo_seconds": 33, "schema": 3}

    path = tmp_path / "settings.toml"
    path.write_text(old, encoding="utf-8")
    real = schema.migrated
    monkeypatch.setattr(schema, "migrated", lambda text, path: real(text, path, steps, 3))
    settings = load(path)
    assert (settings.room, settings.undo_seconds) == ("Room 2", 33)
    assert path.read_text(encoding="utf-8") == old, "reading changes nothing"
    save(path, replace(settings, language="ru"))
    assert path.with_name("settings.toml.schema-1").read_text(encoding="utf-8") == old
    assert load(path).language == "ru"


def test_a_newer_file_is_refused_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    text = f"schema = {schema.CURRENT + 1}\nroom = '2'\n"
    path.write_text(text, encoding="utf-8")
    for act in (lambda: load(path), lambda: save(path, Settings(room="3"))):
        with pytest.raises(SettingsInvalid) as found:
            act()
        assert found.value.code == "settings_newer"
    assert path.read_text(encoding="utf-8") == text


def test_a_value_written_first_has_its_explanation_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save(path, Settings(language="ru", undo_seconds=20.0))
    line = next(
        line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("undo_seconds")
    )
    assert "Сколько секунд" in line
    assert "от 0 до 600" in line
    path.write_text("undo_seconds = 5 # as Petrov wants it\n", encoding="utf-8")
    save(path, Settings(undo_seconds=6.0))
    assert "as Petrov wants it" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_template_names_every_setting_and_is_itself_a_settings_file(
    tmp_path: Path, language: str
) -> None:
    text = template(language)
    for kind in (Settings, Listener, Destination):
        for item in keys(kind):
            assert f"# {item.name} =" in text or item.name in ("listener", "worklist", "destinations")
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    assert load(path) == Settings()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_guide_lists_every_setting_as_it_is_declared(language: str) -> None:
    guide = page(language).read_text(encoding="utf-8")
    assert guide.endswith(chapter(language)), "run python -m tests.support.settings_reference"


def test_the_command_line_describes_checks_and_carries_profiles(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workstation", "settings", *words, "--data-dir", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    room1 = replace(ROOM1, watch_folders=(str(tmp_path),))
    save(tmp_path / "settings.toml", room1)
    assert "undo_seconds" in run("describe", "--language", "ru").stdout
    assert run("check").returncode == 0
    assert run("export", str(tmp_path / "p.toml")).returncode == 0
    save(tmp_path / "settings.toml", replace(room1, undo_seconds=5.0))
    dry = run("import", str(tmp_path / "p.toml"), "--dry-run")
    assert "undo_seconds: 5.0 -> 20.0" in dry.stdout
    assert load(tmp_path / "settings.toml").undo_seconds == 5.0
    assert run("import", str(tmp_path / "p.toml")).returncode == 0
    assert load(tmp_path / "settings.toml") == room1
    with (tmp_path / "settings.toml").open("a", encoding="utf-8") as file:
        file.write("\n[listner]\nport = 1\n")
    misspelt = run("check")
    assert (misspelt.returncode, "listner" in misspelt.stderr) == (2, True)
