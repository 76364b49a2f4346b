#!/usr/bin/env bash
# Sets everything up and passes the whole suite headless: style, types, import contracts, tests.
# Arguments go to pytest:  bash tests/run.sh -k lut
set -euo pipefail
# shellcheck source=installer/lib/setup.sh
source "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/../installer/lib/setup.sh"

# shellcheck disable=SC2086
ensure_packages "needed by Qt" $APT_OFFSCREEN || exit 1
# The rest are real peers and a virtual screen; tests that need one of them skip with the reason.
# shellcheck disable=SC2086
ensure_packages "needed for a window" $APT_WINDOW || true
# shellcheck disable=SC2086
ensure_packages "needed by tests against real DICOM peers and a virtual screen" $APT_TEST || true
ensure_venv "test"

cd "$ROOT"
export QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-offscreen}"
export PYTHONDONTWRITEBYTECODE=1
say "ruff"; "$VENV/bin/ruff" check --quiet .
say "ruff format"; "$VENV/bin/ruff" format --check --quiet .
say "mypy"; "$VENV/bin/mypy"
say "import-linter"; "$VENV/bin/lint-imports" --no-cache
# Two processes, a file of tests in one of them: half of the time goes into waiting for peers and windows.
# A process that crashes is not replaced: pytest-xdist would wait for ever for the rest of its file.
exec "$VENV/bin/python" -m pytest --numprocesses "${CXR_TEST_PROCESSES:-2}" --dist loadfile --max-worker-restart 0 "$@"
