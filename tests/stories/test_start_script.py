"""The two commands of the README, run as a new user would."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "installer" / "start.sh"

_OURS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHONPATH")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the start script is for Debian and Ubuntu")


def _environment(**changes: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in _OURS}
    return {**kept, "CXR_VENV": sys.prefix, **changes}


def _fake(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.skipif(
    not any(Path(sys.prefix).glob(".cxr-installed-*")),
    reason="this virtual environment was not made by installer/lib/setup.sh",
)
def test_without_a_display_the_demo_study_gets_its_verdict_and_nothing_is_installed_again(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        ["bash", str(START)], cwd=tmp_path, env=_environment(), capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stderr
    assert "No display here" in done.stderr
    assert "Installing" not in done.stderr
    demo = sorted((ROOT / "resources" / "demo").glob("*.dcm"))
    assert demo
    for film in demo:
        assert film.name in done.stdout
    assert "lateral" in done.stdout.lower()
    assert "frontal" in done.stdout.lower()


def test_without_root_missing_packages_are_named_and_nothing_else_happens(tmp_path: Path) -> None:
    _fake(tmp_path, "dpkg-query", "exit 1")
    _fake(tmp_path, "id", "echo 1000")
    _fake(tmp_path, "sudo", "exit 1")
    environment = _environment(CXR_VENV=str(tmp_path / "venv"), PATH=f"{tmp_path}:{os.environ['PATH']}")
    done = subprocess.run(["bash", str(START)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends" in done.stderr
    assert "libegl1" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_too_old_is_named_with_the_remedy(tmp_path: Path) -> None:
    for name in ("python3", *(f"python3.{minor}" for minor in range(11, 16))):
        _fake(tmp_path, name, "exit 1")
    environment = _environment(CXR_VENV=str(tmp_path / "venv"), PATH=f"{tmp_path}:{os.environ['PATH']}")
    _fake(tmp_path, "dpkg-query", "echo install ok installed")
    done = subprocess.run(["bash", str(START)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="not a Debian system")
def test_installed_packages_are_recognised_and_unknown_ones_named() -> None:
    script = (
        f"set -euo pipefail; source {ROOT}/installer/lib/setup.sh; missing_packages dpkg bash no-such-package"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "no-such-package"


def _set_up(folder: Path, then: str) -> dict[str, str]:
    """A machine with all packages, and a virtual environment whose Python installs nothing and does `then`."""
    (folder / "venv" / "bin").mkdir(parents=True)
    _fake(folder / "venv" / "bin", "python", f'case "$*" in -V|*pip*) exit 0;; esac\n{then}')
    _fake(folder, "dpkg-query", "echo install ok installed")
    return _environment(CXR_VENV=str(folder / "venv"), PATH=f"{folder}:{os.environ['PATH']}")


def test_files_of_the_folder_it_is_started_from_are_not_taken_for_the_programs(tmp_path: Path) -> None:
    environment = _set_up(tmp_path, f'exec "{sys.executable}" "$@"')
    here = tmp_path / "here"
    (here / "workstation").mkdir(parents=True)
    for stranger in (here / "queue.py", here / "workstation" / "__init__.py"):
        stranger.write_text("raise SystemExit('a file of somebody else was run')", encoding="utf-8")
    done = subprocess.run(
        ["bash", str(START), "--help"],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "usage: cxr-workstation check" in done.stdout


def test_a_checkout_on_a_share_is_set_up_where_home_is_not_set(tmp_path: Path) -> None:
    pwd = pytest.importorskip("pwd")
    share = tmp_path / "share" / "installer" / "lib"
    share.mkdir(parents=True)
    shutil.copy(ROOT / "installer" / "lib" / "setup.sh", share)
    # Root may write everywhere: the question itself is answered.
    writable = '[() { case "$1" in -w) return 1;; esac; builtin [ "$@"; }'
    script = f'set -euo pipefail; {writable}; source "{share}/setup.sh"; echo "$VENV"'
    environment = _environment()
    for name in ("HOME", "XDG_DATA_HOME", "CXR_VENV"):
        environment.pop(name, None)
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{pwd.getpwuid(os.getuid()).pw_dir}/.local/share/cxr-workstation/venv-")
