"""Who the system says is at work, whatever the environment says."""

from __future__ import annotations

import os

import pytest

from workstation.services.system_user import system_user


def test_the_environment_makes_nobody_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    pwd = pytest.importorskip("pwd", reason="users of POSIX")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "chief")
    assert system_user() == pwd.getpwuid(os.getuid()).pw_name
