"""What a derived object holds: reads its film and turns a decision or a verdict into a DICOM object."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset

from workstation.dicom.evidence import read_evidence
from workstation.dicom.kos import rejection_note
from workstation.dicom.presentation_state import presentation_state, turned_state
from workstation.dicom.quality_report import quality_report
from workstation.dicom.reader import read_bytes
from workstation.dicom.secondary_capture import secondary_capture
from workstation.domain.decision import RejectReason
from workstation.domain.delivery import DeliveryKind
from workstation.domain.exposure import Exposure
from workstation.domain.film import GreyscalePipeline, VoiFunction, Window
from workstation.domain.findings import Verdict
from workstation.domain.turn import UNTURNED
from workstation.imaging.lut import VoiKind, default_voi
from workstation.services.advice import Adviser, typical_doses
from workstation.services.export import annotated_picture
from workstation.services.reading import read_film, read_film_bytes, read_header
from workstation.settings.model import Settings

_OTHER = "other"
_SAID = 4  # lines of advice that a presentation state writes on the film; more would hide it


class NothingToMake(Exception):
    """There is nothing to make the object from; the message is one word for the database."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an object is made from.

    Attributes:
        verdict: the one that counts and when it was given (ISO 8601), None where the film was not analysed.
        device_uid: names this installation.
    """

    exposure: Exposure
    verdict: tuple[Verdict, str] | None
    device_uid: str


class DerivedObjects:
    """Makes the objects of one console.

    Args:
        resources: folder of texts.
        settings: those in force: language, typical doses.
        reasons: by `load_reasons`.
    """

    def __init__(
        self, resources: Path, settings: Callable[[], Settings], reasons: tuple[RejectReason, ...]
    ) -> None:
        self._resources = resources
        self._settings = settings
        self._reasons = {reason.key: reason for reason in reasons}

    def make(self, kind: DeliveryKind, source: Source) -> Dataset:
        """The object of `kind`. The same source makes the same UIDs.

        Raises:
            NothingToMake: undecided, not turned, or no verdict.
            ValueError, OSError, UnreadableFilm: the film's file will not do.
        """
        if kind is DeliveryKind.REJECT_NOTE:
            return self._note(source)
        if kind is DeliveryKind.TURN:
            return self._turn(source)
        if source.verdict is None:
            raise NothingToMake("no_verdict")
        verdict, at = source.verdict
        film = read_evidence(Path(source.exposure.stored_path))
        made: Dataset
        if kind is DeliveryKind.SECONDARY_CAPTURE:
            made = self._capture(source, film, verdict, at)
        elif kind is DeliveryKind.PRESENTATION_STATE:
            lines = (
                self._adviser().for_verdict(verdict, source.exposure.header, self._language(), UNTURNED).lines
            )
            shown = _shown(Path(source.exposure.stored_path))
            made = presentation_state(
                film, shown, verdict, lines[:_SAID], made_at=at, device_uid=source.device_uid
            )
        else:
            made = quality_report(film, verdict, made_at=at, device_uid=source.device_uid)
        return made

    def _note(self, source: Source) -> Dataset:
        decision = source.exposure.decision
        if decision is None:
            raise NothingToMake("undecided")
        reason = self._reasons.get(decision.reason) or self._reasons.get(_OTHER)
        film = read_evidence(Path(source.exposure.stored_path))
        title = None if reason is None else reason.title
        note: Dataset = (
            rejection_note([film], decision, reason, device_uid=source.device_uid)
            if title is None
            else rejection_note([film], decision, None, title=title, device_uid=source.device_uid)
        )
        return note

    def _turn(self, source: Source) -> Dataset:
        decision = source.exposure.decision
        if decision is None or decision.turn == UNTURNED:
            raise NothingToMake("not_turned")
        path = Path(source.exposure.stored_path)
        made: Dataset = turned_state(
            read_evidence(path),
            _shown(path),
            decision.turn,
            made_at=decision.decided_at,
            device_uid=source.device_uid,
        )
        return made

    def _capture(self, source: Source, evidence: Dataset, verdict: Verdict, at: str) -> Dataset:
        film = read_film(Path(source.exposure.stored_path))
        language = self._language()
        # The copy stays in the patient's own study, beside a film that bears the same identity.
        picture = annotated_picture(
            film,
            verdict,
            self._adviser().for_verdict(verdict, film.header, language, UNTURNED),
            language,
            identified=True,
            made_at=datetime.fromisoformat(at),
        )
        capture: Dataset = secondary_capture(
            evidence,
            picture,
            made_at=at,
            derivation=f"Quality control findings of {verdict.cascade} drawn in",
        )
        return capture

    def _adviser(self) -> Adviser:
        return Adviser(self._resources, lambda: typical_doses(self._settings()))

    def _language(self) -> str:
        return language_of(self._settings())


def _shown(path: Path) -> GreyscalePipeline:
    """A film's greyscale as its file stores it, with the one window or VOI LUT by which it is first shown."""
    data = read_bytes(path)
    film = read_film_bytes(data, path.name)
    voi = default_voi(film.header.greyscale, film.pixels)[0]
    stored = read_header(data, path.name).greyscale
    if voi.kind is VoiKind.VOI_LUT:
        return replace(stored, windows=(), voi_luts=(film.header.greyscale.voi_luts[voi.index],))
    # A LINEAR window narrower than 1, which C.11.2.1.2.1 forbids, is shown by the exact formula.
    narrow = voi.function is VoiFunction.LINEAR and voi.width < 1
    function = VoiFunction.LINEAR_EXACT if narrow else voi.function
    return replace(stored, windows=(Window(voi.center, voi.width),), voi_luts=(), voi_function=function)


def language_of(settings: Settings) -> str:
    """Language of texts that are written without a window: the settings', else the system's; ``en`` or ``ru``."""
    if settings.language != "system":
        return settings.language
    spoken = next((os.environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(k)), "")
    return "ru" if spoken.lower().startswith("ru") else "en"
