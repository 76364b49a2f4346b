"""Orthanc as a PACS on loopback, with a folder and ports of its own; nothing of a system-wide one is touched."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.ports import free_port

PROGRAM = shutil.which("Orthanc") or next(
    (p for p in ("/usr/sbin/Orthanc", "/usr/local/sbin/Orthanc") if Path(p).exists()), None
)
MISSING = "Orthanc is not installed (apt: orthanc)"


class Orthanc:
    """One Orthanc with AE title ORTHANC; `start` and `kill` any number of times, its store stays."""

    def __init__(self, folder: Path, console_port: int, console_ae: str = "CXRWS") -> None:
        """`console_port`: where this console listens, for the reports of storage commitment."""
        self.folder = folder
        self.port = free_port()
        self.http = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        configuration = {
            "Name": "test PACS",
            "StorageDirectory": str(folder / "store"),
            "IndexDirectory": str(folder / "store"),
            "Plugins": [],
            "HttpPort": self.http,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAet": "ORTHANC",
            "DicomPort": self.port,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowStore": True,
            "OverwriteInstances": False,
            "SaveJobs": True,
            "StableAge": 60,
            "DicomModalities": {
                "console": {
                    "AET": console_ae,
                    "Host": "127.0.0.1",
                    "Port": console_port,
                    "AllowStorageCommitment": True,
                }
            },
        }
        (folder / "orthanc.json").write_text(json.dumps(configuration))

    def start(self) -> None:
        """Start and wait until it answers."""
        assert PROGRAM is not None, MISSING
        with (self.folder / "orthanc.log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, str(self.folder / "orthanc.json")], stdout=log, stderr=log
            )
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                self.get("/system")
                return
            assert time.monotonic() < until, (self.folder / "orthanc.log").read_text()[-2000:]
            assert self._process.poll() is None, (self.folder / "orthanc.log").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """As a power cut would; safe to call twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def get(self, path: str) -> Any:
        """JSON of its REST interface."""
        return json.loads(self.read(path))

    def read(self, path: str) -> bytes:
        """Bytes of its REST interface."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=30) as answer:
            content: bytes = answer.read()
        return content

    def delete(self, path: str) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method="DELETE")
        with urllib.request.urlopen(request, timeout=30):
            pass

    def instances(self) -> dict[str, str]:
        """Orthanc's id of each stored object, by SOP Instance UID."""
        found = self.get("/instances?expand")
        return {entry["MainDicomTags"]["SOPInstanceUID"]: entry["ID"] for entry in found}

    def file(self, instance: str) -> bytes:
        """The stored DICOM file of an object."""
        return self.read(f"/instances/{instance}/file")
