#!/usr/bin/env bash
# Runs kore as the inputs of action.yml say, and writes its result to the outputs of the step.
# Inputs come as variables, INPUT_ and the name of the flag. None is ever a part of a program here.
set -euo pipefail

args=()

# The output of a step, over as many lines as it has. No value can hold the random line that ends it.
output() {
  local end
  end="end-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

# What an exit code of kore means.
outcome() {
  case $1 in
    0) echo succeeded ;;
    1) echo failed ;;
    2) echo wrong_settings ;;
    3) echo not_over ;;
    4) echo refused ;;
    5) echo other_response ;;
    6) echo no_response ;;
    7) echo not_written ;;
    8) echo in_doubt ;;
    129 | 130 | 143) echo stopped ;;
    *) echo unknown ;;
  esac
}

finish() {
  output exit-code "$1"
  output outcome "$(outcome "$1")"
  exit "$1"
}

# An input that cannot be used, as an error on the page of the run. It shows no value, which the runner
# might obey.
wrong() {
  echo "::error title=kore::the input $1"
  finish 2
}

# The value of the input that a flag is named after.
input() {
  local name=${1//-/_}
  name=INPUT_${name^^}
  printf '%s' "${!name-}"
}

# A flag with a value: in one argument, so that no value is taken for a flag.
value() {
  local flag found
  for flag in "$@"; do
    found=$(input "$flag")
    [[ -z $found ]] || args+=("--$flag=$found")
  done
}

switch() {
  local flag
  for flag in "$@"; do
    case $(input "$flag") in
      true) args+=("--$flag") ;;
      false | '') ;;
      *) wrong "$flag: expected true or false" ;;
    esac
  done
}

# What stands behind all flags, one a line.
arguments() {
  local line lines=()
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    [[ -z $line ]] || lines+=("$line")
  done < <(input "$1")
  [[ ${#lines[@]} -gt 0 ]] || wrong "$1: expected a value, found none"
  args+=(-- "${lines[@]}")
}

common() {
  value timeout interval request-timeout junit summary
  value host client-id client-secret-file subject jwe-key jwe-alg jwe-enc jwe-kid jwe-content
  value ca-file profile config
  switch jti jwe-cty allow-http
}

# An input of another command would be passed over in silence.
only_for() {
  local name
  for name in "$@"; do
    case $(input "$name") in
      '' | false) ;;
      *) wrong "$name is not for this command" ;;
    esac
  done
}

case ${INPUT_COMMAND-} in
  import)
    only_for id fail-fast bot published out comment train
    args=(import run --yes --output json)
    value new into options
    switch full dry-run
    common
    arguments path
    ;;
  watch)
    only_for path new into full options dry-run bot published out comment train
    args=(import watch --output json)
    switch fail-fast
    common
    arguments id
    ;;
  export)
    only_for path new into full dry-run id fail-fast comment train
    args=(export run --output json)
    value options out
    switch published
    common
    arguments bot
    ;;
  publish)
    only_for path new into full options dry-run id fail-fast published out
    args=(publish run --output json)
    value comment
    switch train
    common
    arguments bot
    ;;
  *) wrong "command: expected import, watch, export or publish" ;;
esac

# Git's bash on Windows takes what begins with a slash for a path of its own, and rewrites it.
export MSYS2_ARG_CONV_EXCL='--new=;--into=;--comment=;--subject=;--host=;--client-id=;--jwe-kid=;--profile='

command -v -- "${INPUT_KORE:-kore}" >/dev/null || wrong "kore: expected a command on PATH, or its path"

json=$(mktemp "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/kore-XXXXXXXX")
output json-file "$json"

# In the background, so that the runner's signals reach it: SIGTERM ends it in order, and SIGINT is
# ignored by what a script starts so.
"${INPUT_KORE:-kore}" "${args[@]}" >"$json" </dev/null &
kore=$!
trap 'kill -TERM "$kore" 2>/dev/null || true' INT TERM
code=0
wait "$kore" || code=$?
# A signal ends the waiting too.
while kill -0 "$kore" 2>/dev/null; do
  code=0
  wait "$kore" || code=$?
done

# A dry run is there to be read.
[[ ${INPUT_DRY_RUN-} != true ]] || cat "$json"

# GitHub takes 1 MiB of outputs from a job, and counts two bytes a character.
if [[ $(wc -c <"$json") -gt 400000 ]]; then
  echo "warning: the document is too large for the output json; json-file names a file that has it" >&2
elif [[ -s $json ]]; then
  output json "$(cat "$json")"
fi
finish "$code"
