"""Who is judged by whom: every CT by the network that left it out, the real films by the network that is shipped."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_onnx.training import kept, metrics

from . import evaluate, readings, real, ship
from .data import Real, Simulated
from .evaluate import Read
from .model import ShippedRotation
from .rounds import ALL, left_out, rounds
from .train import finished, load
from .train import notes as trained_notes

SIDE_FROM_PCT = 4.0  # contours closer than this (% of lung depth) have no outer one to speak of
SEEDS = (1, 2)  # every run is made with each: the finder of the first and the readers of all are shipped


def run(work: Path, seed: int, name: str) -> Path:
    """Folder of run `name` with `seed`."""
    return work / f"seed{seed}" / "runs" / name


def adapted(work: Path, seed: int, name: str, without: int | None = None) -> Path:
    """File of the networks of run `name` after the steps on real films, `without` one fold of them."""
    file = f"{name}.pt" if without is None else f"{name}_without_{without}.pt"
    return work / f"seed{seed}" / "adapted" / file


@dataclass(frozen=True)
class Which:
    """Which networks of a folder are judged and shipped: those of these `seeds`, all of them with their steps on real
    films (`real`), or none of them."""

    seeds: tuple[int, ...] = SEEDS
    real: bool = True


def network(work: Path, name: str, which: Which, without: int | None = None) -> ShippedRotation:
    """Run `name` of `work`; where real films were learnt from, `without` one fold of them.

    Raises:
        SystemExit: networks are missing, or they say that they have learnt something else.
    """
    noted(work, name, which, without)
    finders, readers = [], []
    for seed in which.seeds:
        finder, reader = (
            real.load(adapted(work, seed, name, without)) if which.real else load(None, run(work, seed, name))
        )
        finders.append(finder)
        readers.append(reader)
    return ShippedRotation(finders[0], readers).eval()


def there(work: Path, name: str, which: Which) -> bool:
    """Whether any of the seeds has run `name`, with or without steps on real films."""
    return any(adapted(work, seed, name).exists() or finished(run(work, seed, name)) for seed in which.seeds)


def noted(work: Path, name: str, which: Which, without: int | None = None) -> dict[str, Any] | None:
    """What the networks of `network` say that they have learnt (``learnt``) and how (``recipe``), without the seed, for
    they must agree in all else; None where they are of before it was kept.

    Raises:
        SystemExit: as `network`.
    """
    found: list[dict[str, Any]] = []
    for seed in which.seeds:
        path = adapted(work, seed, name, without) if which.real else run(work, seed, name)
        if not (path.exists() if which.real else finished(path)):
            raise SystemExit(
                f"{path} is missing: every seed ({', '.join(map(str, which.seeds))}) must have run {name}"
                + (" and its steps on real films" if which.real else "")
            )
        notes = real.notes(path) if which.real else trained_notes(path)
        learnt = notes.get("learnt")
        if learnt is None:
            print(f"{path}: of before networks say what they learnt from, taken as it is", flush=True)
            continue
        wrong = [
            *([f"seed {learnt['seed']}"] if learnt["seed"] != seed else []),
            *([f"left out {learnt['left_out']}"] if learnt["left_out"] != sorted(left_out(name)) else []),
            *([f"fold {without} of the real films"] if without in learnt["real_folds"] else []),
            *(["no real films"] if which.real and not learnt["real_films"] else []),
        ]
        if wrong:
            raise SystemExit(f"{path} says: {', '.join(wrong)}. It is not what its name says")
        found.append({**notes, "path": path})
    if len(found) < len(which.seeds):
        return None
    one, *others = (
        {key: _seedless(value) for key, value in notes.items() if key != "path"} for notes in found
    )
    for path, other in zip((notes["path"] for notes in found[1:]), others, strict=True):
        kept.demand(other, one, path)
    return dict(one)


def _seedless(values: dict[str, Any]) -> dict[str, Any]:
    # What the steps on real films began with hangs on the seed as well.
    return {key: value for key, value in values.items() if key not in ("seed", "networks")}


def _joined(reads: list[Read]) -> Read:
    return Read(*(np.concatenate([getattr(r, f.name) for r in reads]) for f in fields(Read)))


def held(
    films: list[Simulated], reals: list[Real], work: Path, which: Which, shipped: str = ALL
) -> tuple[ship.Held, list[Simulated]]:
    """Predictions on films whose patient the network never saw, and the simulated films in their order.

    One look of each projection is judged. CTs that no finished run left out are not in the figures. Real films of
    folds 3 and 4 are read by the ``shipped`` network, those of folds 0-2 by the one adapted without theirs.

    Raises:
        SystemExit: no run leaves CTs out; or as `network`.
    """
    reads, order = [], []
    names = rounds(f.ct for f in films)
    done = [n for n in names if there(work, n, which)]
    if not done:
        raise SystemExit(f"{work} holds no run that leaves CTs out")
    for name in done:
        mine = [f for f in films if f.ct in left_out(name) and f.look == "a"]
        reads.append(evaluate.predict(network(work, name, which), [f.pixels for f in mine]))
        order += mine
    folds = [r.fold if which.real and r.fold in real.TRAIN_FOLDS else None for r in reals]
    judges = {fold: network(work, shipped, which, fold) for fold in dict.fromkeys(folds)}
    judged = [evaluate.predict(judges[fold], [r.pixels]) for r, fold in zip(reals, folds, strict=True)]
    return ship.Held(
        _joined(reads),
        np.array([abs(f.yaw_deg) for f in order]),
        _joined(judged),
        np.array([r.grade for r in reals]),
        np.array([r.weight for r in reals]),
    ), order


def without_test_folds(h: ship.Held, reals: list[Real]) -> ship.Held:
    """What the blend may be chosen on: every simulated film, real ones of folds 0-2."""
    return _of_real(h, np.array([r.fold in real.TRAIN_FOLDS for r in reals]))


def surely_graded(h: ship.Held, reals: list[Real]) -> ship.Held:
    """What calibration and thresholds may be chosen on: as `without_test_folds`, of the real films those whose grade
    was given with at least medium confidence (a second reader contradicts a third of the others: `readings`), or all
    where the sure ones are all straight or all turned. One straight film called turned would set the threshold."""
    chosen = np.array([r.fold in real.TRAIN_FOLDS for r in reals])
    sure = chosen & readings.sure(reals)
    return _of_real(h, sure if 0 < (h.real_grade[sure] >= 1).sum() < sure.sum() else chosen)


def _of_real(h: ship.Held, chosen: NDArray[np.bool_]) -> ship.Held:
    return replace(
        h, real=h.real.part(chosen), real_grade=h.real_grade[chosen], real_weight=h.real_weight[chosen]
    )


def _folds_3_4(h: ship.Held, reals: list[Real], blend: float) -> dict[str, Any]:
    chosen = [i for i, r in enumerate(reals) if r.fold not in real.TRAIN_FOLDS]
    part = h.real.part(np.array(chosen))
    return evaluate.real_figures(part.score(blend), part, [reals[i] for i in chosen])


def left_out_angles(h: ship.Held, order: list[Simulated]) -> NDArray[np.float64]:
    """Angles of the simulated films, each CT's corrected by what the others say; degrees."""
    ct, angle = np.array([f.ct for f in order]), np.zeros(len(order))
    for name in sorted(set(ct)):
        mine, rest = ct == name, ct != name
        others = rest if rest.any() else mine
        angle[mine] = ship.corrected(
            h.sim.part(mine), ship.angle_correction(h.sim.part(others), h.sim_yaw[others])
        )
    return angle


def left_out_warnings(
    h: ship.Held, order: list[Simulated], reals: list[Real], blend: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probabilities of the simulated films and whether `warn` calls them: each CT's calibration and threshold are set
    on the others, so that no figure is true by construction. (`blend`, one of five, was chosen on all.)"""
    chosen = surely_graded(h, reals)
    ct, p, called = np.array([f.ct for f in order]), np.zeros(len(order)), np.zeros(len(order), bool)
    for name in sorted(set(ct)):
        mine, rest = ct == name, ct != name
        others = rest if rest.any() else mine
        known = replace(chosen, sim=h.sim.part(others), sim_yaw=h.sim_yaw[others])
        how = ship.calibration(known, blend)
        p[mine] = ship.probability(h.sim.part(mine).score(blend), how)
        called[mine] = p[mine] >= ship.thresholds(known, blend, how)["warn"]
    return p, called


def spread(h: ship.Held, order: list[Simulated]) -> float:
    """Standard deviation of their error, degrees."""
    return round(float(np.sqrt(np.mean((left_out_angles(h, order) - h.sim_yaw) ** 2))), 2)


def figures(
    h: ship.Held,
    order: list[Simulated],
    reals: list[Real],
    blend: float,
    how: dict[str, Any],
    limits: dict[str, float],
    correction: ship.Correction,
) -> dict[str, Any]:
    """What the card says: each left-out CT, all of them pooled, and the real films; raw angles and corrected ones."""
    score = h.sim.score(blend)
    p, called = left_out_warnings(h, order, reals, blend)
    q = ship.probability(h.real.score(blend), how)
    truth = h.sim_yaw > 10
    angle = left_out_angles(h, order)
    anatomies = [f.anatomy for f in order]
    signed = np.array([f.separation_pct for f in order])
    separation, far = np.abs(signed), signed > 0
    apart = separation > SIDE_FROM_PCT
    by_ct = {}
    for name in sorted({f.ct for f in order}):
        mine = np.array([f.ct == name for f in order])
        names = [a for a, m in zip(anatomies, mine, strict=True) if m]
        by_ct[name] = {
            "raw": evaluate.simulated_figures(score[mine], h.sim.angle[mine], h.sim_yaw[mine], names),
            "mae_corrected_deg": round(float(np.abs(angle - h.sim_yaw)[mine].mean()), 3),
            "ece": round(metrics.ece(truth[mine], p[mine]), 4),
            "sensitivity_over_10": round(float(called[mine & truth].mean()), 3),
            "specificity_under_10": round(float((~called[mine & ~truth]).mean()), 3),
            "specificity_under_5": round(float((~called[mine & (h.sim_yaw < 5)]).mean()), 3),
            "side_auc": round(metrics.auc(far[mine & apart], h.sim.side[mine & apart]), 3),
            "separation_mae_pct": round(float(np.abs(h.sim.separation - separation)[mine].mean()), 3),
        }
    grade = h.real_grade
    straight = (grade == 0) & readings.sure(reals)
    return {
        "left_out_ct": by_ct,
        "pooled": {
            **evaluate.simulated_figures(score, angle, h.sim_yaw, anatomies, [f.ct for f in order]),
            "ece": round(metrics.ece(truth, p), 4),
            "sensitivity_over_10": round(float(called[truth].mean()), 3),
            "specificity_under_10": round(float((~called[~truth]).mean()), 3),
            "specificity_under_5": round(float((~called[h.sim_yaw < 5]).mean()), 3),
            "sensitivity_over_15": round(float(called[h.sim_yaw > 15].mean()), 3),
        },
        "real": {
            **evaluate.real_figures(h.real.score(blend), h.real, reals),
            "never_seen_folds": _folds_3_4(h, reals, blend),
            "warned_by_grade": [
                f"{int((q[grade == g] >= limits['warn']).sum())} of {int((grade == g).sum())}"
                for g in (0, 1, 2)
            ],
            "warned_of_straight_sure": f"{int((q[straight] >= limits['warn']).sum())} of {int(straight.sum())}",
            "unsure_by_grade": [
                int(((q >= limits["unsure_from"]) & (q < limits["warn"]))[grade == g].sum())
                for g in (0, 1, 2)
            ],
            "corrected_angle_by_grade": [
                round(float(ship.corrected(h.real, correction)[grade == g].mean()), 1) for g in (0, 1, 2)
            ],
        },
        "second_reader": readings.agreement(reals, readings.second_reading()),
        "blend": blend,
        "angle_correction": list(correction),
        "angle_sd_deg": spread(h, order),
    }
