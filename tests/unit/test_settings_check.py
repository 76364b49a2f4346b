"""What `settings check` finds beyond the form of each value."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.support.certificates import Authority
from workstation import cli
from workstation.services.settings_check import what_will_not_work
from workstation.settings.file import save
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener, WorklistPeer


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (
            Settings(listener=Listener(allowed_hosts=("10.0.0.0/8", "999.1.1.1"))),
            "listener.allowed_hosts: 999",
        ),
        (Settings(listener=Listener(address="abc")), "listener.address: abc"),
        (Settings(listener=Listener(tls=True)), "listener.tls: TLS needs our certificate"),
        (Settings(worklist=WorklistPeer(enabled=True)), "worklist.host"),
        (Settings(cascade_dir="/none"), "cascade_dir"),
        (Settings(watch_folders=("~/there-is-no-such-folder",)), "watch_folders"),
        (Settings(watch_folders=("~nobody-of-that-name/films",)), "watch_folders: ~nobody"),
        (Settings(cascade_dir="~nobody-of-that-name/cascade"), "cascade_dir"),
        (Settings(execution_providers=("Foo",)), "execution_providers"),
        (Settings(reject_target_percent=12.0), "reject_target_percent"),
        (
            Settings(destinations=(Destination("P", "h", 104, "P", tls=True, tls_certificate="/none.pem"),)),
            "destinations[0].tls",
        ),
        (Settings(listener=Listener(tls=True, tls_certificate="~nobody-of-that-name/a.pem")), "listener.tls"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(settings: Settings, key: str) -> None:
    (told,) = what_will_not_work(settings)
    assert told.startswith(key)


def test_folders_where_this_user_may_not_look_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for ask in ("is_dir", "is_file"):
        monkeypatch.setattr(Path, ask, Mock(side_effect=PermissionError(13, "Permission denied")))
    told = list(what_will_not_work(Settings(cascade_dir="/closed", watch_folders=("/closed",))))
    assert [line.partition(":")[0] for line in told] == ["cascade_dir", "watch_folders"]


def test_defaults_work_and_so_does_a_folder_of_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "films").mkdir()
    listener = Listener(address="::1", allowed_hosts=("10.1.1.1", "fe80::/10"))
    assert not list(what_will_not_work(Settings(watch_folders=("~/films",), listener=listener)))
    # A profile names no certificates: each machine has its own.
    assert not list(what_will_not_work(Settings(listener=Listener(tls=True)), profile=True))


def test_a_key_that_does_not_belong_to_its_certificate_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.sign("one"), authority.sign("other")
    listener = Listener(
        tls=True,
        tls_certificate=str(one.certificate),
        tls_key=str(other.key),
        tls_authorities=str(authority.certificate),
    )
    (told,) = what_will_not_work(Settings(listener=listener))
    assert told.startswith("listener.tls: ")


def test_check_looks_at_the_file_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "good.toml", Settings(room="1"))
    save(tmp_path / "odd.toml", Settings(cascade_dir="/none"))

    def check(*arguments: object) -> tuple[int, str]:
        code = cli.main(["settings", "check", *map(str, arguments)], lambda *_: pytest.fail("no window"))
        told = capsys.readouterr()
        return code, told.out + told.err

    assert check(tmp_path / "good.toml") == (0, f"{tmp_path / 'good.toml'}: in order\n")
    code, words = check(tmp_path / "odd.toml")
    assert (code, "cascade_dir" in words) == (1, True)
    assert check(tmp_path / "none.toml")[0] == 1
