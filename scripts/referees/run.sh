#!/usr/bin/env bash
# Writes tests/fixtures/referee_*.json anew: each referee in an environment of its own, thrown away afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p tests/fixtures
for name in ${*:-geometry minimiser soap}; do
  place=$(mktemp -d)
  trap 'rm -rf "$place"' EXIT
  "${PYTHON:-python3}" -m venv "$place/venv"
  "$place/venv/bin/pip" install --quiet -r "scripts/referees/$name.requirements.txt"
  "$place/venv/bin/python" "scripts/referees/$name.py" >"$place/answer.json"
  mv "$place/answer.json" "tests/fixtures/referee_$name.json"
  rm -rf "$place"
done
