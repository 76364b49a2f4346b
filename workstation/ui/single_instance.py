"""One program per data folder: a second start hands its files to the first and ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from workstation.services.system_user import system_user

_CONNECT_MS = 1000
_ANSWER_MS = 3000
_LONGEST = 4 * 1024 * 1024


def server_name(data_root: Path) -> str:
    """Name of the local socket of a data folder; short enough for every system."""
    # Not a secret: only tells folders (and users) apart.
    # Names of an older system (KOI8-R, say) may be no UTF-8.
    seed = f"{data_root.resolve()}\0{system_user()}".encode(errors="surrogateescape")
    return f"cxr-workstation-{hashlib.sha256(seed).hexdigest()[:16]}"


def hand_over(data_root: Path, paths: Sequence[Path], *, demo: bool = False) -> bool:
    """Give `paths` to the program that already works in `data_root`.

    Returns:
        True where one took them; False where there is none (a stale socket counts as none).
    """
    socket = QLocalSocket()
    socket.connectToServer(server_name(data_root))
    if not socket.waitForConnected(_CONNECT_MS):
        return False
    message = {"paths": [str(p.absolute()) for p in paths], "demo": demo}
    socket.write(json.dumps(message).encode() + b"\n")
    socket.flush()
    # The first program answers once it has read everything.
    answered = socket.waitForReadyRead(_ANSWER_MS) and bytes(socket.readAll().data()).startswith(b"ok")
    socket.disconnectFromServer()
    return answered


class InstanceServer(QObject):
    """Listens for second starts.

    Signals:
        handed_over(list[Path], bool): films and folders of a second start, and whether it asked for the demo study.
    """

    handed_over = Signal(list, bool)

    def __init__(self, data_root: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._name = server_name(data_root)
        self._server.newConnection.connect(self._accept)
        self._pending: dict[QLocalSocket, bytes] = {}

    def listen(self) -> bool:
        """Begin; a socket file left by a killed program is removed first (the caller holds the folder's lock)."""
        QLocalServer.removeServer(self._name)
        return self._server.listen(self._name)

    def close(self) -> None:
        """Stop listening."""
        for socket in list(self._pending):
            socket.abort()
        self._server.close()

    def _accept(self) -> None:
        while self._server.hasPendingConnections():
            socket = self._server.nextPendingConnection()
            self._pending[socket] = b""
            socket.readyRead.connect(lambda s=socket: self._read(s))
            socket.disconnected.connect(lambda s=socket: self._gone(s))
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if socket not in self._pending:
            return
        data = self._pending[socket] + bytes(socket.readAll().data())
        self._pending[socket] = data
        if len(data) > _LONGEST:
            socket.abort()
        elif data.endswith(b"\n"):
            self._pending[socket] = b""
            socket.write(b"ok\n")
            socket.flush()
            self._handle(data)

    def _handle(self, data: bytes) -> None:
        try:
            message = json.loads(data)
            paths = [Path(str(p)) for p in message["paths"]]
            demo = bool(message.get("demo", False))
        except (ValueError, KeyError, TypeError):
            return  # not one of ours
        self.handed_over.emit(paths, demo)

    def _gone(self, socket: QLocalSocket) -> None:
        self._pending.pop(socket, None)
        socket.deleteLater()
