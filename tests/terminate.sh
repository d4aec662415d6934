#!/usr/bin/env bash
# SIGTERM after so many seconds of a search at full size: the program ends within 20 seconds with
# status 143, what is written is whole, and --resume goes on. Needs CIFAR-10 and some minutes.
#   tests/terminate.sh NET SECONDS...
set -euo pipefail
cd "$(dirname "$0")/.."
net=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
for after in "${@:2}"; do
  rm -rf "$scratch/out"
  "${BIN:-./}search" "$net" --offline --out "$scratch/out" 2>"$scratch/log" >/dev/null &
  pid=$!
  sleep "$after"
  kill -0 $pid 2>/dev/null || fail "the search ended by itself within $after seconds"
  begin=$(date +%s%3N)
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  took=$(($(date +%s%3N) - begin))
  [ $status = 143 ] || fail "after $after s: status $status: $(tail -n 1 "$scratch/log")"
  [ $took -le 20000 ] || fail "after $after s: it took $took ms more"
  unfinished=$(tr -d '\n ' <"$scratch/out/result.json" | sed 's/.*"unfinished":\[\([^]]*\)\].*/\1/')
  if [ -f "$scratch/out/$net.tri" ]; then
    "${BIN:-./}evaluate" "$scratch/out/$net.tri" --offline >/dev/null || fail "after $after s: the student"
    student="with a student"
  else
    student="without a student"
  fi
  echo "SIGTERM after $after s: ended $took ms later, $student; unfinished: $unfinished"
done
