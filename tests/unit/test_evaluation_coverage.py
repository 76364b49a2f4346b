"""What becomes of every label and film in `evaluate` and `calibrate`: nothing drops out unseen."""

from __future__ import annotations

import argparse
import errno
import html
import io
import json
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.tiny_cascade import make_tiny_cascade, tiny_image
from tests.unit.labelled_films import crop_films, graded, run, write_films
from workstation.cli import calibrate, evaluate


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def stage_of(out: Path, key: str) -> dict[str, Any]:
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = next(s for s in data["cascades"][0]["stages"] if s["stage"] == key)
    return found


def _words(out: Path) -> str:
    text = re.sub(r'src="data:[^"]*"', "", (out / "report.html").read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_labels_that_no_stage_answers_are_told_on_console_and_report(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Frontals are not judged for rotation, the edges of a cut lateral are.
    rows: list[dict[str, object]] = [
        {"projection": "frontal", "rotated": 1},
        {"projection": "frontal", "rotated": 0, "rotation_deg": 3},
        {"projection": "lateral", "crop": 1, "crop_edges": "left"},
    ]
    labels = write_films(tmp_path / "films", rows, [graded(), graded(), graded(0.9, lateral=1.0)])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 0
    said = "rotated: films labelled 2, scored none (the cascade has no such stage for frontals: 2)."
    assert f"note: {said}" in (heard := capsys.readouterr().err)
    assert "rotation_deg: films labelled 1, scored none" in heard
    assert "crop: " not in heard
    assert said in _words(out)
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    told = {row["column"]: row for row in data["cascades"][0]["labels"]}
    assert told["rotated"]["not_scored"] == {"the cascade has no such stage for frontals": 2}
    assert (told["crop_edges"]["labelled"], told["crop_edges"]["scored"]) == (1, 1)
    assert "body_part" not in told


def test_refused_films_are_counted_whether_or_not_their_projection_is_known(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = tiny_image(blank=True)
    blank[0, 0] = 255  # a flat raster has no grey scale
    rows: list[dict[str, object]] = [
        {"crop": 0, "polarity": "normal"},
        {"crop": 0, "polarity": "normal"},
        {"crop": 0, "polarity": "normal", "projection": "frontal"},
        {"crop": 0},
    ]
    labels = write_films(tmp_path / "films", rows, [graded(), blank, blank, graded()])
    with labels.open("a", encoding="utf-8") as handle:
        handle.write("gone.png,0,\n")
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 2
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    told = {row["column"]: row for row in data["cascades"][0]["labels"]}
    assert (told["crop"]["labelled"], told["crop"]["scored"]) == (5, 3)
    assert told["crop"]["not_scored"] == {
        "the projection is not known, not a chest film": 1,
        "the file could not be read": 1,
    }
    heard = capsys.readouterr().err
    assert "note: polarity: films labelled 3, scored 1 (not assessed, not a chest film: 2)." in heard
    assert "note: crop: films labelled 5, scored 3 (" in heard


def test_a_file_in_which_nothing_is_labelled_is_refused_with_a_remedy(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_films(tmp_path / "films", [{"patient": "a", "crops": 1, "crop": "nan"}], [graded()])
    for command in (evaluate.run, calibrate.run):
        parser = argparse.ArgumentParser()
        {evaluate.run: evaluate.add_arguments, calibrate.run: calibrate.add_arguments}[command](parser)
        assert command(parser.parse_args([str(labels), "--cascade", str(cascade)])) == 1
        heard = capsys.readouterr().err
        assert "labels nothing" in heard
        assert "column 'crops' is ignored; did you mean crop?" in heard
        assert "Fill in at least one of these columns" in heard
    assert not (tmp_path / "films" / "labels-evaluation").exists()


def test_no_report_is_written_where_no_label_could_be_scored(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_films(tmp_path / "films", [{"rotated": 1}], [graded()])
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 1
    heard = capsys.readouterr().err
    assert "rotated: films labelled 1, scored none" in heard
    assert "Check the column projection" in heard
    assert not out.exists()


def test_no_report_is_written_where_no_film_could_be_scored(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,crop\ngone.png,1\n", encoding="utf-8")
    assert run(labels, "--cascade", cascade) == 2
    assert not (tmp_path / "labels-evaluation").exists()
    said = capsys.readouterr().err
    assert "gone.png" in said
    assert "no report was written" in said


def test_a_misspelt_column_is_told_on_the_console(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    labels.write_text(labels.read_text(encoding="utf-8").replace("crop,", "crops,", 1), encoding="utf-8")
    assert run(labels, "--cascade", cascade) == 0
    assert "did you mean crop?" in capsys.readouterr().err


def test_missing_and_broken_films_are_listed_and_the_others_go_on(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    (tmp_path / "films" / "001.png").write_bytes(b"not a film")
    endless = "x" * 300 + ".png"  # longer than a file system takes
    with labels.open("a", encoding="utf-8") as handle:
        handle.write(f"gone.png\n{endless}\n.\n")
    out = tmp_path / "out"
    assert run(labels, "--cascade", cascade, "--out", out) == 2
    assert stage_of(out, "crop_frontal")["films"] == 5
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert {f["file"] for f in data["failures"]} == {"001.png", "gone.png", endless, "."}
    assert "gone.png" in (out / "report.html").read_text(encoding="utf-8")
    assert "gone.png" in capsys.readouterr().err


@pytest.mark.parametrize("command", [evaluate, calibrate])
@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_place_that_cannot_be_written_is_refused_before_films_are_judged(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str], command: ModuleType, where: str
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    labels = tmp_path / "labels.csv"
    labels.write_text("file,crop\ngone.png,1\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    out = tmp_path / where / ("site.json" if command is calibrate else "")
    assert command.run(parser.parse_args([str(labels), "--cascade", str(cascade), "--out", str(out)])) == 1
    said = capsys.readouterr()
    assert "cannot be written" in said.err
    assert "--out" in said.err
    assert "gone.png" not in said.err + said.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cascade", "file", "labels.csv"]


@pytest.mark.parametrize("name", ["films.csv", "Stages.csv", "comparison.csv"])
def test_labels_are_never_written_over_by_their_own_report(
    tmp_path: Path, cascade: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)
    labels = labels.rename(labels.with_name(name))
    before = labels.read_bytes()
    assert run(labels, "--cascade", cascade, "--out", labels.parent) == 1
    assert labels.read_bytes() == before
    assert "written over the labels file" in capsys.readouterr().err
    assert run(labels, "--cascade", cascade, "--out", tmp_path / "out") == 0
    assert labels.read_bytes() == before
    parser = argparse.ArgumentParser()
    calibrate.add_arguments(parser)
    assert (
        calibrate.run(parser.parse_args([str(labels), "--cascade", str(cascade), "--out", str(labels)])) == 1
    )
    assert "is the labels file" in capsys.readouterr().err
    assert labels.read_bytes() == before


def test_a_calibration_is_written_into_a_folder_that_is_made_for_it(tmp_path: Path, cascade: Path) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=60, cut=20)
    parser = argparse.ArgumentParser()
    calibrate.add_arguments(parser)
    out = tmp_path / "ours" / "may" / "site.json"
    assert calibrate.run(parser.parse_args([str(labels), "--cascade", str(cascade), "--out", str(out)])) == 0
    assert out.is_file()
    assert (
        calibrate.run(parser.parse_args([str(labels), "--cascade", str(cascade), "--out", str(out.parent)]))
        == 1
    )


def test_a_reader_of_the_lines_who_has_gone_is_no_unwritten_report(
    tmp_path: Path, cascade: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, *_ = crop_films(tmp_path / "films", whole=3, cut=3)

    class Gone(io.StringIO):
        def write(self, _: str, /) -> int:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    monkeypatch.setattr("sys.stdout", Gone())
    with pytest.raises(BrokenPipeError):  # as of every command, see `cli.main`
        run(labels, "--cascade", cascade)
    assert "cannot be written" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [evaluate, calibrate])
def test_the_help_tells_the_exit_codes(command: ModuleType) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert "exit code: 0 all films scored, 2 some could not be" in parser.format_help()
