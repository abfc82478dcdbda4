#!/usr/bin/env bash
# Makes sure that a Chromium is there: what is installed, else the distribution's package, at best the one without
# windows, which spends a seventh less on each page.
set -eu
for name in "${FLOWSCOPE_CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
become=""
if [ "$(id -u)" != 0 ]; then become="sudo -n"; fi
export DEBIAN_FRONTEND=noninteractive
if command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests ..."
    $become apt-get update >/dev/null || true
    for name in chromium-headless-shell chromium; do
        $become apt-get install -y --no-install-recommends "$name" fonts-dejavu-core >/dev/null 2>&1 && exit 0
    done
fi
echo "The browser tests need Chromium: install it and put it on PATH, or name it in FLOWSCOPE_CHROMIUM." >&2
