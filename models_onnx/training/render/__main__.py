"""``python -m models_onnx.training.render films|plain|zero``: render a set, render CTs as they are by another renderer
(`plain`), or print each CT's own true lateral."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import cv2

from . import anatomy, batch, plain


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.render", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    films = commands.add_parser("films", help="random films with exact lung masks")
    films.add_argument("--ct", type=Path, required=True, help="folder of CT .npz files")
    films.add_argument("--cache", type=Path, required=True, help="folder for prepared CTs")
    films.add_argument("--out", type=Path, required=True)
    films.add_argument("--anatomies", type=int, default=100)
    films.add_argument("--first-seed", type=int, default=1)
    films.add_argument("--laterals", type=int, default=6, help="lateral projections an anatomy")
    films.add_argument("--frontals", type=int, default=2)
    films.add_argument("--looks", type=int, default=2, help="films a projection")
    films.add_argument(
        "--crisp", action="store_true", help="give bones back the detail that thick slices took"
    )
    films.add_argument("--processes", type=int, default=1, help="side by side; each takes about 1 GB")
    as_is = commands.add_parser("plain", help="every CT as it is, to judge by")
    as_is.add_argument("--ct", type=Path, action="append", required=True, help="folder of CTs (repeatable)")
    as_is.add_argument("--out", type=Path, required=True)
    zero = commands.add_parser("zero", help="estimate each CT's true lateral by symmetry")
    zero.add_argument("--ct", type=Path, required=True)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    folders = args.ct if isinstance(args.ct, list) else [args.ct]
    cts = sorted(ct for folder in folders for ct in folder.glob("*.npz"))
    if not cts:
        parser.error(f"no .npz in {', '.join(map(str, folders))}")
    if args.command == "zero":
        for ct in cts:
            print(ct.stem, anatomy.prepare(*anatomy.load_ct(ct), ct.stem)[1])
        return
    cv2.setNumThreads(1)
    if args.command == "plain":
        plain.render_set(cts, args.out)
        return
    batch.render_set(
        cts,
        args.cache,
        args.out,
        args.anatomies,
        args.first_seed,
        args.laterals,
        args.frontals,
        args.looks,
        crisp=args.crisp,
        processes=args.processes,
    )


if __name__ == "__main__":
    main()
