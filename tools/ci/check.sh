#!/usr/bin/env bash
# What the GitHub Action runs: lints specs, compares their cost with a base, and tells both where people look.
# Everything it is told comes in ARCHC_* variables, so that no text of a pull request is ever run as a command.
set -uo pipefail

archc() { node "$GITHUB_ACTION_PATH/dist/compiler/cli/main.js" "$@"; }
worst=0
note() { if [ "$1" -gt "$worst" ]; then worst=$1; fi; }
output() { if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "$1=$2" >>"$GITHUB_OUTPUT"; fi; }

# Patterns are archc's to expand, not the shell's.
set -f
# shellcheck disable=SC2206
specs=(${ARCHC_SPECS:-.})
set +f

lint=()
if [ -n "${ARCHC_MAX_WARNINGS:-}" ]; then lint=(--max-warnings "$ARCHC_MAX_WARNINGS"); fi
archc lint --format github ${lint[@]+"${lint[@]}"} -- "${specs[@]}"
note $?
if [ -n "${ARCHC_SARIF:-}" ]; then
  # The verdict is known; the same findings again are no second failure.
  archc lint --format sarif -- "${specs[@]}" >"$ARCHC_SARIF" || true
fi

if [ -z "${ARCHC_BASE:-}" ]; then
  output changed false
  output report ""
  exit "$worst"
fi

report="${RUNNER_TEMP:-/tmp}/archc-diff.md"
fail=()
if [ -n "${ARCHC_FAIL_ON:-}" ]; then fail=(--fail-on "$ARCHC_FAIL_ON"); fi
archc diff --format markdown ${fail[@]+"${fail[@]}"} -- "$ARCHC_BASE" "${specs[@]}" >"$report"
code=$?
note $code
if [ ! -s "$report" ]; then exit "$worst"; fi
changed=true
if grep -q "^### archc: no model's cost changed" "$report"; then changed=false; fi
output changed "$changed"
output report "$report"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$report" >>"$GITHUB_STEP_SUMMARY"; fi

comment() {
  local marker="<!-- archc diff -->" comments="repos/$GITHUB_REPOSITORY/issues/$ARCHC_PULL_REQUEST/comments" id
  id=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$marker\")) | .id" | head -n 1) || return 1
  if [ -n "$id" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$report" >/dev/null
  elif [ "$changed" = true ] || [ "$ARCHC_COMMENT" = always ]; then
    gh api --method POST "$comments" --field "body=@$report" >/dev/null
  fi
}
if [ -n "${ARCHC_PULL_REQUEST:-}" ] && [ "${ARCHC_COMMENT:-on-change}" != never ]; then
  # A pull request from a fork may not write: the summary and the annotations have to do.
  comment || echo "::notice::archc could not comment on the pull request; the comparison is in the job's summary"
fi
exit "$worst"
