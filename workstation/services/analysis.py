"""One film in, one verdict out. A cascade that cannot be used costs the analysis, never the program."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workstation.domain.errors import CascadeUnavailable
from workstation.domain.findings import Verdict
from workstation.domain.projection import Projection
from workstation.imaging.lut import analysis_image
from workstation.imaging.preprocess import Preprocessing
from workstation.inference import manifest, providers
from workstation.inference.runner import CascadeRunner, load_sessions
from workstation.inference.specs import Manifest
from workstation.services.film import Film

log = logging.getLogger(__name__)


class AnalysisService:
    """Analyses films with the cascade of one folder; thread-safe.

    Making the service is cheap. The cascade is read, checked and warmed up once: by `warm_up` (best on a worker
    thread at start), or else by the first `analyse`.

    Args:
        cascade_dir: folder of manifest.json and its ONNX files.
        execution_providers: ONNX Runtime providers in order of preference; empty means the CPU.
        threads: threads within one network; 0 means the cores this process may use, 4 at most.
        site: use the site's own calibration where one lies beside the manifest.
    """

    def __init__(
        self,
        cascade_dir: Path,
        execution_providers: Sequence[str] = (),
        threads: int = 0,
        site: bool = True,
    ) -> None:
        self._folder = cascade_dir
        self._site = site
        self._wanted = tuple(execution_providers)
        self._notice = ""
        self._threads = providers.thread_count(threads)
        self._lock = threading.Lock()
        self._runner: CascadeRunner | None = None
        self._unavailable: CascadeUnavailable | None = None

    @property
    def unavailable(self) -> CascadeUnavailable | None:
        """Why there is no analysis; None while it works, and before the first `warm_up`."""
        return self._unavailable

    @property
    def cascade_name(self) -> str:
        """name@version, ``""`` where there is no cascade (yet)."""
        return self._runner.manifest.label if self._runner is not None else ""

    @property
    def manifest(self) -> Manifest | None:
        """The cascade's description, None where there is no cascade (yet)."""
        return self._runner.manifest if self._runner is not None else None

    @property
    def notice(self) -> str:
        """What is not as the settings want it (an execution provider that is not there); known once loaded."""
        return self._notice

    def warm_up(self) -> bool:
        """Load, check and run the cascade once; True where it can be used. Never raises for a bad cascade."""
        try:
            self._ready_runner()
        except CascadeUnavailable:
            return False
        return True

    def analyse(self, film: Film, projection: Projection | None = None) -> Verdict:
        """Verdict on one film, with `timing_ms`: preprocess, inference, total.

        Args:
            film: as read; the networks see its presentation image (see `analysis_image`).
            projection: the radiographer's word; the cascade then runs the stages of that branch.

        Raises:
            CascadeUnavailable: there is no usable cascade; the same error each time.
        """
        runner = self._ready_runner()
        start = time.perf_counter()
        image = analysis_image(film.header.greyscale, film.pixels)
        rendered = (time.perf_counter() - start) * 1e3
        verdict = runner.judge(image, projection)
        timing = dict(verdict.timing_ms)
        timing["preprocess"] += rendered
        timing["total"] = (time.perf_counter() - start) * 1e3
        return replace(verdict, timing_ms=timing)

    def _ready_runner(self) -> CascadeRunner:
        with self._lock:
            if self._unavailable is not None:
                known = self._unavailable
                raise CascadeUnavailable(known.code, known.message, known.remedy)
            if self._runner is None:
                try:
                    self._runner = self._load()
                except CascadeUnavailable as error:
                    log.error("cascade unavailable: %s", error.message)
                    self._unavailable = error
                    raise
            return self._runner

    def _load(self) -> CascadeRunner:
        description = manifest.load(self._folder, Preprocessing.from_steps, self._site)
        chosen = providers.choose(self._wanted)
        self._notice = chosen.notice
        sessions = load_sessions(description, chosen.names, self._threads)
        for session in sessions.values():
            if chosen.names[0] not in session.providers:
                # ONNX Runtime drops a provider whose libraries or device are missing and goes on without it.
                self._notice = (
                    f"{chosen.names[0]} cannot be used on this machine; the analysis runs on the CPU."
                )
        runner = CascadeRunner(description, sessions)
        runner.warm_up()
        if self._notice:
            log.warning(self._notice)
        log.info("cascade %s ready, %d thread(s)", description.label, self._threads)
        return runner
