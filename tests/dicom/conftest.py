"""What tests with peers on real sockets share; the peers are in tests/support/peers.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.support.console import eventually
from tests.support.peers import Shelf


@pytest.fixture
def no_thread_outlives_the_test() -> Iterator[None]:
    """Fails a test that leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    eventually(lambda: set(threading.enumerate()) <= before)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()
