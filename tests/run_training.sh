#!/usr/bin/env bash
# Sets up the training environment and passes the tests of models_onnx/training, most of which skip without it.
# It is the program's test environment with the recipe's packages added (1 GB with the CPU build of PyTorch), in a folder
# of its own: CXR_TRAINING_VENV moves it. Arguments go to pytest:  bash tests/run_training.sh -k rotation
set -euo pipefail
# shellcheck source=installer/lib/setup.sh
source "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/../installer/lib/setup.sh"
VENV="${CXR_TRAINING_VENV:-$VENV-training}"
REQUIREMENTS="$ROOT/models_onnx/training/requirements.txt"

# shellcheck disable=SC2086
ensure_packages "needed by Qt" $APT_OFFSCREEN || exit 1
ensure_venv "test"
stamp="$VENV/.cxr-installed-training"
wanted="$(cat "$VENV/.cxr-installed-test" "$REQUIREMENTS" | sha256sum)"
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  say "Installing the recipe's Python packages (first start: some minutes)"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check -c "$ROOT/installer/constraints.txt" -r "$REQUIREMENTS" >&2 ||
    die "The recipe's packages could not be installed. Check the network or the package index and start again."
  printf '%s\n' "$wanted" >"$stamp"
fi

cd "$ROOT"
export QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-offscreen}"
export PYTHONDONTWRITEBYTECODE=1
# Without it the tests below would skip and pass.
"$VENV/bin/python" -c "import onnx, onnxscript, scipy, SimpleITK, sklearn, torch" || die "The training environment is incomplete."
mapfile -t files < <(grep -rlE "models_onnx(\.training|/training)" tests/unit --include='test_*.py' | sort)
say "${#files[@]} files of tests"
# One process: PyTorch uses the cores itself. A few tests train for a minute and more.
exec "$VENV/bin/python" -m pytest -p no:xdist --timeout 600 "${files[@]}" "$@"
