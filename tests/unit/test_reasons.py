"""Reject reasons: codes of the standard, words in both languages, a site's own, preselected by the worst finding."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom.sr.codedict import codes

from workstation.assets import resources_dir
from workstation.domain.errors import SettingsInvalid
from workstation.domain.findings import CropFinding, ProjectionFinding, RotationFinding, State, Verdict
from workstation.domain.projection import Projection
from workstation.services.reasons import load_reasons, preselect, site_reasons


def test_reasons_are_codes_of_the_standard_with_both_languages() -> None:
    reasons = load_reasons(resources_dir())
    context = codes.cid7011
    standard = {(c.value, c.meaning) for c in (getattr(context, name) for name in context.dir())}
    assert {(r.code.value, r.code.meaning) for r in reasons if r.title is None} <= standard
    titled = {(r.title.value, r.title.meaning) for r in reasons if r.title is not None}
    assert titled == {("113038", "Incorrect Modality Worklist Entry")}
    titles = {(c.value, c.meaning) for c in (getattr(codes.cid7010, n) for n in codes.cid7010.dir())}
    assert titled <= titles
    assert all(r.label("ru") != r.label("en") for r in reasons)
    local = {r.key: r.local_code.scheme for r in reasons if r.local_code is not None}
    assert local == {"cut_off": "99CXRWS", "rotation": "99CXRWS"}


def test_the_worst_finding_preselects_the_reason() -> None:
    reasons = load_reasons(resources_dir())

    def chosen(crop: State, rotation: State = State.PASS) -> str:
        projection = ProjectionFinding(Projection.LATERAL, State.PASS, 0.99)
        return preselect(
            Verdict(projection, (CropFinding(crop), RotationFinding(rotation)), "tiny@1"), reasons
        )

    assert chosen(State.WARN, State.WARN) == "cut_off"
    assert chosen(State.UNSURE, State.WARN) == "rotation"
    assert chosen(State.PASS) == ""
    assert preselect(None, reasons) == ""


def test_a_reason_without_a_language_is_refused(tmp_path: Path) -> None:
    path = Path(shutil.copy(resources_dir() / "reject_reasons.toml", tmp_path))
    path.write_text(path.read_text("utf-8").replace(', ru = "Другое"', ""), "utf-8")
    with pytest.raises(SettingsInvalid, match="other"):
        load_reasons(tmp_path)


def test_own_reasons_stand_before_other_and_need_no_more_than_a_label(tmp_path: Path) -> None:
    shipped = load_reasons(resources_dir())
    assert site_reasons(shipped, tmp_path) == shipped, "no file, no change"
    (tmp_path / "reject_reasons.toml").write_text(
        '[[reason]]\nkey = "grid"\nlabel = { en = "Grid lines", ru = "Линии растра" }\n'
        '[[reason]]\nkey = "cassette"\nlabel = "Wrong cassette"\n',
        encoding="utf-8-sig",  # as Notepad writes it
    )
    reasons = site_reasons(shipped, tmp_path)
    keys = [reason.key for reason in reasons]
    assert keys[keys.index("other") - 2 : keys.index("other")] == ["grid", "cassette"]
    grid = reasons[keys.index("grid")]
    assert (grid.label("ru"), grid.code.meaning) == ("Линии растра", "Other failure")
    assert grid.local_code is not None
    assert (grid.local_code.value, grid.local_code.scheme) == ("GRID", "99SITE")


def test_own_reasons_whose_keys_begin_alike_have_codes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "reject_reasons.toml").write_text(
        '[[reason]]\nkey = "wrong_collimation_left"\nlabel = "Collimation, left"\n'
        "[[reason]]\nkey = \"wrong_collimation_right\"\nlabel = 'PA\\lateral'\n",
        encoding="utf-8",
    )
    own = [r for r in site_reasons(load_reasons(resources_dir()), tmp_path) if r.key.startswith("wrong_coll")]
    codes = [reason.local_code for reason in own if reason.local_code is not None]
    assert len({code.value for code in codes}) == 2
    assert all(len(code.value) <= 16 for code in codes)
    assert codes[1].meaning == "PA/lateral"


def test_reasons_that_are_no_utf_8_say_so(tmp_path: Path) -> None:
    (tmp_path / "reject_reasons.toml").write_bytes('[[reason]]\nkey = "а"\n'.encode("cp1251"))
    with pytest.raises(SettingsInvalid) as found:
        site_reasons(load_reasons(resources_dir()), tmp_path)
    assert (found.value.code, found.value.remedy) == ("site_reasons_not_text", "Save it as UTF-8.")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[[reason]]\nkey = "other"\nlabel = "Again"\n', "'other'"),
        ('[[reason]]\nlabel = "No key"\n', "reason 1"),
        ("[[reason]\n", "line 1"),
        ('[[reason]]\nkey = ""\nlabel = "Grid"\n', "reason 1: the key ''"),
        ('[[reason]]\nkey = "grid "\nlabel = "Grid"\n', "the key 'grid '"),
        ('[[reason]]\nkey = "(repeats)"\nlabel = "Grid"\n', "the key '(repeats)'"),
        ("[[reason]]\nkey = 'a\\b'\nlabel = \"Grid\"\n", "reason 1: the key"),
        (
            '[[reason]]\nkey = "grid"\nlabel = "Grid"\n'
            'code = { value = \'A\\B\', scheme = "99SITE", meaning = "Grid" }\n',
            "reason 'grid': code: neither a backslash",
        ),
        ("reason = 3\n", "[[reason]]"),
        ('[[reasons]]\nkey = "grid"\nlabel = "Grid"\n', "'reasons'"),
        (f"schema = {'1' * 5000}\n", "reject_reasons.toml"),
        (f"reason = {'[' * 3000}{']' * 3000}\n", "reject_reasons.toml"),
    ],
)
def test_a_mistake_in_own_reasons_is_named(tmp_path: Path, text: str, names: str) -> None:
    (tmp_path / "reject_reasons.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as found:
        site_reasons(load_reasons(resources_dir()), tmp_path)
    assert names in found.value.message
    assert "remove it" in found.value.remedy


def test_the_shipped_reasons_do_not_mend_own_ones(tmp_path: Path) -> None:
    shipped = load_reasons(resources_dir())
    (tmp_path / "reject_reasons.toml").write_bytes((resources_dir() / "reject_reasons.toml").read_bytes())
    with pytest.raises(SettingsInvalid) as found:
        site_reasons(shipped, tmp_path)
    assert found.value.code == "site_reasons_invalid"
    assert "restore" not in found.value.remedy, "they are there already, and are refused"
