"""`cxr-workstation check`: the contract that scripts rely on, as a script sees it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.support.dicom_maker import make_film
from tests.support.tiny_cascade import edit_manifest, make_tiny_cascade, tiny_image
from workstation import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cascade(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with two films, a hidden file, an index, texts, and two files that might have been films."""
    folder = tmp_path / "films"
    film(
        folder / "b" / "lateral.dcm",
        tiny_image(lateral=1.0, cut=("bottom",), rotation=0.9),
        view_position="LL",
    )
    film(folder / "a.dcm", tiny_image())
    for text in ("note.txt", "README.md", "LICENSE", "Thumbs.db"):
        (folder / text).write_text("not a film")
    for odd in ("IM0001", "export.bin"):
        (folder / odd).write_bytes(b"\x55" * 200)
    (folder / ".hidden.dcm").write_bytes(b"x")
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    return folder


def film(path: Path, image: np.ndarray, **options: Any) -> Path:
    return make_film(path, image, bits_stored=8, windows=[(128, 256)], **options)


def no_window(_paths: Sequence[Path], _data_dir: Path | None, _demo: bool, _language: str | None) -> int:
    raise AssertionError("a command must not open the window")


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]], str]:
    code = cli.main(["check", "--format", "jsonl", *map(str, arguments)], no_window)
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_one_object_a_film_with_the_keys_of_the_contract(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path
) -> None:
    code, records, err = check(capsys, films, "--cascade", cascade)
    assert code == 0
    assert [r["file"] for r in records] == [str(films / "a.dcm"), str(films / "b" / "lateral.dcm")]
    assert "2 file(s) skipped" in err
    good, faulty = records
    assert list(good) == [
        "file", "sop_instance_uid", "status", "projection", "orientation", "body_part", "polarity", "findings",
        "advice", "retake_suggested", "cascade", "timing_ms",
    ]  # fmt: skip
    assert good["status"] == "ok"
    assert good["sop_instance_uid"].startswith(("1.", "2."))
    assert good["advice"] == []
    assert good["retake_suggested"] is False
    assert [f["kind"] for f in good["findings"]] == ["crop"]
    assert faulty["projection"] == {
        "label": "lateral",
        "probability_lateral": pytest.approx(1.0, abs=0.01),
        "probability_of": "lateral",
        "thresholds": {"warn": 0.6, "unsure_from": 0.4},
        "state": "pass",
        "source": "model",
    }
    assert faulty["orientation"]["rotate_deg"] == 0
    assert "mirrored" not in faulty["orientation"]
    assert set(faulty["body_part"]) == {"state", "score", "probability_of", "thresholds"}
    crop, rotation = faulty["findings"]
    assert crop["state"] == "warn"
    assert crop["edges"] == ["bottom"]
    assert set(crop["edge_scores"]) == {"left", "right", "top", "bottom"}
    assert crop["threshold"] == 0.6
    assert crop["lung_outline"]
    assert rotation["angle_deg"] == pytest.approx(27.0, abs=0.5)
    assert rotation["rib_separation_pct"] == pytest.approx(27.0, abs=0.5)
    assert [len(line) for line in rotation["rib_contours"]] == [2, 2]
    assert faulty["retake_suggested"] is True
    assert faulty["cascade"] == "tiny@1"
    timing = faulty["timing_ms"]
    assert set(timing) == {"read", "preprocess", "inference", "total"}
    assert timing["total"] >= timing["inference"] > 0


def test_unreadable_files_are_reported_and_the_others_done(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path, tmp_path: Path
) -> None:
    whole = (films / "a.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "words.txt").write_text("hello")
    named = ["cut.dcm", "empty.dcm", "words.txt", "nowhere.dcm", "films/a.dcm"]
    code, records, err = check(capsys, *(tmp_path / n for n in named), "--cascade", cascade)
    assert code == 2
    assert [r["status"] for r in records] == ["error"] * 4 + ["ok"]
    assert [r["error"]["code"] for r in records[:4]] == [
        "truncated",
        "empty_file",
        "not_an_image",
        "not_found",
    ]
    assert all(set(r["error"]) == {"code", "message", "remedy"} and r["error"]["remedy"] for r in records[:4])
    assert "Traceback" not in err


def test_a_folder_without_films_and_a_broken_film_in_a_folder_are_told(
    capsys: pytest.CaptureFixture[str], cascade: Path, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.dcm").write_text("no DICOM")
    code, records, _ = check(capsys, tmp_path / "none", tmp_path / "broken", "--cascade", cascade)
    assert code == 2
    assert [r["error"]["code"] for r in records] == ["no_films", "not_an_image"]


def test_nothing_of_the_demo_study_is_said_to_be_skipped(
    capsys: pytest.CaptureFixture[str], cascade: Path
) -> None:
    code, records, err = check(capsys, ROOT / "resources" / "demo", "--cascade", cascade)
    assert code == 0
    assert len(records) == 6
    assert "skipped" not in err


def test_a_text_that_is_named_and_a_film_that_is_named_like_a_text_are_told(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "film.txt").write_bytes((films / "a.dcm").read_bytes())
    code, records, err = check(capsys, folder, films / "README.md", "--cascade", cascade)
    assert code == 2
    assert [r["file"] for r in records] == [str(folder / "film.txt"), str(films / "README.md")]
    assert [r["status"] for r in records] == ["ok", "error"]
    assert records[1]["error"]["code"] == "not_an_image"
    assert "skipped" not in err


def test_the_projection_can_be_forced(capsys: pytest.CaptureFixture[str], cascade: Path, films: Path) -> None:
    code, records, _ = check(capsys, films / "a.dcm", "--projection", "lateral", "--cascade", cascade)
    assert code == 0
    assert records[0]["projection"]["label"] == "lateral"
    assert records[0]["projection"]["source"] == "user"
    assert [f["kind"] for f in records[0]["findings"]] == ["crop", "rotation"]


def test_gates_that_a_cascade_does_not_offer_are_absent(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path
) -> None:
    kept = ("projection", "crop_frontal", "rotation_lateral")
    edit_manifest(cascade, lambda m: m.update(stages=[s for s in m["stages"] if s["name"] in kept]))
    _, records, _ = check(capsys, films / "a.dcm", "--cascade", cascade)
    assert not {"body_part", "polarity", "orientation"} & set(records[0])


def test_what_did_not_run_has_no_score(
    capsys: pytest.CaptureFixture[str], cascade: Path, tmp_path: Path
) -> None:
    dark = film(tmp_path / "dark.dcm", np.zeros((64, 64), np.uint8))
    code, records, _ = check(capsys, dark, "--cascade", cascade)
    assert code == 0
    record = records[0]
    assert record["body_part"]["state"] == "warn"
    assert record["projection"]["label"] == "unknown"
    for part in (record["projection"], record["polarity"], record["orientation"], *record["findings"]):
        assert part["state"] == "not_assessed"
        assert not {"score", "probability_lateral", "rotate_deg", "angle_deg", "edges"} & set(part)
    assert record["advice"]
    assert record["retake_suggested"] is False


def test_text_is_for_people_in_their_language(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path
) -> None:
    assert cli.main(["check", str(films), "--cascade", str(cascade), "--language", "ru"], no_window) == 0
    out = capsys.readouterr().out
    assert "боковая" in out
    assert "▲ ротация" in out
    assert "→" in out
    assert "расхождение рёбер 27 %" in out
    assert cli.main(["check", str(films), "--cascade", str(cascade)], no_window) == 0
    out = capsys.readouterr().out
    assert "▲ rotation" in out
    assert "(warns from 60 %)" in out  # in the window's words
    assert "ribs 27 % apart" in out


def test_russian_text_is_russian_throughout(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path, tmp_path: Path
) -> None:
    dark = film(tmp_path / "dark.dcm", np.zeros((64, 64), np.uint8))
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "none").mkdir()
    named = [dark, tmp_path / "empty.dcm", tmp_path / "none", films]
    code = cli.main(["check", *map(str, named), "--cascade", str(cascade), "--language", "ru"], no_window)
    assert code == 2
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" ")]
    out = re.sub("DICOM|JPEG|PNG|TIFF", "", "\n".join(lines))
    assert re.findall(r"[A-Za-z]+", out) == []
    assert re.search(r"\d\.\d", out) is None
    assert "не определена (это не снимок грудной клетки)" in out
    assert "Файл пуст." in out


def test_what_the_models_are_weak_at_is_told(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path
) -> None:
    _, (good, faulty), _ = check(capsys, films, "--cascade", cascade)
    assert all("limits" not in found for found in good["findings"])
    rotation = next(found for found in faulty["findings"] if found["kind"] == "rotation")
    assert any("rough estimate" in line for line in rotation["limits"])
    assert cli.main(["check", str(films), "--cascade", str(cascade), "--language", "ru"], no_window) == 0
    out = capsys.readouterr().out
    assert "· Угол — грубая оценка" in out
    assert "ротация >99 % (порог 60 %)" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "a.dcm", "--format", "xml"],
        ["check", "a.dcm", "--projection", "oblique"],
        ["check", "a.dcm", "--fromat", "jsonl"],
        ["chekc"],
        ["--nonsense"],
    ],
)
def test_misuse_exits_with_1(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments, no_window)
    assert caught.value.code == 1
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([name, "--help"] for name in cli.COMMANDS)]
)
def test_help_exits_with_0(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments, no_window)
    assert caught.value.code == 0


def test_a_cascade_that_cannot_be_used_is_told_once_and_exits_with_1(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path
) -> None:
    (cascade / "gates.onnx").unlink()
    code, records, err = check(capsys, films, "--cascade", cascade)
    assert (code, records) == (1, [])
    assert "gates.onnx" in err
    assert "Copy the whole cascade" in err


def test_films_without_a_command_go_to_the_window(films: Path, tmp_path: Path) -> None:
    opened: list[object] = []

    def window(paths: Sequence[Path], data_dir: Path | None, demo: bool, language: str | None) -> int:
        opened.extend([*paths, data_dir, demo, language])
        return 7

    arguments = [str(films / "a.dcm"), "--data-dir", str(tmp_path), "--language", "ru"]
    assert cli.main(arguments, window) == 7
    assert cli.main(["--demo"], window) == 7
    assert opened == [films / "a.dcm", tmp_path, False, "ru", None, True, None]


def test_the_cascade_of_the_settings_is_used_where_none_is_named(
    capsys: pytest.CaptureFixture[str], cascade: Path, films: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "settings.toml").write_text(f'cascade_dir = "{cascade.as_posix()}"\n', encoding="utf-8")
    code, records, _ = check(capsys, films / "a.dcm", "--data-dir", data)
    assert (code, records[0]["cascade"]) == (0, "tiny@1")
    (data / "settings.toml").write_text('intra_op_threads = "many"\n', encoding="utf-8")
    code, records, err = check(capsys, films / "a.dcm", "--data-dir", data)
    assert (code, records) == (1, [])
    assert "intra_op_threads" in err


def process(*arguments: object, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "workstation", "check", "--format", "jsonl", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment,
        # A suite started in the background inherits an ignored SIGINT; a person's terminal does not.
        preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) if os.name == "posix" else None,
    )


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Enough large films that a check does not end before a signal comes."""
    folder = tmp_path / "many"
    folder.mkdir()
    content = cv2.imencode(".png", np.random.default_rng(1).integers(0, 255, (1500, 1500), np.uint8))[
        1
    ].tobytes()
    for number in range(300):
        (folder / f"{number:03}.png").write_bytes(content) if number == 0 else os.link(
            folder / "000.png", folder / f"{number:03}.png"
        )
    return folder


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_interrupt_ends_cleanly_after_the_lines_already_printed(cascade: Path, many: Path) -> None:
    running = process(many, "--cascade", cascade)
    assert running.stdout is not None
    assert running.stderr is not None
    # Not by communicate(): what readline() has read ahead would be lost to it.
    with running:
        lines = [running.stdout.readline()]
        running.send_signal(signal.SIGINT)
        lines += running.stdout
        err = running.stderr.read()
    assert running.returncode == 130
    assert 0 < len(lines) < 300
    assert all(json.loads(line)["status"] == "ok" for line in lines)
    assert "Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_leaves_ends_it_quietly(cascade: Path, many: Path) -> None:
    running = process(many, "--cascade", cascade)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    running.stdout.close()
    err = running.stderr.read()
    running.stderr.close()
    assert running.wait(timeout=60) == 141
    assert err == ""


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals of POSIX")
@pytest.mark.parametrize(("count", "drawn"), [(5, False), (6, True)])
def test_a_bar_is_drawn_on_a_terminal_for_more_than_five_films(
    cascade: Path, films: Path, tmp_path: Path, count: int, drawn: bool
) -> None:
    import pty

    paths = [tmp_path / f"{number}.dcm" for number in range(count)]
    for path in paths:
        path.write_bytes((films / "a.dcm").read_bytes())
    ours, theirs = pty.openpty()
    running = process(*paths, "--cascade", cascade, stderr=theirs)
    os.close(theirs)
    out, _ = running.communicate(timeout=60)
    seen = b""
    with contextlib.suppress(OSError):  # Linux ends a closed pseudo-terminal with an error
        while chunk := os.read(ours, 4096):
            seen += chunk
    os.close(ours)
    assert len(out.splitlines()) == count
    assert (f"{count}/{count}".encode() in seen) is drawn
    assert (seen == b"") is not drawn


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_names_in_any_script_or_none_survive(cascade: Path, films: Path, tmp_path: Path) -> None:
    names = ["снимок грудной клетки.dcm", os.fsdecode(b"broken-\xff.dcm")]
    for name in names:
        (tmp_path / name).write_bytes((films / "a.dcm").read_bytes())
    running = process(*(tmp_path / name for name in names), "--cascade", cascade)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    files = [json.loads(line)["file"] for line in out.splitlines()]
    assert files == [str(tmp_path / name) for name in names]
