#!/usr/bin/env bash
# Compiles pyproject.toml into requirements.lock: every version pinned, every file hashed, no index named.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
  --extra dev pyproject.toml --output-file requirements.lock "$@"
.venv/bin/python -m hack.images lock
