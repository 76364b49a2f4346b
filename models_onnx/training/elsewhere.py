"""Simulated films and slices of what is no chest, from CTs: `python -m models_onnx.training.elsewhere
--work DIR --render-cache DIR`.

One exposure each by `elsewhere_films`. Pelvis, hips, abdomen and lumbar spine come from one CT of an abdomen, skulls
from one CT of a head (`pictures.VOLUMES`), shoulders, necks and upper abdomens without lung, views along the body's
axis and strongly deformed "animal" trunks from the thorax CTs, limbs from analytic bars. Everything is (N, 288, 288)
uint8, bones white, in DIR/elsewhere/KIND_train.npy and KIND_val.npy (beside each KIND_..._exposures.npy); the CT that
validates elsewhere (lungdxA0002) validates here too, other kinds keep one projection in six.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from models_onnx.training import kept
from models_onnx.training.elsewhere_films import (
    U8,
    Rng,
    along_the_axis,
    animal,
    ct_slice,
    limb,
    pelvis,
    skull,
    trunk,
)
from models_onnx.training.other_cts import VOLUMES, volumes
from models_onnx.training.render import anatomy as anatomies

LOG = logging.getLogger(__name__)
VALIDATION_CT = "lungdxA0002"
LEARNT = "learnt.json"  # names of the CTs whose slices are learnt from


def exposures_of(films: Path) -> Path:
    """Where the exposures of an array of films are kept."""
    return films.with_name(f"{films.stem}_exposures.npy")


def make(
    maker: Callable[[Rng, int], Iterator[U8]],
    times: int,
    seed: int,
    out: Path,
    every: int = 0,
    name: str = "",
    inputs: Sequence[str] = (),
) -> None:
    """Call `maker` `times` times; every `every`-th call's films go to validation (0: none).

    Written once for the same arguments; `inputs` tells the CTs that `maker` takes from others. Beside each array
    OUT_exposures.npy, (N,), says of each film which call made it: films of one exposure look alike.
    """
    ends = ("train", "val") if every else (name or "train",)
    files = [Path(f"{out}_{end}.npy") for end in ends]
    recipe = {"times": times, "seed": seed, "every": every, "inputs": list(inputs)}
    if all(f.exists() and exposures_of(f).exists() and kept.agrees(kept.note(f), recipe, f) for f in files):
        return
    sides: list[list[tuple[int, U8]]] = [[] for _ in files]
    for number in range(times):
        rng = np.random.default_rng([seed, number])
        side = 1 if every and number % every == every - 1 else 0
        sides[side].extend((number, film) for film in maker(rng, number))
    for file, films in zip(files, sides, strict=True):
        numbers, made = np.array([number for number, _ in films]), np.stack([film for _, film in films])
        kept.written(exposures_of(file), lambda handle, numbers=numbers: np.save(handle, numbers))
        kept.written(file, lambda handle, made=made: np.save(handle, made))
        kept.write_note(file, recipe)
        LOG.info("%s: %d", file.name, len(films))


def build(
    work: Path, cache: Path, share_of_all: float = 1.0, no_gpl: bool = False, allow_missing: bool = False
) -> Path:
    """All kinds below `work`/elsewhere; `cache`: prepared thorax CTs (render.batch.prepared).

    `no_gpl`: nothing is learnt from the CT of a head, which is under the GPL; its skulls only validate and test.

    Raises:
        SystemExit: a CT of another part is not there (`pictures` unpacks them), and `allow_missing` is false.
    """
    out = work / "elsewhere"
    out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    extra = volumes(work)
    missing = [name for name in VOLUMES if name not in extra]
    if missing and not allow_missing:
        raise SystemExit(f"no CT of {', '.join(missing)}: run `pictures` again, or say --allow-missing")
    bases = {p.stem: anatomies.load(p) for p in sorted(cache.glob("*.npz"))}
    if not bases:
        raise RuntimeError(f"no prepared CT in {cache}: render films first")
    told = {n: f"{n} {kept.digest(cache / f'{n}.npz')}" for n in bases}
    told |= {n: f"{n} {kept.digest(hu.tobytes())}" for n, hu in extra.items()}
    learnt = [b for n, b in bases.items() if n != VALIDATION_CT]
    held = [b for n, b in bases.items() if n == VALIDATION_CT]
    n = lambda times: max(6, round(times * share_of_all))  # noqa: E731

    make(lambda rng, _: limb(rng), n(240), 41, out / "limb", 6)
    if "abdomen" in extra:
        make(
            lambda rng, _: pelvis(extra["abdomen"], rng),
            n(150),
            42,
            out / "pelvis",
            6,
            inputs=[told["abdomen"]],
        )
    if "head" in extra:
        if no_gpl:  # of a run before that did learn from it
            (out / "skull_train.npy").unlink(missing_ok=True)
        number, every, end = (15, 0, "val") if no_gpl else (90, 6, "")
        make(
            lambda rng, _: skull(extra["head"], rng), n(number), 43, out / "skull", every, end, [told["head"]]
        )
    sliced = [name for name in extra if not (no_gpl and name == "head")]
    slices = [b.hu for b in learnt] + [extra[name] for name in sliced]
    names = [told[b.name] for b in learnt]
    inputs = [*names, *(told[n] for n in sliced)]
    make(lambda rng, i: ct_slice(slices[i % len(slices)], rng), n(700), 44, out / "slice", inputs=inputs)
    kept.write_json(out / LEARNT, {"volumes": sliced, "cts": [b.name for b in learnt]})
    for group, name, times in ((learnt, "train", 1.0), (held, "val", 0.25)):
        if not group:
            continue
        if name == "val":
            inputs = [told[VALIDATION_CT]]
            make(lambda rng, _: ct_slice(held[0].hu, rng), n(120), 54, out / "slice", 0, "val", inputs)
        for kind, maker, count, seed in (
            ("trunk", trunk, 90, 45),
            ("axis", along_the_axis, 50, 46),
            ("animal", animal, 110, 47),
        ):
            make(
                lambda rng, i, maker=maker, group=group: maker(group[i % len(group)], rng),  # type: ignore[misc]
                n(count * times),
                seed + (10 if name == "val" else 0),
                out / kind,
                name=name,
                inputs=names if name == "train" else [told[VALIDATION_CT]],
            )
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument(
        "--render-cache", type=Path, required=True, help="prepared thorax CTs (render films --cache)"
    )
    ap.add_argument("--no-gpl", action="store_true", help="the CT of a head, under the GPL, only tests")
    ap.add_argument("--allow-missing", action="store_true", help="go on without CTs that are not there")
    args = ap.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    build(args.work, args.render_cache, no_gpl=args.no_gpl, allow_missing=args.allow_missing)


if __name__ == "__main__":
    main()
