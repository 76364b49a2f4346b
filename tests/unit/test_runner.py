"""The runtime on tiny networks with known arithmetic: everything computed through ONNX Runtime."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.support.tiny_cascade import (
    edit_manifest,
    linear_model,
    make_tiny_cascade,
    replace_model,
    tiny_image,
)
from workstation.domain.edges import Edge
from workstation.domain.findings import Source, State, Verdict
from workstation.domain.projection import Projection
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.calibration import Identity, Isotonic, probabilities
from workstation.inference.outline import certain_pieces
from workstation.inference.runner import CascadeRunner, load_sessions
from workstation.inference.session import ModelSession


def runner_of(folder: Path) -> CascadeRunner:
    description = manifest.load(folder, Preprocessing.from_steps)
    return CascadeRunner(description, load_sessions(description, (providers.CPU,), 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_cascade(tmp_path / "cascade")


def states(verdict: Verdict) -> dict[str, State]:
    return {f.kind.value: f.state for f in verdict.findings}


def test_good_frontal_passes_everything(folder: Path) -> None:
    verdict = runner_of(folder).judge(tiny_image())
    assert verdict.projection.label is Projection.FRONTAL
    assert verdict.body_part is not None
    assert verdict.body_part.state is State.PASS
    assert verdict.orientation is not None
    assert verdict.orientation.rotate_deg == 0
    assert states(verdict) == {"crop": State.PASS}
    assert verdict.cascade == "tiny@1"
    assert not verdict.retake_suggested


def test_lateral_runs_its_own_branch_with_angle(folder: Path) -> None:
    verdict = runner_of(folder).judge(tiny_image(lateral=1.0, rotation=0.8))
    assert verdict.projection.label is Projection.LATERAL
    assert states(verdict) == {"crop": State.PASS, "rotation": State.WARN}
    assert verdict.rotation is not None
    assert verdict.rotation.angle_deg == pytest.approx(24.0, abs=0.1)
    assert verdict.rotation.angle_sd_deg == pytest.approx(4.0)
    assert verdict.rotation.rib_separation_pct == pytest.approx(24.0, abs=0.1)
    outer, inner = verdict.rotation.rib_contours
    assert np.array(outer) == pytest.approx(np.array([[0.9, 0.2], [0.9, 0.8]]), abs=0.001)
    assert np.array(inner) == pytest.approx(np.array([[0.66, 0.2], [0.66, 0.8]]), abs=0.001)


def test_a_rib_contour_that_is_uncertain_is_not_drawn(folder: Path) -> None:
    edit_manifest(folder, lambda m: m["stages"][-1]["reads"].update(certainty="half_certain"))
    found = runner_of(folder).judge(tiny_image(lateral=1.0, rotation=0.8)).rotation
    assert found is not None
    (outer,) = found.rib_contours
    assert np.array(outer) == pytest.approx(np.array([[0.9, 0.2], [0.9, 0.8]]), abs=0.001)
    assert found.rib_separation_pct == pytest.approx(24.0, abs=0.1)


def test_a_contour_falls_into_the_pieces_that_are_certain() -> None:
    line = np.array([[0.5, k / 10] for k in range(8)])
    sure = np.array([0.9, 0.5, 0.1, 0.9, 0.2, 0.8, 0.8, 0.8])
    upper, lower = certain_pieces(line, sure)
    assert upper == ((0.5, 0.0), (0.5, 0.1))
    assert lower == ((0.5, 0.5), (0.5, 0.6), (0.5, 0.7))
    assert certain_pieces(line, np.zeros(8)) == ()
    assert certain_pieces(line, np.ones(8)) == (tuple(map(tuple, line)),)


def test_a_rotation_stage_may_give_no_more_than_a_score(folder: Path) -> None:
    edit_manifest(folder, lambda m: m["stages"][-1].update(reads={"score": "rotation_logit"}))
    found = runner_of(folder).judge(tiny_image(lateral=1.0, rotation=0.8)).rotation
    assert found is not None
    assert found.state is State.WARN
    assert (found.angle_deg, found.rib_separation_pct, found.rib_contours) == (None, None, ())


@pytest.mark.parametrize("edge", list(Edge))
def test_cut_edge_is_named_and_scored(folder: Path, edge: Edge) -> None:
    verdict = runner_of(folder).judge(tiny_image(cut=(edge.value,)))
    assert verdict.crop is not None
    assert verdict.crop.state is State.WARN
    assert verdict.crop.edges == (edge,)
    assert verdict.crop.edge_scores[edge] > 0.9
    assert all(score < 0.1 for other, score in verdict.crop.edge_scores.items() if other is not edge)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_film_gets_its_edges_and_outline_back_as_stored(folder: Path, turn: int) -> None:
    # Turned anticlockwise by `turn`, so that as much clockwise sets it upright.
    stored = np.rot90(tiny_image(cut=("left",)), turn // 90)
    cut = {0: Edge.LEFT, 90: Edge.BOTTOM, 180: Edge.RIGHT, 270: Edge.TOP}[turn]
    verdict = runner_of(folder).judge(np.ascontiguousarray(stored))
    assert verdict.orientation is not None
    assert verdict.orientation.rotate_deg == turn
    assert verdict.crop is not None
    assert verdict.crop.edges == (cut,)
    brightest = {tuple(np.round(p, 1)) for polygon in verdict.crop.lung_outline for p in polygon}
    on_border = {Edge.LEFT: (0, 0.0), Edge.RIGHT: (0, 1.0), Edge.TOP: (1, 0.0), Edge.BOTTOM: (1, 1.0)}[cut]
    assert any(point[on_border[0]] == on_border[1] for point in brightest)


@pytest.mark.parametrize(("turn", "cut"), [(90, Edge.TOP), (180, Edge.LEFT), (270, Edge.BOTTOM)])
def test_turned_and_mirrored_film_gets_its_edges_and_outline_back_as_stored(
    folder: Path, turn: int, cut: Edge
) -> None:
    edit_manifest(
        folder,
        lambda m: [c.update(mirrored=c["rotate_deg"] > 0) for s in m["stages"] for c in s.get("classes", ())],
    )
    # Mirrored, then turned anticlockwise: as much clockwise and mirrored sets it upright.
    stored = np.rot90(np.fliplr(tiny_image(cut=("left",))), turn // 90)
    verdict = runner_of(folder).judge(np.ascontiguousarray(stored))
    assert verdict.orientation is not None
    assert (verdict.orientation.rotate_deg, verdict.orientation.mirrored) == (turn, True)
    assert verdict.crop is not None
    assert verdict.crop.edges == (cut,)
    axis, border = {Edge.LEFT: (0, 0.0), Edge.TOP: (1, 0.0), Edge.BOTTOM: (1, 1.0)}[cut]
    points = [point for polygon in verdict.crop.lung_outline for point in polygon]
    assert any(point[axis] == pytest.approx(border, abs=0.01) for point in points)


def test_inverted_film_is_corrected_for_later_stages(folder: Path) -> None:
    verdict = runner_of(folder).judge(tiny_image(lateral=1.0, cut=("top",), inverted=True))
    assert verdict.polarity is not None
    assert verdict.polarity.state is State.WARN
    assert verdict.projection.label is Projection.LATERAL
    assert verdict.crop is not None
    assert verdict.crop.edges == (Edge.TOP,)


def test_no_chest_stops_the_walk(folder: Path) -> None:
    verdict = runner_of(folder).judge(tiny_image(blank=True))
    assert verdict.body_part is not None
    assert verdict.body_part.state is State.WARN
    assert verdict.projection.label is Projection.UNKNOWN
    assert set(states(verdict).values()) == {State.NOT_ASSESSED}
    assert all(f.score is None and f.reason for f in verdict.findings)


def test_radiographer_overrides_the_projection(folder: Path) -> None:
    verdict = runner_of(folder).judge(tiny_image(lateral=0.0, rotation=1.0), Projection.LATERAL)
    assert verdict.projection.label is Projection.LATERAL
    assert verdict.projection.source is Source.USER
    assert verdict.projection.probability_lateral is not None
    assert verdict.projection.probability_lateral < 0.1
    assert states(verdict)["rotation"] is State.WARN


def test_models_run_once_a_film_whatever_reads_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    true_run = ModelSession.run

    def counting(self: ModelSession, tensor: np.ndarray) -> object:
        ran.append(self.model.name)
        return true_run(self, tensor)

    runner = runner_of(folder)
    monkeypatch.setattr(ModelSession, "run", counting)
    runner.judge(tiny_image(lateral=1.0))
    assert sorted(ran) == ["gates", "lateral"]


def test_failing_model_costs_only_its_own_stages(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_of(folder)
    true_run = ModelSession.run

    def failing(self: ModelSession, tensor: np.ndarray) -> object:
        if self.model.name == "frontal":
            raise RuntimeError("out of memory")
        return true_run(self, tensor)

    monkeypatch.setattr(ModelSession, "run", failing)
    verdict = runner.judge(tiny_image())
    assert verdict.projection.state is State.PASS
    assert verdict.crop is not None
    assert verdict.crop.state is State.NOT_ASSESSED
    assert verdict.crop.score is None
    assert verdict.crop.reason
    assert "frontal failed" in caplog.text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("output", ["crop_logit", "edge_logits", "beyond"])
def test_what_is_no_number_is_not_a_verdict(folder: Path, output: str, number: float) -> None:
    # One value of the output suffices: infinity would be a certainty, and an edge of NaN never named.
    outputs = {"crop_logit": [0.0], "edge_logits": [0.0] * 4, "beyond": [0.0] * 4}
    outputs[output][-1] = number
    network = linear_model(
        {name: (np.zeros((1024, len(bias)), np.float32), bias) for name, bias in outputs.items()},
        {"mask_logits": (1.0, 0.0)},
    )
    replace_model(folder, "frontal", network)
    verdict = runner_of(folder).judge(tiny_image())
    assert verdict.crop is not None
    assert verdict.crop.state is State.NOT_ASSESSED
    assert verdict.crop.edge_scores == {}
    assert "finite" in verdict.crop.reason


@pytest.mark.parametrize("edge", list(Edge))
def test_how_far_the_lung_goes_on_is_told_for_the_edges_named(folder: Path, edge: Edge) -> None:
    verdict = runner_of(folder).judge(tiny_image(cut=(edge.value,)))
    assert verdict.crop is not None
    assert verdict.crop.edges == (edge,)
    assert verdict.crop.beyond == {edge: pytest.approx(0.05, abs=0.01)}


def test_temperature_and_isotonic_change_the_score(folder: Path) -> None:
    image = tiny_image(lateral=0.6)
    plain = runner_of(folder).judge(image).projection.probability_lateral
    edit_manifest(
        folder,
        lambda m: m["stages"][3].update(
            calibration={"method": "temperature", "temperature": 2.0, "bias": -2.0}
        ),
    )
    cooled = runner_of(folder).judge(image).projection.probability_lateral
    edit_manifest(
        folder,
        lambda m: m["stages"][3].update(calibration={"method": "isotonic", "x": [0.0, 1.0], "y": [0.2, 0.4]}),
    )
    squeezed = runner_of(folder).judge(image).projection.probability_lateral
    assert plain == pytest.approx(1 / (1 + np.exp(-2.0)), abs=0.01)
    assert cooled == pytest.approx(0.5, abs=0.02)
    assert squeezed == pytest.approx(0.2 + 0.2 * (plain or 0), abs=1e-6)


def test_no_network_is_sure_beyond_doubt() -> None:
    for activation, raw in (("sigmoid", [900.0, -900.0]), ("softmax", [900.0, -900.0]), ("none", [1.0, 0.0])):
        found = probabilities(np.array(raw), activation, Identity())
        assert 0.0 < found[1] < 1e-5
        assert 1.0 - 1e-5 < found[0] < 1.0
    step = Isotonic((0.0, 0.5, 1.0), (0.0, 0.0, 1.0))
    assert probabilities(np.array([-5.0]), "sigmoid", step)[0] > 0.0


def test_the_calibration_of_the_score_moves_neither_edges_nor_outline(folder: Path) -> None:
    image = tiny_image(cut=("left",))
    plain = runner_of(folder).judge(image).crop
    moved = {"method": "temperature", "temperature": 1.0, "bias": -9.5}
    edit_manifest(
        folder, lambda m: [s.update(calibration=moved) for s in m["stages"] if s["name"] == "crop_frontal"]
    )
    found = runner_of(folder).judge(image).crop
    assert plain is not None
    assert found is not None
    assert found.score != plain.score
    assert found.edge_scores == plain.edge_scores
    assert found.lung_outline == plain.lung_outline


def test_outline_drops_specks_and_stays_in_the_film(folder: Path) -> None:
    image = tiny_image(cut=("left",))
    image[92:96, 108:112] = 255  # one value of the mask
    verdict = runner_of(folder).judge(image)
    assert verdict.crop is not None
    bar, strip = verdict.crop.lung_outline  # the head's and the cut edge's, the larger first
    assert min(x for x, _ in bar) > 0.2
    assert min(x for x, _ in strip) == 0.0
    assert all(0 <= v <= 1 for polygon in verdict.crop.lung_outline for point in polygon for v in point)


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (500, 7)])
def test_odd_shapes_are_judged_without_a_crash(folder: Path, shape: tuple[int, int]) -> None:
    verdict = runner_of(folder).judge(np.full(shape, 90, np.uint8))
    assert verdict.projection.label in (Projection.FRONTAL, Projection.LATERAL)


def test_missing_provider_falls_back_to_the_cpu_and_says_so() -> None:
    chosen = providers.choose(["NoSuchExecutionProvider"])
    assert chosen.names == (providers.CPU,)
    assert "NoSuchExecutionProvider" in chosen.notice
    assert providers.choose(["cpu"]) == providers.Providers((providers.CPU,))
