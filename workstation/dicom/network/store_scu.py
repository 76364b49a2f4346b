"""Storage SCU (C-STORE), PS3.4 Annex B: one film to one peer, its bytes untouched wherever the peer takes them."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import dcmread, uid
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.filewriter import dcmwrite
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR
from pynetdicom import _config
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.status import code_to_category

from workstation.dicom import codecs, parsing
from workstation.dicom.network.errors import (
    Interrupted,
    PeerFailed,
    broken_off,
    film_not_ready,
    film_unusable,
    no_common_context,
    store_refused,
)
from workstation.dicom.network.requestor import Interrupt, Peer, Timeouts, association
from workstation.domain.errors import UnreadableFilm

# Send files as they lie on disk: no decoding, no re-encoding. The switch is pynetdicom's, for the process.
_config.STORE_SEND_CHUNKED_DATASET = True

_FALLBACK = (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian)
_SLOWEST_LINE = 50_000
"""Bytes a second; a slower transfer counts as dead. pynetdicom's response time starts with the transfer."""

_PREFIX = "cxr-send-"
_LONGEST_SENDING_S = 86400.0
"""The largest film over the slowest line takes hours."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The peer has the film.

    Attributes:
        status: 0x0000, or a warning (0xB000, 0xB006, 0xB007: stored with changes).
        transfer_syntax: UID it was sent in.
        transcoded: it was re-encoded because the peer did not take it as stored.
    """

    status: int
    transfer_syntax: str
    transcoded: bool


def store(
    peer: Peer, path: Path, interrupt: Interrupt | None = None, timeouts: Timeouts | None = None
) -> Stored:
    """Send the DICOM file at `path`.

    Its own transfer syntax is offered first; where the peer does not accept that, the pixels are decoded and sent
    as Explicit or Implicit VR Little Endian, under the same UID (the pixel values are the same).

    Raises:
        PeerFailed: in plain words what is wrong, and whether trying again may help.
        Interrupted: `interrupt` was set.
    """
    codecs.prepare_pydicom()
    interrupt = interrupt or Interrupt()
    timeouts = timeouts or Timeouts()
    with contextlib.ExitStack() as stack:
        path, meta = _with_meta(path, stack)
        sop_class = uid.UID(meta.MediaStorageSOPClassUID)
        original = uid.UID(meta.TransferSyntaxUID)
        # Contexts of their own, so that a peer that prefers something plain still can take the original.
        contexts = [build_context(sop_class, [original])]
        others: list[str | uid.UID] = [syntax for syntax in _FALLBACK if syntax != original]
        contexts.append(build_context(sop_class, others))
        response_seconds = timeouts.response + path.stat().st_size / _SLOWEST_LINE
        with association(peer, contexts, interrupt, timeouts, response_seconds) as assoc:
            chosen = _choose(assoc.accepted_contexts, original, sop_class)
            if chosen != original:
                path = _transcoded(path, meta, chosen, stack)
            return _send(assoc, path, chosen, chosen != original, interrupt)


def _send(assoc: Association, path: Path, chosen: uid.UID, transcoded: bool, interrupt: Interrupt) -> Stored:
    if interrupt.is_set():
        raise Interrupted
    try:
        answer = assoc.send_c_store(path)
    except (RuntimeError, OSError) as exc:
        if interrupt.is_set():
            raise Interrupted(in_doubt=True) from exc
        raise broken_off() from exc
    if "Status" not in answer:
        if interrupt.is_set():
            raise Interrupted(in_doubt=True)
        raise broken_off()
    status = int(answer.Status)
    if code_to_category(status) not in ("Success", "Warning"):
        raise store_refused(status)
    return Stored(status, str(chosen), transcoded)


def _choose(accepted: list[PresentationContext], original: uid.UID, sop_class: uid.UID) -> uid.UID:
    syntaxes = [context.transfer_syntax[0] for context in accepted]
    for syntax in (original, *_FALLBACK):
        if syntax in syntaxes:
            return syntax
    raise no_common_context(sop_class.name)


def _with_meta(path: Path, stack: contextlib.ExitStack) -> tuple[Path, Dataset]:
    """The file and its file meta; a file without one, or with another's, becomes a temporary copy with its own."""
    try:
        found, meta = _own_or_made_meta(path, stack)
        for name in ("MediaStorageSOPClassUID", "TransferSyntaxUID", "MediaStorageSOPInstanceUID"):
            value = meta[name].value
            # Of an instance, peers take letters and the like too, but nothing longer: PS3.5 9.1.
            form = r".{1,64}" if name == "MediaStorageSOPInstanceUID" else r"[0-9.]{1,64}"
            if not isinstance(value, str) or not re.fullmatch(form, value):  # several, or no UID
                raise film_unusable(f"its {name} is no UID")
        return found, meta
    except PeerFailed:
        raise
    except UnreadableFilm as exc:
        raise film_unusable(codecs.NOT_DECODED) from exc
    except Exception as exc:
        if ours := _failure_of_ours(exc, path):
            raise film_not_ready(ours) from exc
        if isinstance(exc, OSError):
            raise film_unusable(exc.strerror or "it cannot be read") from exc
        # pydicom raises what it likes over a broken header, and may quote it: the type alone is told.
        raise film_unusable(f"it cannot be read ({type(exc).__name__})") from exc


def _own_or_made_meta(path: Path, stack: contextlib.ExitStack) -> tuple[Path, Dataset]:
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        raise film_unusable("it is no file")
    try:
        meta: Dataset = read_file_meta_info(path)
    except InvalidDicomError:
        meta = Dataset()
    whole = all(
        k in meta for k in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
    )
    if whole and _speaks_for_its_film(path, meta):
        return path, meta
    dataset = _read(path, meta, force=True)
    if "SOPClassUID" not in dataset or "SOPInstanceUID" not in dataset:
        raise film_unusable("it names no SOP class and instance")
    implicit, little = _is_implicit(dataset), dataset.original_encoding[1]
    # Else it would be written as it lies wherever it was declared to be what it is to become.
    dataset.set_original_encoding(implicit, little, dataset.original_character_set)
    syntax = getattr(dataset.file_meta, "TransferSyntaxUID", None)
    if syntax is None:
        syntax = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
        syntax = syntax if little else uid.ExplicitVRBigEndian
    copy = _written(dataset, syntax, stack)
    return copy, dataset.file_meta


def _speaks_for_its_film(path: Path, meta: Dataset) -> bool:
    """Whether the file meta names what the data set is, and how it is encoded.

    A peer refuses an object that is announced as another, and cannot read, or keeps unreadable, one that is announced
    in another encoding (implicit as explicit VR; this program reads both).
    """
    keywords = ["SOPClassUID", "SOPInstanceUID"]
    try:
        own = _read(path, meta, only=keywords)
        if _is_implicit(own) is not uid.UID(meta.TransferSyntaxUID).is_implicit_VR:
            return False
        return all((own.get(k) or "") in ("", meta[f"MediaStorage{k}"].value) for k in keywords)
    except Exception:  # what we cannot read the peer may take as it is
        return True


def _is_implicit(dataset: Dataset) -> bool:
    """As it is encoded, whatever its transfer syntax says: pydicom tells what it found of unread elements alone."""
    raw = next((item for item in dataset.values() if isinstance(item, RawDataElement)), None)
    return bool(dataset.original_encoding[0] if raw is None else raw.is_implicit_VR)


def _read(path: Path, meta: Dataset, force: bool = False, only: list[str] | None = None) -> Dataset:
    """The data set, whole or `only` these elements of its header.

    UnreadableFilm where a deflated one is damaged or unpacks to more than the largest film.
    """
    if meta.get("TransferSyntaxUID") == uid.DeflatedExplicitVRLittleEndian:
        parsing.parse(path.read_bytes(), path.name)  # bounded, as pydicom's unpacking is not
    return dcmread(path, force=force, specific_tags=only, stop_before_pixels=only is not None)


def _transcoded(path: Path, meta: Dataset, target: uid.UID, stack: contextlib.ExitStack) -> Path:
    """A temporary copy in the uncompressed `target` transfer syntax, same UID, same pixel values."""
    try:
        dataset = _read(path, meta)
        source = uid.UID(dataset.file_meta.TransferSyntaxUID)
        if source.is_encapsulated:
            # By our decoder alone: pydicom's others take a frame's word for its size.
            dataset.decompress(codecs.PLUGIN, generate_instance_uid=False)
        elif not source.is_little_endian:
            _swap_words(dataset)
        return _written(dataset, target, stack)
    except Exception as exc:
        if ours := _failure_of_ours(exc, path):
            raise film_not_ready(ours) from exc
        # Whatever else pydicom and its decoders raise, it is this film's fault; what they say may quote it.
        refused = isinstance(exc, UnreadableFilm) or codecs.NOT_DECODED in str(exc)
        why = codecs.NOT_DECODED if refused else f"that failed ({type(exc).__name__})"
        raise film_unusable(f"the peer wants it decompressed, and {why}") from exc


def _failure_of_ours(exc: BaseException, path: Path) -> str:
    """What this computer failed at, e.g. a full disk; ``""`` where it is the film's fault, or the film is gone.

    pydicom wraps what the system says into errors of its own, and raises an OSError without number for bad values.
    """
    seen: BaseException | None = exc
    while seen is not None:
        if isinstance(seen, MemoryError):
            return "there is not enough memory"
        if isinstance(seen, OSError) and seen.errno is not None:
            gone = isinstance(seen, FileNotFoundError) and str(seen.filename) == str(path)
            return "" if gone else os.strerror(seen.errno)
        seen = seen.__cause__ or seen.__context__
    return ""


def _swap_words(dataset: Dataset) -> None:
    """pydicom keeps OW values as the bytes of the file: swap them when the byte order changes."""
    for element in dataset.iterall():
        if element.VR == "OW" and isinstance(element.value, bytes):
            element.value = np.frombuffer(element.value, ">u2").astype("<u2").tobytes()


def _keep_texts(dataset: Dataset) -> None:
    """Leave texts the bytes they are: decoded and encoded anew, those in another character set than told are lost.

    For Implicit VR, which does not write that they are no texts to pydicom any more.
    """
    for tag in list(dataset.keys()):
        element: object = dataset.get_item(tag)
        if isinstance(element, RawDataElement) and element.VR in CUSTOMIZABLE_CHARSET_VR:
            dataset[tag] = DataElement(tag, "UN", element.value)
        elif getattr(element, "VR", None) == "SQ":
            for item in dataset[tag].value:
                _keep_texts(item)


def _written(dataset: Dataset, target: uid.UID, stack: contextlib.ExitStack) -> Path:
    # TemporaryDirectory is readable by this user alone.
    folder = stack.enter_context(_temporary_folder())
    meta = getattr(dataset, "file_meta", None) or FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = target
    dataset.file_meta = meta
    if target.is_implicit_VR:
        _keep_texts(dataset)
    path = folder / "film.dcm"
    dcmwrite(
        path,
        dataset,
        implicit_vr=target.is_implicit_VR,
        little_endian=target.is_little_endian,
        enforce_file_format=True,
    )
    return path


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    _remove_left_over(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        yield Path(folder)


def _remove_left_over(folder: Path) -> None:
    """Copies that a killed program left: they name patients, and nobody else knows of them."""
    for left in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, or gone meanwhile
            if time.time() - left.stat().st_mtime > _LONGEST_SENDING_S:
                shutil.rmtree(left)
