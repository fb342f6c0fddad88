# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by build/setup, build/check and build/demo: one line for each long step, with a dot every few seconds and
# the time that it took; what the step itself says goes to a log.

# The file that steps append to; the caller sets it.
step_log=${step_log:-/dev/null}

# step TEXT COMMAND...: runs the command. A failure shows the end of the log, names the log and is returned.
step() {
  local text=$1 begin=$SECONDS ticker status=0
  shift
  printf '%s ' "$text"
  # The ticker's sleep holds no descriptor of ours: whoever reads our output need not wait for it.
  (while sleep 3 >/dev/null 2>&1; do printf '.'; done) &
  ticker=$!
  printf '\n=== %s: %s\n' "$text" "$*" >>"$step_log"
  "$@" </dev/null >>"$step_log" 2>&1 || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if [ "$status" -eq 0 ]; then
    printf ' done (%d s)\n' "$((SECONDS - begin))"
  else
    printf ' FAILED (%d s)\n' "$((SECONDS - begin))"
    printf '%s\n' "--- the end of $step_log:"
    tail -n 40 "$step_log"
    printf '%s\n' "--- all of it is in $step_log"
  fi
  return "$status"
}

# One job a processor, for make.
processors() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }
