"""The shipped cascade in models_onnx/: complete, small enough, sane on pictures that need no data set."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from models_onnx.training.shipped import Shipped, calibrated
from tests.support.blades import askew, behind_blades
from workstation.domain.field import CollimatedField
from workstation.domain.film import Window
from workstation.domain.findings import CropFinding
from workstation.domain.projection import Projection
from workstation.imaging.lut import analysis_image, auto_voi, display_lut, presentation_image, render_8bit
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest as manifests
from workstation.inference.runner import CascadeRunner
from workstation.inference.session import ModelSession
from workstation.services.reading import read_film

FOLDER = Path(__file__).resolve().parents[2] / "models_onnx"
pytestmark = pytest.mark.skipif(
    not (FOLDER / "manifest.json").exists(),
    reason="this checkout ships no cascade (models_onnx/manifest.json)",
)


@pytest.fixture(scope="module")
def runner() -> CascadeRunner:
    loaded = manifests.load(FOLDER, Preprocessing.from_steps)
    sessions = {
        name: ModelSession(spec, ("CPUExecutionProvider",), 2) for name, spec in loaded.models.items()
    }
    return CascadeRunner(loaded, sessions)


def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    ramp = np.linspace(0, 255, 320).astype(np.uint8)
    return {
        "black": np.zeros((300, 200), np.uint8),
        "white": np.full((64, 64), 255, np.uint8),
        "noise": rng.integers(0, 256, (512, 400), dtype=np.uint8),
        "wedge": np.repeat((ramp // 32 * 32)[None], 256, 0),
        "tall": rng.integers(0, 256, (900, 60), dtype=np.uint8),
    }


def test_files_are_those_the_manifest_names_and_small_enough_to_ship() -> None:
    loaded = manifests.load(FOLDER, Preprocessing.from_steps)
    sizes = [
        len(manifests.read_model(spec)) for spec in loaded.models.values()
    ]  # raises where a hash differs
    assert sum(sizes) < 60e6
    assert {p.name for p in FOLDER.glob("*.onnx")} == {spec.path.name for spec in loaded.models.values()}


def test_the_cascade_has_its_stages() -> None:
    data = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    names = [stage["name"] for stage in data["stages"]]
    assert names[:4] == ["body_part", "polarity", "orientation", "projection"]
    assert {"crop_frontal", "crop_lateral"} <= set(names)


@pytest.mark.parametrize("name", list(pictures()))
def test_no_chest_is_called_no_chest(runner: CascadeRunner, name: str) -> None:
    verdict = runner.judge(pictures()[name])
    assert verdict.body_part is not None
    assert verdict.body_part.state.value == "warn", verdict.body_part


DEMO = FOLDER.parent / "resources" / "demo"
# What resources/demo/README.md says of each film: projection and the edges that cut the lung.
DEMO_FILMS = (
    ("01_frontal_good.dcm", "frontal", set()),
    ("02_frontal_cut_bottom.dcm", "frontal", {"bottom"}),
    ("03_frontal_cut_side.dcm", "frontal", {"right"}),
    ("04_lateral_good.dcm", "lateral", set()),
    ("05_lateral_rotated.dcm", "lateral", set()),
    ("06_lateral_cut_posterior.dcm", "lateral", {"right"}),
)


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
@pytest.mark.parametrize(("name", "projection", "edges"), DEMO_FILMS)
def test_demo_films(runner: CascadeRunner, name: str, projection: str, edges: set[str]) -> None:
    verdict = runner.judge(shown(DEMO / name))
    assert verdict.body_part is not None
    assert verdict.body_part.state.value == "pass"
    assert verdict.polarity is not None
    assert verdict.polarity.state.value == "pass"
    assert verdict.orientation is not None
    assert verdict.orientation.state.value == "pass"
    assert verdict.projection.label.value == projection
    assert verdict.crop is not None
    if edges:
        assert verdict.crop.state.value in ("warn", "unsure"), verdict.crop
        assert {e.value for e in verdict.crop.edges} & edges
    else:
        assert verdict.crop.state.value != "warn", verdict.crop


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
def test_a_film_whose_window_drowns_it_in_white_is_judged_all_the_same(runner: CascadeRunner) -> None:
    film = read_film(DEMO / "01_frontal_good.dcm")
    drowned = replace(film.header.greyscale, windows=(Window(300, 600),), voi_luts=())
    white = presentation_image(drowned, film.pixels)
    assert (white == 255).mean() > 0.6
    assert runner.judge(white).projection.label is not Projection.FRONTAL or runner.judge(white).crop is None
    verdict = runner.judge(analysis_image(drowned, film.pixels))
    assert verdict.projection.label is Projection.FRONTAL
    assert verdict.crop is not None
    assert verdict.crop.state.value == "pass"


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
@pytest.mark.parametrize(("name", "projection", "edges"), DEMO_FILMS)
@pytest.mark.parametrize("side", [0.005, 0.15], ids=["dead pixels", "marker"])
def test_a_film_with_one_spot_far_beyond_its_values_is_judged_all_the_same(
    runner: CascadeRunner, name: str, projection: str, edges: set[str], side: float
) -> None:
    """A burnt-in marker or a dead pixel of a film without a window leaves the film a handful of greys."""
    film = read_film(DEMO / name)
    pixels = film.pixels // 2
    pixels[4 : 5 + int(side * film.header.rows), 4 : 5 + int(side * film.header.columns)] = 65535
    without = replace(film.header.greyscale, bits_stored=16, windows=(), voi_luts=())
    assert len(np.unique(render_8bit(pixels, display_lut(without, auto_voi(without, pixels))))) < 16
    verdict = runner.judge(analysis_image(without, pixels))
    assert verdict.body_part is not None
    assert verdict.body_part.state.value == "pass"
    assert verdict.projection.label.value == projection
    assert verdict.crop is not None
    assert not edges or {e.value for e in verdict.crop.edges} & edges


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
@pytest.mark.parametrize("grey", [0, 255])
@pytest.mark.parametrize("name", [name for name, _, _ in DEMO_FILMS])
def test_a_thin_frame_changes_nothing(runner: CascadeRunner, name: str, grey: int) -> None:
    film = shown(DEMO / name)
    film = film[film.shape[0] // 40 :, film.shape[1] // 40 :]
    frame = max(film.shape) // 70
    alone, verdict = runner.judge(film), runner.judge(np.pad(film, frame, constant_values=grey))
    assert verdict.state is alone.state
    for one, other in zip(alone.findings, verdict.findings, strict=True):
        # Black air beside the chest goes with a black frame.
        assert one.score == pytest.approx(other.score, abs=0.02)


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
@pytest.mark.parametrize(("degrees", "band"), [(-2.0, 0), (4.0, 0), (4.0, 0.08)])
@pytest.mark.parametrize("name", [name for name, _, _ in DEMO_FILMS])
def test_a_film_that_lies_askew_is_judged_as_upright(
    runner: CascadeRunner, name: str, degrees: float, band: float
) -> None:
    film = shown(DEMO / name)
    picture, turn = askew(film, degrees, band=round(band * max(film.shape)))
    alone, verdict = runner.judge(film), runner.judge(picture)
    assert verdict.collimation.whole == (not band)
    for one, other in zip(alone.findings, verdict.findings, strict=True):
        assert one.state is other.state
        assert one.score == pytest.approx(other.score, abs=0.1)
    assert alone.crop is not None
    assert verdict.crop is not None
    assert set(alone.crop.edges) == set(verdict.crop.edges)

    def middle(crop: CropFinding, of: np.ndarray) -> np.ndarray:
        points = np.concatenate([np.array(line) for line in crop.lung_outline]) * of.shape[::-1]
        return (points.min(axis=0) + points.max(axis=0)) / 2

    off = turn @ (*middle(alone.crop, film), 1) - middle(verdict.crop, picture)
    assert np.hypot(*off) < 0.03 * max(film.shape)


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
def test_training_sees_what_the_program_sees(runner: CascadeRunner) -> None:
    film, _ = askew(np.pad(shown(DEMO / "02_frontal_cut_bottom.dcm"), 5, constant_values=255), 2.0)
    shipped = Shipped(FOLDER)
    stage = shipped.stage("crop_frontal")
    raw = shipped.seen(stage["model"], film)[stage["reads"]["score"]].reshape(-1)
    crop = runner.judge(film).crop
    assert crop is not None
    assert crop.score == pytest.approx(float(calibrated(raw, stage["calibration"])[0]), abs=1e-6)
    set_right = shipped.raw(stage["model"], shipped.set_right(film))[stage["reads"]["score"]].reshape(-1)
    assert set_right == pytest.approx(raw)


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
@pytest.mark.parametrize("behind", [0, 255])
def test_behind_blades_the_field_is_found_and_its_edges_judged(runner: CascadeRunner, behind: int) -> None:
    film = shown(DEMO / "01_frontal_good.dcm")
    assert runner.judge(film).collimation.whole
    field = CollimatedField(0.0, 0.0, 1.0, 0.6)
    verdict = runner.judge(behind_blades(film, field, behind))
    assert astuple(verdict.collimation) == pytest.approx(astuple(field), abs=0.015)
    assert verdict.crop is not None
    assert (verdict.crop.state.value, verdict.crop.edges[0].value) == ("warn", "bottom")


@pytest.mark.skipif(not DEMO.is_dir(), reason="this checkout has no demo study")
def test_a_film_that_is_inverted_or_upside_down_is_found_out(runner: CascadeRunner) -> None:
    film = shown(DEMO / "01_frontal_good.dcm")
    inverted = runner.judge(255 - film)
    assert inverted.polarity is not None
    assert inverted.polarity.state.value == "warn"
    upside_down = runner.judge(np.ascontiguousarray(film[::-1, ::-1]))
    assert upside_down.orientation is not None
    assert (upside_down.orientation.state.value, upside_down.orientation.rotate_deg) == ("warn", 180)


def shown(path: Path) -> np.ndarray:
    film = read_film(path)
    return render_8bit(film.pixels, display_lut(film.header.greyscale))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.onnx")), ids=lambda path: path.stem)
def test_files_hold_no_trace_of_the_machine_that_made_them(path: Path) -> None:
    graph = onnx.load(path).graph
    assert graph.node
    assert not [node.name for node in graph.node if node.metadata_props or node.doc_string]


def test_the_card_tells_the_figures_of_the_manifest() -> None:
    card = " ".join((FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8").split())
    data = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    stages = {stage["name"]: stage for stage in data["stages"]}
    rotation = stages["rotation_lateral"]
    found = rotation["provenance"]["metrics"]
    for name, of_ct in found["left_out_ct"].items():
        low, high = of_ct["raw"]["auc_10_vs_5_ci"]
        area = f"{of_ct['raw']['auc_10_vs_5']:.3f} ({low:.3f}-{high:.3f})"
        assert f"| {name} | {of_ct['raw']['n']} | {area} |" in card
    pooled = found["pooled"]
    (low, high), (least, most) = pooled["auc_10_vs_5_ci"], pooled["mae_ci"]
    # CTs are the patients: anatomies drawn alone would make it look too sure.
    assert f"**{pooled['auc_10_vs_5']:.3f}** ({low:.3f}-{high:.3f}; CTs drawn first" in card
    assert f"**{pooled['mae_deg']:.1f}" in card
    assert f"({least:.1f}-{most:.1f})" in card
    # Real films whose two readings part are not learnt from.
    (real,) = [line for line in data["models"]["rotation_lateral"]["provenance"]["data"] if "real" in line]
    learnt = real.split()[0]
    assert f"(rotation: {learnt} of them" in card
    assert f"and {learnt} real ones" in rotation["limits"][0]
    for stage, row in (
        ("crop_frontal", "| frontal, natural, ieee test half |"),
        ("crop_lateral", "| lateral, windows, real, folds 3-4: test |"),
    ):
        told = stages[stage]["provenance"]["performance"]
        line = card[card.index(row) :][:200].replace("*", "")
        assert f"| {told['films']} ({told['positive']})" in line
        assert f"| {told['sensitivity']:.2f} (" in line
        assert f"| {told['specificity']:.2f} |" in line
