"""The process that test_sigkill kills: takes films, decides and undoes in a loop while a worker sends.

Started once; for each line on its input (a data folder) it forks a child, which works until it is killed. Each
step is announced before it begins and acknowledged after its commit, one line each:

    begin|done take|decide|undo <exposure> <choice>
"""

from __future__ import annotations

import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support.console import WARNED, Console
from tests.support.dicom_maker import film_bytes
from workstation.dicom.network.requestor import Interrupt, Peer
from workstation.dicom.network.store_scu import Stored
from workstation.domain.decision import Choice
from workstation.domain.exposure import IllegalTransition
from workstation.services.clock import local_now


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def send(peer: Peer, path: Path, interrupt: Interrupt) -> Stored:
    del peer, interrupt
    path.read_bytes()
    return Stored(0, "1.2.840.10008.1.2.1", False)


def work(root: Path) -> None:
    console = Console(root, clock=local_now, send=send)  # type: ignore[arg-type]
    console.settings = replace(console.settings, undo_seconds=0.004)
    console.delivery.start()
    chance = random.Random(os.getpid())
    while True:
        say("begin", "take", 0, "-")
        pixels = np.frombuffer(chance.randbytes(512), np.uint16).reshape(16, 16) & 0x0FFF
        film = console.intake.take_bytes(film_bytes(pixels), "film.dcm")
        say("done", "take", film.id, "-")
        console.disposition.record_verdict(film.id, WARNED)
        for _ in range(chance.choice((1, 1, 2))):
            choice = chance.choice(list(Choice))
            say("begin", "decide", film.id, choice)
            console.disposition.choose(film.id, choice, "A", "motion" if choice is Choice.RETAKE else "")
            say("done", "decide", film.id, choice)
            if chance.random() < 0.5:
                say("begin", "undo", film.id, "-")
                try:
                    console.disposition.undo(film.id, "A")
                except IllegalTransition:
                    say("done", "nothing", film.id, "-")
                    break
                say("done", "undo", film.id, "-")
            else:
                break


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            say("pid", os.getpid())
            try:
                work(Path(line.strip()))
            finally:
                os._exit(3)
        _, status = os.waitpid(child, 0)
        say("ended", os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
