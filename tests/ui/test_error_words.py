"""Every known error has words in the window's other language; what only the command line says is listed here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.support.tiny_cascade import make_tiny_cascade
from workstation.assets import resources_dir
from workstation.domain.errors import KnownError, SettingsInvalid
from workstation.inference import site_calibration
from workstation.services.analysis import AnalysisService
from workstation.services.reasons import load_reasons, site_reasons
from workstation.settings.file import load_usable
from workstation.ui.error_words import error
from workstation.ui.i18n import Translations

ROOT = Path(__file__).resolve().parents[2] / "workstation"
ERRORS = {
    "CascadeUnavailable",
    "CertificateEnds",
    "DeliveryError",
    "DeliveryFailed",
    "KnownError",
    "ObjectNotMade",
    "PeerFailed",
    "SettingsInvalid",
    "StorageFailed",
    "TlsFilesInvalid",
    "AssociationRefused",
    "OperatorRefused",
    "SignInRefused",
}
COMMAND_LINE = ("cli/", "services/evaluation/", "services/calibrating.py")
ONLY_THERE = {"no_films", "no_folder", "export_not_written", "database_older", "window_libraries"}


def codes() -> Iterator[str]:
    """Codes given as a word where an error is made, in modules that the window may hear from."""
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).as_posix().startswith(COMMAND_LINE):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in ERRORS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


@pytest.fixture
def russian(qtbot: QtBot) -> Iterator[None]:
    del qtbot
    translations = Translations()
    translations.use("ru")
    yield
    translations.use("en")
    translations.drop()


@pytest.mark.parametrize("code", sorted(set(codes()) - ONLY_THERE))
def test_every_error_that_may_reach_the_window_is_said_in_russian(code: str, russian: None) -> None:
    del russian
    message, remedy = error(KnownError(code, "in English", "do this"))
    assert any("а" <= c <= "я" for c in message.lower()), code
    assert any("а" <= c <= "я" for c in remedy.lower()), code


def test_an_error_that_names_a_place_still_names_it(russian: None) -> None:
    del russian
    message, _ = error(SettingsInvalid("settings_value", "settings.toml, line 7: port = 0", "Change it."))
    assert "line 7" in message


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize("text", ["{", '{"schema": 1, "cascade": "another@1", "stages": {}}'])
def test_a_site_calibration_that_is_refused_is_said_to_stop_the_analysis(tmp_path: Path, text: str) -> None:
    cascade = make_tiny_cascade(tmp_path / "cascade")
    (cascade / site_calibration.FILE).write_text(text, encoding="utf-8")
    service = AnalysisService(cascade)
    assert not service.warm_up()
    assert service.unavailable is not None
    message, _ = error(service.unavailable)
    assert "снимки не анализируются" in message
    assert "действуют исходные" not in message, "the shipped thresholds are not in force"


@pytest.mark.usefixtures("russian")
def test_a_mistake_in_own_reasons_is_not_blamed_on_the_program(tmp_path: Path) -> None:
    own = tmp_path / "reject_reasons.toml"
    own.write_text('[[reason]]\nkey = "other"\nlabel = "Ещё раз"\n', encoding="utf-8")
    with pytest.raises(SettingsInvalid) as found:
        site_reasons(load_reasons(resources_dir()), tmp_path)
    message, remedy = error(found.value)
    assert str(own) in message
    assert "текстовый файл программы" not in message
    assert "верните" not in remedy


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("film_refused", "The peer refuses this film: it does not match its SOP class (0xA900)."),
        ("echo_refused", "The peer answers the test with a failure (0x0122)."),
        ("query_refused", "The worklist refuses the query (0xA700)."),
        ("commitment_refused", "The peer does not take over the safekeeping (0x0110)."),
        ("out_of_resources", "The peer is out of resources (0xA702), mostly disk space."),
    ],
)
def test_the_number_that_a_peer_s_administrator_asks_for_is_said(code: str, said: str) -> None:
    message, remedy = error(KnownError(code, said, "Ask."))
    (number,) = re.findall("0x[0-9A-F]{4}", said)
    assert f"({number})." in message
    assert not re.search("[A-Za-z]{3}", message.replace(number, "")), "nothing else in English"
    assert code == "out_of_resources" or "код" in remedy


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize("code", ["certificate_ends", "tls_files", "manifest_invalid"])
def test_which_file_and_when_is_said(code: str) -> None:
    assert (
        "console.pem ends on 2026-12-01"
        in error(KnownError(code, "console.pem ends on 2026-12-01.", "Do."))[0]
    )


@pytest.mark.usefixtures("russian")
def test_a_film_that_cannot_be_sent_comes_from_the_modality_again() -> None:
    assert (
        "с аппарата"
        in error(KnownError("film_unusable", "It cannot be sent: no class.", "Send it again."))[1]
    )


@pytest.mark.usefixtures("russian")
def test_a_file_in_another_encoding_is_to_be_saved_in_utf_8(tmp_path: Path) -> None:
    own = tmp_path / "reject_reasons.toml"
    own.write_bytes('[[reason]]\nkey = "grid"\nlabel = "Растр"\n'.encode("cp1251"))
    with pytest.raises(SettingsInvalid) as found:
        site_reasons(load_reasons(resources_dir()), tmp_path)
    settings = tmp_path / "settings.toml"
    settings.write_bytes('room = "Кабинет"\n'.encode("cp1251"))
    for problem in (found.value, load_usable(settings)[1]):
        assert problem is not None
        assert "UTF-8" in error(problem)[1]
