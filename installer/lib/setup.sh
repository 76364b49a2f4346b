# Shared by installer/start.sh and tests/run.sh. Sourced, not run.
# Makes the virtual environment, installs what is missing, and does nothing when nothing changed.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
# Inside the checkout but ignored by git; CXR_VENV moves it. A checkout that cannot be written to (a share, a
# system folder) gets one in the user's own data folder.
if [ -n "${CXR_VENV:-}" ]; then VENV="$CXR_VENV"
elif [ -w "$ROOT" ]; then VENV="$ROOT/.venv"
else VENV="${XDG_DATA_HOME:-${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}/.local/share}/cxr-workstation/venv-$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)"
fi

# Debian packages that PySide6 needs to load and to draw without a screen, with a window, on a virtual screen.
APT_OFFSCREEN="libglib2.0-0 libgl1 libegl1 libfontconfig1 libxkbcommon0 libdbus-1-3 fonts-dejavu-core"
APT_WINDOW="libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0"
APT_TEST="xvfb xauth dcmtk dicom3tools orthanc"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

find_python() {
  local candidate
  for candidate in "${CXR_PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# missing_packages NAME...: those of the given Debian packages that are not installed (also under their t64 names).
missing_packages() {
  local name found out=""
  command -v dpkg-query >/dev/null 2>&1 || return 0
  for name in "$@"; do
    # dpkg-query fails where one of the two names is unknown: only its words count.
    found="$(dpkg-query -W -f '${Status}\n' "$name" "${name}t64" 2>/dev/null || true)"
    case "$found" in *"install ok installed"*) ;; *) out="$out $name" ;; esac
  done
  printf '%s' "${out# }"
}

# as_root COMMAND...: run it as root where that works without asking; fails otherwise.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}

# without_services COMMAND...: packages installed meanwhile do not start their services (Orthanc's would take ports).
without_services() {
  local policy=/usr/sbin/policy-rc.d made="" code=0
  if [ ! -e "$policy" ] && printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null 2>&1; then
    made=yes
    as_root chmod 755 "$policy" || true
  fi
  "$@" || code=$?
  [ -z "$made" ] || as_root rm -f "$policy"
  return "$code"
}

# ensure_packages WHY NAME...: install what is missing, or say exactly what to install. Returns 1 if some stay missing.
ensure_packages() {
  local why="$1" missing
  shift
  missing="$(missing_packages "$@")"
  [ -n "$missing" ] || return 0
  if command -v apt-get >/dev/null 2>&1 && as_root true; then
    say "Installing Debian packages ($why): $missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null 2>&1 || true
    # Word splitting of $missing is meant.
    # shellcheck disable=SC2086
    without_services as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null 2>&1 || true
    # The tests start an Orthanc of their own: the packaged one is not to come up with the system either.
    case " $missing " in *" orthanc "*) ! command -v systemctl >/dev/null 2>&1 || as_root systemctl --quiet disable orthanc >/dev/null 2>&1 || true ;; esac
    missing="$(missing_packages "$@")"
    [ -n "$missing" ] || return 0
  fi
  say "Missing Debian packages ($why). Please install them:"
  say "    sudo apt-get install -y --no-install-recommends $missing"
  return 1
}

# fingerprint EXTRA: changes whenever what is to be installed changes.
fingerprint() {
  { printf '%s\n' "$1" "$ROOT"; "$VENV/bin/python" -V; cat "$ROOT/pyproject.toml" "$ROOT/installer/constraints.txt"; } | sha256sum | cut -d' ' -f1
}

# installed EXTRA: true where the virtual environment holds just what pyproject.toml and the constraints ask for.
installed() {
  local stamp="$VENV/.cxr-installed-${1:-program}"
  [ -x "$VENV/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$1")" ]
}

# ensure_venv EXTRA: a virtual environment with the program (editable) and the extra ("" or "test").
ensure_venv() {
  local extra="$1" python target
  # The test extra holds all of the program's own packages too.
  if installed "$extra" || installed test; then return 0; fi
  mkdir -p "$(dirname "$VENV")" || die "The folder for the virtual environment could not be made: $(dirname "$VENV"). Set CXR_VENV to a folder you may write to."
  # Two starts at once must not install into the same folder.
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$VENV.lock" && flock 9
    if installed "$extra" || installed test; then exec 9>&-; return 0; fi
  fi
  if [ ! -x "$VENV/bin/python" ] || ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
    python="$(find_python)" || die "Python 3.11 or later is needed. On Debian or Ubuntu: sudo apt-get install -y python3 python3-venv"
    say "Making the virtual environment in $VENV"
    if ! "$python" -m venv "$VENV" >/dev/null 2>&1; then
      rm -rf "$VENV"
      ensure_packages "virtual environments" python3-venv || exit 1
      "$python" -m venv "$VENV" || die "The virtual environment could not be made in $VENV. Check free space and rights, or set CXR_VENV to another folder."
    fi
  fi
  target="$ROOT"
  [ -z "$extra" ] || target="$ROOT[$extra]"
  say "Installing the program's Python packages (first start: a few minutes)"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check -c "$ROOT/installer/constraints.txt" -e "$target" >&2 ||
    die "The Python packages could not be installed. Check the network or the package index and start again; nothing half-installed is used."
  fingerprint "$extra" >"$VENV/.cxr-installed-${extra:-program}"
  if command -v flock >/dev/null 2>&1; then exec 9>&-; fi
}
