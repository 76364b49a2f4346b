"""One mistake costs its key alone, and a window writes what it changed onto the file as it is now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workstation.domain.errors import SettingsInvalid
from workstation.settings.file import load, load_usable, save
from workstation.settings.merging import merged, update
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener, SetAside

PACS = Destination("PACS", "10.0.0.1", 104, "PACS")
MINI = Destination("Mini", "10.0.0.2", 104, "MINI")
SITE = Settings(
    sign_in="pick",
    room="R1",
    listener=Listener(enabled=True, allowed_hosts=("10.1.1.1",)),
    destinations=(PACS, MINI),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save(tmp_path / "settings.toml", SITE)
    return tmp_path / "settings.toml"


def spoil(path: Path, old: str, new: str) -> str:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def test_one_mistake_costs_its_key_alone(path: Path) -> None:
    spoil(path, 'room = "R1"', 'undo_seconds = -1\nroom = "R1"')
    settings, mistake = load_usable(path)
    assert settings == SITE
    assert mistake is not None
    assert "undo_seconds = -1" in mistake.message


def test_a_peer_with_a_mistake_is_left_out_whole(path: Path) -> None:
    spoil(path, 'allowed_hosts = ["10.1.1.1"]', 'allowed_hosts = "10.1.1.1"')
    spoil(path, 'name = "PACS"', 'name = "PACS"\ntls = "yes"')
    settings, mistake = load_usable(path)
    assert mistake is not None
    assert settings.listener == Listener(), "a listener without its allow list would be open to all"
    assert settings.destinations == (MINI,), "and films would leave unencrypted"
    assert settings.room == "R1"


def test_a_destination_with_a_mistake_is_named_where_its_name_can_be_told(path: Path) -> None:
    wants = "wants_reject_notes = true\nwants_reports = 1"
    spoil(path, 'name = "PACS"', f'name = "PACS"\ntls = "yes"\n{wants}')
    settings, _ = load_usable(path)
    assert settings.set_aside == (SetAside("PACS", wants_reject_notes=True),), "1 is no answer to that"
    assert replace(settings, set_aside=()) == replace(SITE, destinations=(MINI,))
    save(path.with_name("other.toml"), settings)
    assert "set_aside" not in path.with_name("other.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ['name = ""', "name = 5", "", 'name = "Mini"'])
def test_a_name_that_cannot_be_told_or_is_in_force_names_nobody(path: Path, name: str) -> None:
    spoil(path, 'name = "PACS"', f'{name}\ntls = "yes"')
    settings, mistake = load_usable(path)
    assert mistake is not None
    assert settings.destinations == (MINI,)
    assert settings.set_aside == ()


@pytest.mark.parametrize(
    ("old", "new"), [('sign_in = "pick"', 'sign_in = "pni"'), ('sign_in = "pick"', 'sign_in = "pick')]
)
def test_a_way_to_sign_in_that_cannot_be_told_opens_nothing(path: Path, old: str, new: str) -> None:
    spoil(path, old, new)
    settings, mistake = load_usable(path)
    assert mistake is not None
    assert settings.sign_in == "pin"


def test_what_others_wrote_meanwhile_stays(path: Path) -> None:
    """`settings import` beside a running window."""
    new = Destination("New", "10.0.0.9", 104, "NEW")
    save(path, replace(SITE, undo_seconds=30.0, destinations=(PACS, new)))
    update(path, SITE, replace(SITE, text_scale=110))
    assert load(path) == replace(SITE, undo_seconds=30.0, destinations=(PACS, new), text_scale=110)


def test_destinations_are_merged_by_name() -> None:
    new = Destination("New", "10.0.0.9", 104, "NEW")
    now = replace(SITE, destinations=(replace(PACS, port=11112), MINI, new))
    after = replace(SITE, destinations=(replace(PACS, wants_reports=True),))
    assert merged(now, SITE, after).destinations == (replace(PACS, port=11112, wants_reports=True), new)
    listening = replace(SITE, listener=replace(SITE.listener, port=104))
    assert merged(now, SITE, listening).listener == listening.listener
    assert merged(now, SITE, listening).destinations == now.destinations


def test_a_destination_that_others_took_out_comes_back_only_where_it_was_changed_here() -> None:
    now = replace(SITE, destinations=(PACS,))
    elsewhere = replace(SITE, destinations=(replace(PACS, wants_reports=True), MINI))
    assert merged(now, SITE, elsewhere).destinations == (replace(PACS, wants_reports=True),)
    changed = replace(MINI, port=11112)
    assert merged(now, SITE, replace(SITE, destinations=(PACS, changed))).destinations == (PACS, changed)


def test_a_file_with_a_mistake_is_left_alone(path: Path) -> None:
    text = spoil(path, 'room = "R1"', 'undo_seconds = -1\nroom = "R1"')
    settings, _ = load_usable(path)
    with pytest.raises(SettingsInvalid, match="undo_seconds") as caught:
        update(path, settings, replace(settings, text_scale=110))
    assert caught.value.code == "settings_faulty"
    assert path.read_text(encoding="utf-8") == text
    update(path, settings, replace(settings, text_scale=110), mend=True)
    assert load(path) == replace(SITE, text_scale=110)
    assert path.with_name("settings.toml.faulty").read_text(encoding="utf-8") == text
