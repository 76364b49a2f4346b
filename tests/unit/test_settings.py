"""The settings file: what is wrong is said with key, value and line; what is unknown is kept."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.domain.errors import SettingsInvalid, StorageFailed
from workstation.settings.file import load, load_usable, save, unknown_keys
from workstation.settings.model import Settings, describe
from workstation.settings.network import Destination, Listener
from workstation.settings.rules import keys, rule_of

GOOD = """\
# the night shift's console
language = "ru"   # until the new ones come
undo_seconds = 5
frobnicate = [1, 2]

[[destinations]]
name = "PACS"
host = "10.0.0.1"
port = 104
called_ae = "PACS"
secret_key = "keep me"

[[destinations]]
name = "Mini"
host = "::1"
port = 11112
called_ae = "MINI PACS"
calling_ae = "ROOM2"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_defaults(path: Path) -> None:
    assert load(path) == Settings()
    assert not path.exists()


def test_the_file_is_read(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        settings = load(write(path, GOOD))
    assert settings == replace(
        Settings(),
        language="ru",
        undo_seconds=5.0,
        destinations=(
            Destination("PACS", "10.0.0.1", 104, "PACS"),
            Destination("Mini", "::1", 11112, "MINI PACS", "ROOM2"),
        ),
    )
    assert settings.destination("Mini") is settings.destinations[1]
    assert settings.destination("nobody") is None
    assert unknown_keys(path) == ("frobnicate", "destinations[0].secret_key")
    assert "frobnicate" in caplog.text


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('theme = "dark"\nlanguage = "de"', 2, "language", "one of system, en, ru"),
        ("\n\nundo_seconds = -1", 3, "undo_seconds", "between 0 and 600"),
        ("undo_seconds = nan", 1, "undo_seconds", "between 0 and 600"),
        ('undo_seconds = "5"', 1, "undo_seconds", "number"),
        ("undo_seconds = true", 1, "undo_seconds", "number"),
        ("intra_op_threads = 1.5", 1, "intra_op_threads", "whole number"),
        ("room = 2", 1, "room", "text in quotes"),
        ('room = "a\\u0007"', 1, "room", "control character"),
        (f'room = "{"x" * 65}"', 1, "room", "longer than 64"),
        ('watch_folders = "in"', 1, "watch_folders", "list of texts"),
        ("watch_folders = [1]", 1, "watch_folders", "list of texts"),
        ('watch_folders = [""]', 1, "watch_folders", "path of a folder"),
        (GOOD.replace("10.0.0.1", "10.0.0.1:104"), 8, "destinations[0].host", "without the port"),
        ('[worklist]\nhost = "ris:104"', 2, "worklist.host", "without the port"),
        ('destinations = "PACS"', 1, "destinations", "[[destinations]]"),
        (GOOD.replace("11112", "70000"), 16, "destinations[1].port", "between 1 and 65535"),
        (GOOD.replace('"MINI PACS"', r'"A\\B"'), 17, "destinations[1].called_ae", "backslash"),
        (GOOD.replace('"MINI PACS"', '"   "'), 17, "destinations[1].called_ae", "1 to 16"),
        (
            GOOD.replace('"MINI PACS"', '"SEVENTEEN_LETTERS"'),
            17,
            "destinations[1].called_ae",
            "longer than 16",
        ),
        (GOOD.replace('host = "::1"\n', ""), 13, "destinations[1].host", "is missing"),
        (GOOD.replace('"Mini"', '"PACS"'), 14, "destinations[1].name", "used twice"),
        ("port = 1\n[listener]\nenabled = 1", 3, "listener.enabled", "true or false"),
        ('room = "1"\n[listener]\n\nport = 0\n[[destinations]]', 4, "listener.port", "between 1 and 65535"),
        (
            '[listener]\nallowed_hosts = ["10.0.0.0/8", "the room next door"]',
            2,
            "listener.allowed_hosts",
            "10.0",
        ),
        ('[listener]\nallowed_ae_titles = ["CR1", "A\\\\B"]', 2, "listener.allowed_ae_titles", "backslash"),
        ("listener = 3", 1, "listener", "[listener]"),
    ],
)
def test_a_bad_value_is_named_with_its_line(path: Path, text: str, line: int, key: str, words: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(write(path, text))
    message = caught.value.message
    assert str(path) in message
    assert f"line {line}:" in message
    assert f" {key}" in message
    assert words in message
    assert key.rpartition(".")[2] in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "has_default"),
    [
        (GOOD.replace("port = 104", 'port = "104"'), False),
        (GOOD.replace('"Mini"', '"PACS"'), False),
        (GOOD.replace("ROOM2", "ROOM TWO OF THE CLINIC"), True),
        ("undo_seconds = -1", True),
    ],
)
def test_no_default_is_promised_where_there_is_none(path: Path, text: str, has_default: bool) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(write(path, text))
    assert ("remove the line" in caught.value.remedy) is has_default


def test_what_is_no_toml_names_the_line(path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="line 2"):
        load(write(path, 'room = "a"\nroom == 3\n'))


@pytest.mark.parametrize(
    "text",
    [
        f"undo_seconds = {'1' * 5000}",
        f"room = {'[' * 3000}{']' * 3000}",
        f"{'.'.join('a' * 200)} = 1",  # one of the two parsers takes it
    ],
)
def test_what_the_parsers_stumble_over_keeps_no_program_from_starting(path: Path, text: str) -> None:
    settings, mistake = load_usable(write(path, text))
    assert settings == Settings(sign_in="pin")
    assert mistake is not None
    assert mistake.code == "settings_syntax"


def test_saving_mends_a_destination_whose_name_is_no_text(path: Path) -> None:
    write(path, '[[destinations]]\nname.x = "PACS"\nhost = "10.0.0.1"\nport = 104\ncalled_ae = "PACS"\n')
    mended = Settings(destinations=(Destination("PACS", "10.0.0.1", 104, "PACS"),))
    save(path, mended)
    assert load(path) == mended


def test_what_is_no_text_is_told(path: Path) -> None:
    path.write_bytes(b"room = '\xff\xfe'")
    with pytest.raises(SettingsInvalid, match="UTF-8"):
        load(path)


def test_saving_keeps_comments_and_unknown_keys(path: Path) -> None:
    settings = load(write(path, GOOD))
    changed = replace(settings, room="Кабинет 2", undo_seconds=8.0, destinations=settings.destinations[:1])
    save(path, changed)
    assert load(path) == changed
    text = path.read_text(encoding="utf-8")
    assert "# the night shift's console" in text
    assert "# until the new ones come" in text
    table = tomllib.loads(text)
    assert table["frobnicate"] == [1, 2]
    assert table["destinations"][0]["secret_key"] == "keep me"


FORMS = {
    "braces": 'listener = { port = 11113, newer = "x" } # ours\n',
    "dotted": 'listener.port = 11113\nlistener.newer = "x"\nroom = "1"\n',
    "in two places": '[listener]\nport = 11113\nnewer = "x"\n[worklist]\nhost = "h"\n[listener.newest]\na = 1\n',
    "its part first": '[listener.newest]\na = 1\n[worklist]\nhost = "h"\n[listener]\nport = 11113\nnewer = "x"\n',
    "destinations in braces": 'destinations = [{name = "P", host = "h", port = 1, called_ae = "P", newer = {a = 1}}]\n',
}


@pytest.mark.parametrize("form", FORMS)
def test_unknown_keys_stay_in_whatever_form_a_table_is_written(path: Path, form: str) -> None:
    settings = load(write(path, FORMS[form]))
    before = unknown_keys(path)
    assert before
    changed = replace(
        settings,
        room="2",
        listener=replace(settings.listener, port=11200, ae_title="NEW", allowed_hosts=("10.0.0.0/8",)),
        destinations=tuple(replace(d, port=105) for d in settings.destinations),
    )
    for _ in range(2):
        save(path, changed)
        assert load(path) == changed
        assert unknown_keys(path) == before


def test_a_byte_order_mark_is_passed_over(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    settings = load(path)
    assert settings.language == "ru"
    save(path, replace(settings, room="2"))
    assert load(path).room == "2"


def test_saving_what_was_loaded_changes_no_byte(path: Path) -> None:
    save(path, load(write(path, GOOD)))
    assert path.read_text(encoding="utf-8") == GOOD


def test_saving_mends_a_faulty_file(path: Path) -> None:
    settings = replace(Settings(), room="2", destinations=(Destination("PACS", "pacs", 104, "PACS"),))
    save(write(path, GOOD.replace("11112", "70000").replace('"ru"', '"de"')), settings)
    assert load(path) == settings
    assert '"de"' in path.with_name("settings.toml.faulty").read_text(encoding="utf-8")


def test_settings_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.toml"
    save(path, Settings(room="R1"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    path.chmod(0o644)
    save(path, Settings(room="R2"))
    assert path.stat().st_mode & 0o077 == 0


def test_all_destinations_can_go(path: Path) -> None:
    settings = replace(load(write(path, GOOD)), destinations=())
    save(path, settings)
    assert load(path) == settings


def test_a_bad_value_is_not_saved(path: Path) -> None:
    write(path, GOOD)
    with pytest.raises(SettingsInvalid, match="theme"):
        save(path, replace(Settings(), theme="pink"))
    assert path.read_text(encoding="utf-8") == GOOD


def test_a_folder_that_refuses_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    blocked = write(tmp_path / "file", "")
    with pytest.raises(StorageFailed):
        save(blocked / "settings.toml", replace(Settings(), room="a"))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_every_setting_explains_itself_and_allows_its_default() -> None:
    for kind in (Settings, Listener, Destination):
        for name, (default, rule) in describe(kind).items():
            assert rule.en.endswith("."), name
            assert rule.ru.endswith("."), name
            assert any("а" <= letter <= "я" for letter in rule.ru.lower()), name
            if rule.low is not None and default is not None:
                assert rule.high is not None
                assert rule.low <= default <= rule.high
            assert not rule.choices or default in rule.choices
    assert all(rule_of(item) for item in keys(Settings))


_texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
_ae = st.text(
    st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\"), min_size=1, max_size=16
)
_destinations = st.lists(
    st.builds(
        Destination,
        name=_texts.filter(lambda t: bool(t.strip())),
        host=st.sampled_from(["pacs", "10.0.0.1", "fe80::1", "::", "fe80::1%eth0", "пакс.местный"]),
        port=st.integers(1, 65535),
        called_ae=_ae.filter(lambda t: bool(t.strip())),
        calling_ae=_ae.filter(lambda t: bool(t.strip())),
        wants_reject_notes=st.booleans(),
        wants_reports=st.booleans(),
    ),
    unique_by=lambda d: d.name,
    max_size=3,
).map(tuple)
_settings = st.builds(
    Settings,
    language=st.sampled_from(["system", "en", "ru"]),
    room=_texts,
    operator=_texts,
    watch_folders=st.lists(_texts.filter(lambda t: bool(t.strip())), max_size=3).map(tuple),
    undo_seconds=st.floats(0, 600),
    listener=st.builds(
        Listener,
        enabled=st.booleans(),
        ae_title=_ae.filter(lambda t: bool(t.strip())),
        port=st.integers(1, 65535),
        allowed_ae_titles=st.lists(_ae.filter(lambda t: bool(t.strip())), max_size=2).map(tuple),
        allowed_hosts=st.lists(st.sampled_from(["10.0.0.0/8", "::1"]), max_size=2).map(tuple),
    ),
    destinations=_destinations,
)


@hypothesis.settings(max_examples=40)
@given(first=_settings, second=_settings)
def test_whatever_is_saved_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, first: Settings, second: Settings
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    for settings in (first, second, first):
        save(path, settings)
        assert load(path) == settings
