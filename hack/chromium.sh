#!/usr/bin/env bash
# The page tests drive a real Chromium. Finds one, or installs Debian's where that is possible; says so where not.
set -euo pipefail
for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$candidate" ] && command -v "$candidate" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
  exit 0
fi
echo "No Chromium here: install one (Debian: apt install chromium) or name it in CHROMIUM; the page tests fail without it." >&2
