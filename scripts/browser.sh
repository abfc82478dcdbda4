#!/usr/bin/env bash
# Makes sure that a Chromium is there: what is installed, else the distribution's package.
set -eu
for name in "${FLOWSCOPE_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The browser tests need Chromium: install it and put it on PATH, or name it in FLOWSCOPE_CHROMIUM." >&2
    exit 0
fi
become=""
if [ "$(id -u)" != 0 ]; then become="sudo -n"; fi
echo "Installing Chromium for the browser tests ..."
export DEBIAN_FRONTEND=noninteractive
{ $become apt-get update && $become apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null ||
    echo "Chromium could not be installed: install it and put it on PATH, or name it in FLOWSCOPE_CHROMIUM." >&2
