"""Verification SCU (C-ECHO), PS3.4 Annex A: is the peer there, and does it know us?"""

from __future__ import annotations

import time

from pydicom.uid import UID
from pynetdicom.presentation import build_context

from workstation.dicom.network.errors import Interrupted, PeerFailed
from workstation.dicom.network.requestor import Interrupt, Peer, Timeouts, association

_VERIFICATION = UID("1.2.840.10008.1.1")


def echo(peer: Peer, interrupt: Interrupt | None = None, timeouts: Timeouts | None = None) -> float:
    """Associate, C-ECHO, release.

    Returns:
        Time of all three in milliseconds.

    Raises:
        PeerFailed: in plain words what is wrong.
        Interrupted: `interrupt` was set.
    """
    interrupt = interrupt or Interrupt()
    timeouts = timeouts or Timeouts()
    start = time.perf_counter()
    contexts = [build_context(_VERIFICATION)]
    with association(peer, contexts, interrupt, timeouts, timeouts.response) as assoc:
        status = assoc.send_c_echo()
        if "Status" not in status:
            raise Interrupted if interrupt.is_set() else _broken_off()
        if status.Status != 0x0000:
            raise _refused(int(status.Status))
    return (time.perf_counter() - start) * 1000


def _broken_off() -> PeerFailed:
    return PeerFailed(
        "echo_broken_off",
        "The connection broke off before the peer answered.",
        "Test again; if it happens again, check the network and ask the peer's administrator.",
        passing=True,
        peer_wide=True,
    )


def _refused(status: int) -> PeerFailed:
    return PeerFailed(
        "echo_refused",
        f"The peer answers the test with a failure (0x{status:04X}).",
        "Ask the peer's administrator with that number.",
        passing=True,
        peer_wide=True,
    )
