"""Peers of the Storage SCU: DCMTK's storescp, pynetdicom's SCP, and sockets that misbehave."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from pydicom import uid
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.console import eventually
from tests.support.dicom_maker import CR, DX
from tests.support.ports import free_port
from workstation.dicom.network.requestor import Peer, Timeouts

needs_storescp = pytest.mark.skipif(
    shutil.which("storescp") is None, reason="DCMTK is not installed (apt: dcmtk)"
)
ALL = [
    *(
        getattr(uid, name)
        for name in ("ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian")
    ),
    uid.DeflatedExplicitVRLittleEndian,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.RLELossless,
    uid.HTJ2KLossless,
]
ENDLESS = Timeouts(connect=600.0, associate=600.0, stall=600.0, response=600.0)
"""Beyond pytest's own limit: only what the test does ends a wait."""


def peer(port: int, called: str = "PACS") -> Peer:
    """Somebody on this machine, called by this console."""
    return Peer("127.0.0.1", port, called, "CXRWS")


class Shelf:
    """A Storage SCP that keeps the bytes and answers as told.

    Attributes:
        received: transfer syntax UID and data set of each object, as it came.
        statuses: C-STORE statuses of the next answers; success once they are used up.
        hold: while clear, answers wait (a minute at most).
        asked: set once an object is here and its answer is due.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.statuses: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        self.asked = threading.Event()

    def store(self, event: evt.Event) -> int:
        """Handler of EVT_C_STORE."""
        self.asked.set()
        self.hold.wait(60)
        self.received.append((str(event.context.transfer_syntax), event.encoded_dataset(include_meta=False)))
        return self.statuses.pop(0) if self.statuses else 0


@contextlib.contextmanager
def scp(
    shelf: Shelf, syntaxes: list[uid.UID] | None = None, port: int = 0, classes: tuple[str, ...] = (CR, DX)
) -> Iterator[int]:
    """pynetdicom's Storage SCP with AE title PACS; its port. `syntaxes`: transfer syntaxes it takes, None for `ALL`."""
    ae = AE("PACS")
    ae.require_called_aet = True
    ae.add_supported_context(Verification)
    for sop_class in classes:
        ae.add_supported_context(sop_class, syntaxes or ALL)
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, shelf.store)])
    assert server is not None
    try:
        yield server.server_address[1]
    finally:
        shelf.hold.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def storescp(folder: Path, *options: str, port: int = 0) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """DCMTK's storescp with AE title PACS, keeping files as they come in `folder`: its port and process.

    What it says of each step lies in `storescp_log(folder)`.
    """
    port = port or free_port()
    command = ["storescp", "-od", str(folder), "-v", "-aet", "PACS", "+xa", "+B", *options, str(port)]
    folder.mkdir(exist_ok=True)
    with (
        storescp_log(folder).open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as process,
    ):
        try:
            eventually(lambda: listens(port))
            yield port, process
        finally:
            process.kill()


def storescp_log(folder: Path) -> Path:
    """Where `storescp` writes what it does."""
    return folder.with_suffix(".log")


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue of connections is full: further ones get no answer at all."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(address)
        yield address[1]


@contextlib.contextmanager
def mute_peer() -> Iterator[tuple[int, threading.Event]]:
    """A port that takes connections, reads and never answers; the event is set once it was spoken to."""
    heard, done = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as stack:

        def listen() -> None:
            while not done.is_set():
                if select.select([server], [], [], 0.05)[0]:
                    connection = stack.enter_context(server.accept()[0])
                    if connection.recv(65536):
                        heard.set()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            done.set()
            thread.join()


class Relay(NamedTuple):
    """A relay's own port, the port it passes on to, and an event that is set once it reads no more."""

    port: int
    target: int
    full: threading.Event


@contextlib.contextmanager
def relay(limit: int) -> Iterator[Relay]:
    """Passes the bytes of one connection both ways, but reads no more than about `limit` from the sender."""
    made = Relay(0, free_port(), threading.Event())
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            near, _ = server.accept()
            with near, socket.create_connection(("127.0.0.1", made.target)) as far:
                passed = 0
                while not done.is_set():
                    sources = [far] if passed >= limit else [near, far]
                    for source in select.select(sources, [], [], 0.05)[0]:
                        data = source.recv(min(65536, limit))
                        if not data:
                            return
                        (far if source is near else near).sendall(data)
                        passed += len(data) if source is near else 0
                        if passed >= limit:
                            made.full.set()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield made._replace(port=server.getsockname()[1])
        finally:
            done.set()
            thread.join()
