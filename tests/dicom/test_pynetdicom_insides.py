"""The program stands in for private parts of pynetdicom. One that an upgrade renames would be replaced to no effect."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest
from pynetdicom import acse, ae, association, dul, fsm, transport


@pytest.mark.parametrize(
    ("module", "asked"),
    [
        # requestor.py: connecting that can be broken off
        (ae, "sock = self._create_socket(assoc, "),
        (acse, "socket._ready.wait()"),
        (acse, "if not socket._is_connected:"),
        (transport, "return self.assoc.dul.to_provider_queue"),
        # server.py: reading within limits, closing, ending an association
        (dul, "self.socket.recv(pdu_length)"),
        (dul, "self.state_machine.do_action(event)"),
        (dul, "if self._kill_thread:"),
        (fsm, "dul.assoc.dimse.receive_primitive("),
        (fsm, "dul.socket)._shutdown_socket()"),
        (association, "while not self._kill:"),
        (transport, "def service_actions(self)"),
        (transport, "self.ssl_context.wrap_socket("),
        # store_scp.py, store_scu.py
        (ae, "self._servers.append(server)"),
        (association, "if not _config.STORE_SEND_CHUNKED_DATASET:"),
    ],
)
def test_pynetdicom_still_asks_for_what_is_replaced(module: ModuleType, asked: str) -> None:
    assert asked in inspect.getsource(module)
