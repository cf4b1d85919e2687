#!/usr/bin/env bash
# What pre-commit runs, with a command of archc and the staged files. Not a hook of `language: node`: npm gives a git
# dependency that is installed with -g nothing of what its build needs (https://github.com/npm/cli/issues/8440).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bash "$here/install.sh" >&2
exec node "$here/../../dist/compiler/cli/main.js" "$@"
