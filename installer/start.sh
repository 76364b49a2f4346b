#!/usr/bin/env bash
# Sets everything up and opens CXR Workstation on the demo study, or on the files and folders given.
# Without a display it says so and checks the same study headless.
set -euo pipefail
# shellcheck source=installer/lib/setup.sh
source "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/lib/setup.sh"

has_display() {
  [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ -n "${QT_QPA_PLATFORM:-}" ]
}

# shellcheck disable=SC2086
ensure_packages "needed by Qt" $APT_OFFSCREEN || exit 1
ensure_venv ""
# Below, -P: a file of the folder it is started from (queue.py, workstation/) is never taken for the program's.

if ! has_display; then
  say "No display here: checking the demo study without a window. (With a display this command opens the window.)"
  if [ "$#" -eq 0 ]; then set -- "$ROOT/resources/demo"; fi
  exec "$VENV/bin/python" -P -m workstation check "$@"
fi
# shellcheck disable=SC2086
ensure_packages "needed for a window" $APT_WINDOW || say "Trying all the same."
if [ "$#" -eq 0 ]; then set -- --demo; fi
exec "$VENV/bin/python" -P -m workstation "$@"
