"""Wounded films and broken exchanges against the listener: nothing crashes, nothing leaks, honest peers are served.

    python -m tests.robustness.node_fuzz [--files 2000] [--exchanges 500] [--seed 1]

Files: an honest association carries data sets with flipped, lost, repeated and inserted bytes; the listener may take
or refuse each, but must answer. Exchanges: a recorded honest session is replayed cut off, with wrong lengths, flipped
bytes and noise, byte by byte, or in silence; the listener must let go of each connection.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pynetdicom import AE
from pynetdicom.association import Association

from tests.robustness.test_fuzz_reader import FILMS, mutate
from tests.support.console import Console
from tests.support.dicom_maker import CR, DX, SC, make_film
from workstation.dicom.network.requestor import Peer
from workstation.dicom.network.store_scp import TRANSFER_SYNTAXES, ListenerConfig
from workstation.dicom.network.store_scu import store
from workstation.services.reception import ReceptionService

IDLE_SECONDS = 0.4
_CLASSES = (DX, CR, SC)


@dataclass
class Outcome:
    """What came of it; `problems` is empty after a good run."""

    files: Counter[str] = field(default_factory=Counter)
    exchanges: int = 0
    problems: list[str] = field(default_factory=list)


class Victim:
    """A console's listener, with an eye on what it leaks."""

    def __init__(self, root: Path) -> None:
        self.console = Console(root)
        config = ListenerConfig(port=0, address="127.0.0.1", idle_s=IDLE_SECONDS, max_object=50_000_000)
        self.service = ReceptionService(self.console.folder, self.console.intake, config)
        self.service.start()
        self.crashes: list[str] = []
        self._hook, threading.excepthook = threading.excepthook, self._crashed

    @property
    def port(self) -> int:
        return self.service.status().port

    def _crashed(self, args: threading.ExceptHookArgs) -> None:
        self.crashes.append(f"{args.exc_type.__name__} in {args.thread and args.thread.name}")

    def close(self) -> None:
        threading.excepthook = self._hook
        self.service.stop()
        self.console.close()


def run(files: int, exchanges: int, seed: int, root: Path) -> Outcome:
    """All of it in `root`."""
    outcome = Outcome()
    chance = random.Random(seed)
    victim = Victim(root / "data")
    try:
        honest = _honest(victim, root)
        honest()
        threads, handles = threading.active_count(), _handles()
        _wounded_files(victim, files, chance, root, outcome)
        session = _recorded(victim, root)
        for number in range(exchanges):
            _broken_exchange(victim.port, session, chance, number)
            outcome.exchanges += 1
            if number % 50 == 49:
                _settle(threads, outcome)
                honest()
        _settle(threads, outcome)
        honest()
        if _handles() > handles + 2:
            outcome.problems.append(f"{_handles() - handles} sockets or files leaked")
        outcome.problems += victim.crashes
    except Exception as exc:
        outcome.problems.append(f"an honest peer was not served: {exc!r}")
    finally:
        victim.close()
    return outcome


def _honest(victim: Victim, root: Path) -> Callable[[], None]:
    def send() -> None:
        film = make_film(root / "honest.dcm")
        before = victim.service.status().received
        store(Peer("127.0.0.1", victim.port, "CXRWS", "HONEST"), film)
        assert victim.service.status().received == before + 1

    return send


def _wounded_files(victim: Victim, count: int, chance: random.Random, root: Path, outcome: Outcome) -> None:
    films = [data for data in FILMS.values() if data[128:132] == b"DICM"]
    path = root / "wounded.dcm"
    assoc: Association | None = None
    for _ in range(count):
        data = chance.choice(films)
        (length,) = struct.unpack_from("<L", data, 140)
        body = 144 + length
        path.write_bytes(data[:body] + mutate(data[body:], chance))
        if assoc is None or not assoc.is_established:
            assoc = _associate(victim.port)
        answer = assoc.send_c_store(path)
        outcome.files[f"0x{answer.Status:04X}" if "Status" in answer else "no answer"] += 1
    if assoc is not None:
        assoc.release()
    if outcome.files["no answer"]:
        outcome.problems.append(f"{outcome.files['no answer']} files were not answered")


def _associate(port: int) -> Association:
    ae = AE("FUZZ")
    for sop_class in _CLASSES:
        for syntax in TRANSFER_SYNTAXES:
            ae.add_requested_context(sop_class, syntax)
    assoc = ae.associate("127.0.0.1", port, ae_title="CXRWS")
    assert assoc.is_established
    return assoc


def _recorded(victim: Victim, root: Path) -> list[bytes]:
    """The PDUs of an honest client, by a proxy."""
    heard = bytearray()
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()

        def relay() -> None:
            client, _ = proxy.accept()
            with client, socket.create_connection(("127.0.0.1", victim.port)) as server:
                back = threading.Thread(target=_pump, args=(server, client, None))
                back.start()
                _pump(client, server, heard)
                back.join()

        thread = threading.Thread(target=relay)
        thread.start()
        film = make_film(root / "recorded.dcm")
        store(Peer("127.0.0.1", proxy.getsockname()[1], "CXRWS", "HONEST"), film)
        thread.join()
    pdus = []
    while heard:
        (length,) = struct.unpack_from(">L", heard, 2)
        pdus.append(bytes(heard[: 6 + length]))
        del heard[: 6 + length]
    return pdus


def _pump(source: socket.socket, target: socket.socket, record: bytearray | None) -> None:
    try:
        while data := source.recv(65536):
            if record is not None:
                record += data
            target.sendall(data)
    except OSError:
        pass
    finally:
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _broken_exchange(port: int, session: list[bytes], chance: random.Random, number: int) -> None:
    pdus = list(session)
    at = chance.randrange(len(pdus))
    kind = number % 8
    if kind == 0:  # cut off
        pdus = [*pdus[:at], pdus[at][: chance.randrange(len(pdus[at]) + 1)]]
    elif kind == 1:  # a wrong length
        wrong = chance.choice((0, 1, 5, 0xFFFFFFFF, 0x7FFFFFFF, chance.randrange(1 << 20)))
        pdus[at] = pdus[at][:2] + struct.pack(">L", wrong) + pdus[at][6:]
    elif kind == 2:  # flipped bytes
        body = bytearray(pdus[at])
        for _ in range(chance.randrange(1, 20)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        pdus[at] = bytes(body)
    elif kind == 3:  # noise
        pdus = [chance.randbytes(chance.randrange(1, 4000))]
    elif kind == 4:  # out of order
        chance.shuffle(pdus)
    elif kind == 5:  # inside wrong: a PDV or item that claims more than there is
        body = bytearray(pdus[at])
        if len(body) > 12:
            struct.pack_into(">L", body, 6, chance.randrange(1 << 32))
        pdus[at] = bytes(body)
    elif kind == 6:  # silence, after nothing or after a while
        pdus = pdus[:at]
    slow = kind == 7
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            if slow:  # a byte at a time, for longer than a PDU may take
                for byte in pdus[0][:12]:
                    connection.sendall(bytes([byte]))
                    time.sleep(IDLE_SECONDS / 6)
                return
            for pdu in pdus:
                connection.sendall(pdu)
                if kind != 4:
                    time.sleep(0.002)
            if kind == 6 and chance.random() < 0.5:
                time.sleep(IDLE_SECONDS * 1.5)
        except OSError:
            pass  # the listener has had enough of it


def _settle(threads: int, outcome: Outcome) -> None:
    until = time.monotonic() + 15
    while threading.active_count() > threads:
        if time.monotonic() > until:
            outcome.problems.append(f"{threading.active_count() - threads} threads left")
            return
        time.sleep(0.02)


def _handles() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def main() -> int:
    """Print what came of it; exit code 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.node_fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--exchanges", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cxr-fuzz-") as folder:
        outcome = run(options.files, options.exchanges, options.seed, Path(folder))
    print("files by status:", dict(outcome.files))
    print(f"{outcome.exchanges} broken exchanges")
    for problem in outcome.problems:
        print(f"PROBLEM {problem}")
    print("FAILED" if outcome.problems else "no crash, no leak, honest peers served")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
