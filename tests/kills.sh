#!/usr/bin/env bash
# Kills trainings, searches and fine-tunings at random moments, three times each before they may
# end: the result is that of an unbroken run, and no temporary file is left.
#   tests/kills.sh [RUNS [SEED]]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-100} RANDOM=${2:-1}
# shellcheck source=tests/support/small_runs.sh
. tests/support/small_runs.sh

declare -A milliseconds
for run in train search finetune; do
  begin=$(date +%s%3N)
  quietly "run_$run" "$scratch/whole-$run" || fail "$run"
  milliseconds[$run]=$(($(date +%s%3N) - begin))
done

export -f run_train run_search run_finetune
export BIN data scratch
kills=0
for ((i = 0; i < runs; ++i)); do
  for run in train search finetune; do
    broken=$scratch/broken
    rm -rf "$broken"
    for _ in 1 2 3; do
      ms=$((RANDOM % ${milliseconds[$run]}))
      status=0
      quietly timeout -s KILL "$((ms / 1000)).$(printf %03d $((ms % 1000)))" \
        bash -c "run_$run \"\$@\"" bash "$broken" --resume || status=$?
      [ $status = 137 ] || [ $status = 0 ] || fail "$run, killed after $ms ms: status $status"
      kills=$((kills + (status == 137)))
    done
    quietly "run_$run" "$broken" --resume || fail "$run --resume"
    [ "$(results_of "$broken")" = "$(results_of "$scratch/whole-$run")" ] || fail "$run: another result"
    [ -z "$(litter_of "$broken")" ] || fail "$run: litter: $(litter_of "$broken")"
  done
done
echo "$kills kills of $((3 * runs)) runs, 0 wrong"
