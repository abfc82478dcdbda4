#!/usr/bin/env bash
# Resolves pyproject.toml into the two lock files that make installs from. constraints.txt says which torch.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install -q pip-tools==7.6.2
compile() { .venv/bin/pip-compile -q --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --constraint constraints.txt "$@"; }
compile --build-deps-for editable --output-file requirements.lock pyproject.toml
compile --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
sed -i -E 's/^(torch==[0-9.]+)\+.*/\1/' requirements.lock requirements-dev.lock  # whatever build was at hand, the release is what is pinned
