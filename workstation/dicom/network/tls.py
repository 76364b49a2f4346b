"""TLS for DICOM associations: PS3.15 annex B.12 (BCP 195 profile, RFC 9325): TLS 1.2 and 1.3, modern ciphers alone."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from workstation.domain.errors import KnownError

# RFC 9325 section 4.2; those of TLS 1.3 are all recommended and stay as OpenSSL has them.
_CIPHERS = ":".join(
    f"ECDHE-{signature}-{cipher}"
    for cipher in ("AES256-GCM-SHA384", "AES128-GCM-SHA256")
    for signature in ("ECDSA", "RSA")
)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of one side.

    Attributes:
        certificate: our certificate, followed by intermediate ones; None where we need none (a client).
        key: its private key, unencrypted; None where it lies in the certificate's file.
        authorities: certificates that peers' certificates must descend from; None for the system's.
    """

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None


class TlsFilesInvalid(KnownError):
    """A certificate or key file cannot be used; the message names it."""


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """For associations that we request; the peer's certificate and host name are verified.

    Raises:
        TlsFilesInvalid: code ``"tls_files"``.
    """
    context = _hardened(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if files.authorities is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _load_authorities(context, files.authorities)
    if files.certificate is not None:
        _load_own(context, files.certificate, files.key)
    return context


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """For the listener: peers must show a certificate that one of `authorities` signed.

    Raises:
        TlsFilesInvalid: code ``"tls_files"``; also where certificate or authorities are not given.
    """
    if files.certificate is None or files.authorities is None:
        raise TlsFilesInvalid(
            "tls_files",
            "TLS needs our certificate and the certificates of trusted authorities.",
            "Name both files in the settings.",
        )
    context = _hardened(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.verify_mode = ssl.CERT_REQUIRED
    _load_authorities(context, files.authorities)
    _load_own(context, files.certificate, files.key)
    return context


def expires(certificate: Path) -> datetime:
    """When the first certificate of a PEM file ends to be valid, UTC.

    Raises:
        TlsFilesInvalid: it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as exc:
        raise _invalid(certificate, exc) from exc


def _hardened(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as exc:
        raise _invalid(path, exc) from exc


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        # A key with a password would ask on the terminal: the empty one fails instead.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as exc:
        raise _invalid(certificate, exc) from exc
    except OSError as exc:
        raise _invalid(key if key is not None and certificate.exists() else certificate, exc) from exc


def _invalid(path: Path, exc: Exception) -> TlsFilesInvalid:
    why = (
        getattr(exc, "reason", None) or getattr(exc, "strerror", None) or "no certificate or key in PEM form"
    )
    return TlsFilesInvalid(
        "tls_files",
        f"The TLS file {path} cannot be used: {why}.",
        "Give PEM files: certificate and its key (without a password), and the authorities' certificates.",
    )
