"""`python -m models_onnx.training.adapters COLLECTION ROOT --out labels.csv`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from models_onnx.training.adapters.collections import COLLECTIONS
from models_onnx.training.adapters.rows import CollectionUnreadable, write


def main(argv: list[str] | None = None) -> int:
    """Write the labels file; 0 done, 1 the folder is not the collection's (said on standard error), 2 misuse."""
    parser = argparse.ArgumentParser(prog="python -m models_onnx.training.adapters")
    parser.add_argument("collection", choices=tuple(COLLECTIONS))
    parser.add_argument("root", type=Path, help="the folder as the collection was unpacked")
    parser.add_argument(
        "--out", type=Path, required=True, help="labels file; its paths are relative to its folder"
    )
    args = parser.parse_args(argv)
    try:
        written, missing = write(COLLECTIONS[args.collection](args.root), args.out)
    except (CollectionUnreadable, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{written} films in {args.out}; {missing} more are listed but not there")
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
