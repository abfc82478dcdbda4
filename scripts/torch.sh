#!/usr/bin/env bash
# The engine's tests on another torch, in an environment of its own in build/; everything else comes from .venv.
set -eu
cd "$(dirname "$0")/.."
torch=${1:-$(sed -nE 's/^ *"torch>=([0-9.]+)",$/\1/p' pyproject.toml).0}
place=build/torch-$torch
if [ ! -f "$place/.installed" ]; then
  .venv/bin/python -m venv "$place"
  "$place/bin/python" -m pip install -q "torch==$torch"
  purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
  .venv/bin/python -c "$purelib" > "$("$place/bin/python" -c "$purelib")/others.pth"
  touch "$place/.installed"
fi
export PYTHONPATH=engine:server:frontend${PYTHONPATH:+:$PYTHONPATH}
"$place/bin/python" -c 'import torch, sys; v = torch.__version__; print("torch", v); sys.exit(v.split("+")[0] != sys.argv[1])' "$torch"
exec "$place/bin/python" -m pytest -n 2 --dist loadscope "${@:2}" tests/engine
