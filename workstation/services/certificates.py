"""The TLS files of the settings, and a word in time before a certificate ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from workstation.assets import expanded
from workstation.dicom.network.tls import TlsFiles, TlsFilesInvalid, expires
from workstation.domain.errors import KnownError
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener, WorklistPeer

WARN_DAYS = 30


class CertificateEnds(KnownError):
    """One of our certificates has ended or ends soon."""


def tls_files(of: Listener | Destination | WorklistPeer) -> TlsFiles:
    """The network's view of the TLS files in the settings."""
    return TlsFiles(_path(of.tls_certificate), _path(of.tls_key), _path(of.tls_authorities))


def certificate_warnings(settings: Settings, now: datetime) -> list[KnownError]:
    """What is wrong with our certificates, or will be within `WARN_DAYS` days; one entry per file.

    Args:
        now: an aware time.
    """
    return list(_warnings(settings, now))


def _warnings(settings: Settings, now: datetime) -> Iterator[KnownError]:
    users: list[Listener | Destination | WorklistPeer] = [d for d in settings.destinations if d.tls]
    if settings.listener.enabled and settings.listener.tls:
        users.append(settings.listener)
    if settings.worklist.enabled and settings.worklist.tls:
        users.append(settings.worklist)
    files = dict.fromkeys(path for user in users if (path := tls_files(user).certificate) is not None)
    for path in files:
        try:
            end = expires(path)
        except TlsFilesInvalid as error:
            yield error
            continue
        if end < now + timedelta(days=WARN_DAYS):
            word = "ended" if end < now else "ends"
            yield CertificateEnds(
                "certificate_ends",
                f"The certificate {path.name} {word} on {end:%Y-%m-%d}.",
                "Have a new one made and name it in the settings.",
            )


def _path(text: str) -> Path | None:
    return expanded(text) if text.strip() else None
