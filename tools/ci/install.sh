#!/usr/bin/env bash
# Builds archc in its own folder, once: for the action, and for pre-commit in the clone that it keeps. The optional
# packages are backends that only `archc run` needs, and the bundler of the command, which does without here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ ! -f dist/compiler/cli/main.js ]; then
  npm ci --no-audit --no-fund --omit=optional --ignore-scripts
  npm run --silent compile
fi
