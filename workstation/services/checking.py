"""Files and folders in, one plain record a film out: what `check` prints and scripts rely on."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workstation.dicom.reader import looks_like_dicom
from workstation.domain.errors import CascadeUnavailable, KnownError
from workstation.domain.projection import Projection
from workstation.imaging.raster import looks_like_raster
from workstation.mistakes import log_mistake
from workstation.services.advice import Adviser
from workstation.services.analysis import AnalysisService
from workstation.services.beside_films import is_plainly_no_film
from workstation.services.limits import Limit, limits_of
from workstation.services.reading import read_film
from workstation.services.verdict_record import Record, verdict_record

log = logging.getLogger(__name__)

# In a folder these are films even where their content says otherwise: a broken film must not pass unseen.
_FILM_SUFFIXES = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})
_HEAD = 132


@dataclass(slots=True)
class Listing:
    """What a walk over the named paths found.

    Attributes:
        films: paths to check, as given or below a given folder, in order.
        skipped: number of files in folders that are neither DICOM nor PNG, JPEG or TIFF and might have been meant
            as films: not texts and the like.
        problems: records of folders that could not be listed or hold no film.
    """

    films: list[str] = field(default_factory=list)
    skipped: int = 0
    problems: list[Record] = field(default_factory=list)


def list_films(paths: Iterable[str]) -> Listing:
    """Walk folders recursively, sorted by name; hidden files and DICOMDIR are left out, links are not followed.

    What its content shows to be a film is one whatever its name says.
    A path named by the user is kept whatever it is, so that its problem is told.
    """
    listing = Listing()
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - the path stays as given
            listing.films.append(path)
            continue
        before = len(listing.films), len(listing.problems)
        for found in _walk(path, listing.problems):
            if _is_film(found):
                listing.films.append(found)
            elif not is_plainly_no_film(os.path.basename(found)):  # noqa: PTH119
                listing.skipped += 1
        if (len(listing.films), len(listing.problems)) == before:
            listing.problems.append(
                _error(
                    path,
                    KnownError(
                        "no_films",
                        "The folder holds no film.",
                        "Name a folder with DICOM, PNG, JPEG or TIFF files.",
                    ),
                )
            )
    return listing


def _walk(folder: str, problems: list[Record]) -> Iterator[str]:
    def failed(error: OSError) -> None:
        cause = KnownError(
            "permission_denied" if isinstance(error, PermissionError) else "read_failed",
            f"The folder cannot be listed: {error.strerror}.",
            "Check the folder, the drive and the permissions.",
        )
        problems.append(_error(str(error.filename), cause))

    for root, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if (
                not name.startswith(".") and name.upper() != "DICOMDIR"
            ):  # an index of films, and DICOM as they are
                yield os.path.join(root, name)  # noqa: PTH118 - "./a" must not become "a"


def _is_film(path: str) -> bool:
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return False  # a pipe would wait for ever, whatever its name
    except OSError:
        return True  # let reading tell what is wrong
    if Path(path).suffix.lower() in _FILM_SUFFIXES:
        return True
    try:
        with Path(path).open("rb") as handle:
            head = handle.read(_HEAD)
    except OSError:
        return True  # let reading tell what is wrong
    return looks_like_dicom(head) or looks_like_raster(head)


class CheckService:
    """Checks films one by one.

    Args:
        analysis: ready to use; without a cascade `check` raises.
        adviser: words for the verdicts.
        language: of advice and limits, "en" or "ru".
        limits: by `load_limits`, told beside the findings they apply to.
    """

    def __init__(
        self, analysis: AnalysisService, adviser: Adviser, language: str, limits: tuple[Limit, ...] = ()
    ) -> None:
        self._analysis = analysis
        self._adviser = adviser
        self._language = language
        self._limits = limits

    def check(self, path: str, projection: Projection | None = None) -> Record:
        """Record of one file: a verdict with ``status`` ``ok``, or ``error`` with code, message and remedy.

        Raises:
            CascadeUnavailable: there is no usable cascade.
        """
        start = time.perf_counter()
        try:
            film = read_film(Path(path))
            read_ms = (time.perf_counter() - start) * 1e3
            verdict = self._analysis.analyse(film, projection)
        except CascadeUnavailable:
            raise
        except KnownError as error:
            return _error(path, error)
        except Exception as error:  # ours to mend, but the other files are still to be done
            return _error(path, failed_on_film(error))
        manifest = self._analysis.manifest
        plans = [stage.plan for stage in manifest.stages] if manifest is not None else []
        advice = self._adviser.for_verdict(verdict, film.header, self._language)
        record: Record = {
            "file": path,
            "sop_instance_uid": film.header.sop_instance_uid,
            "status": "ok",
            **verdict_record(verdict, plans),
        }
        for finding, entry in zip(verdict.findings, record["findings"], strict=True):
            weak = limits_of(self._limits, finding, verdict.projection.label, film.header, self._language)
            if weak:
                entry["limits"] = weak
        timing = record.pop("timing_ms")
        retake, cascade = record.pop("retake_suggested"), record.pop("cascade")
        record["advice"] = list(advice.lines)
        record["retake_suggested"], record["cascade"] = retake, cascade
        if film.header.notices:
            record["notices"] = [notice.code.value for notice in film.header.notices]
        record["timing_ms"] = {
            "read": round(read_ms, 1),
            **timing,
            "total": round((time.perf_counter() - start) * 1e3, 1),
        }
        return record


def failed_on_film(error: Exception) -> KnownError:
    """A mistake of the program on one film of several: logged without identifiers, and in words for the person."""
    log_mistake(log, error, "unexpected failure")
    return KnownError(
        "internal",
        f"The program failed on this film ({type(error).__name__}).",
        "Please report it with the output of --verbose; the other films are not affected.",
    )


def _error(path: str, error: KnownError) -> Record:
    return {
        "file": path,
        "status": "error",
        "error": {"code": error.code, "message": error.message, "remedy": error.remedy},
    }
