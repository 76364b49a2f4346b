"""Put a finished cascade in the place of another: `python -m models_onnx.training.install --cascade DIR --out DIR`.

It is opened by the program's own runtime first, and one film is judged; what cannot be opened is not installed.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np

from workstation.domain.errors import CascadeUnavailable
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.runner import CascadeRunner, load_sessions
from workstation.inference.specs import Manifest


def opened(cascade: Path) -> Manifest:
    """The cascade as the program reads it, as shipped, after a trial film.

    Raises:
        CascadeUnavailable: says what is wrong with it.
    """
    described = manifest.load(cascade, Preprocessing.from_steps, site=False)
    runner = CascadeRunner(described, load_sessions(described, (providers.CPU,), 2))
    runner.judge(np.full((300, 260), 90, np.uint8))
    return described


def install(cascade: Path, out: Path) -> list[str]:
    """Copy the files that the manifest names, and it last; returns their names. Nothing where both are one folder.

    Raises:
        CascadeUnavailable: as `opened`; then `out` is as it was.
    """
    described = opened(cascade)
    if cascade.resolve() == out.resolve():
        return []
    names = [*sorted({model.path.name for model in described.models.values()}), manifest.MANIFEST]
    out.mkdir(parents=True, exist_ok=True)
    for name in names:  # all of the new beside all of the old: what is left to do then takes no time
        shutil.copyfile(cascade / name, out / f"{name}.new")
    for name in names:
        (out / f"{name}.new").replace(out / name)
    return names


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cascade", type=Path, required=True, help="the finished cascade's folder")
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    try:
        names = install(args.cascade, args.out)
    except CascadeUnavailable as error:
        raise SystemExit(f"not installed: {error.message} {error.remedy}") from error
    print(f"{args.out}: {', '.join(names) or 'built in place'}")


if __name__ == "__main__":
    main()
