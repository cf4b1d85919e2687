#!/usr/bin/env bash
# Builds archc in the action's own folder, once.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"
[ -f dist/compiler/cli/main.js ] || npm ci --no-audit --no-fund
