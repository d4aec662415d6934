#!/usr/bin/env bash
# Every operation on written files of a training, a search, a fine-tuning and an import fails once,
# is short once, and is once the last one of a killed program. What fails is an error with status 1
# that the program tells; afterwards the same run, resumed, ends with the result of an unbroken one
# and leaves no temporary file.  tests/faults.sh [STEP]: only every STEP-th operation.
set -euo pipefail
cd "$(dirname "$0")/.."
step=${1:-1}
# shellcheck source=tests/support/small_runs.sh
. tests/support/small_runs.sh
cc -shared -fPIC -O1 -o "$scratch/failing_io.so" tests/support/failing_io.c -ldl

with_faults() { # FI_N FI_MODE RUN FOLDER
  FI_N=$1 FI_MODE=$2 LD_PRELOAD=$scratch/failing_io.so quietly "${@:3}"
}

tried=0
for run in train search finetune import; do
  whole=$scratch/whole-$run broken=$scratch/broken
  FI_COUNT=$scratch/count with_faults 0 fail "run_$run" "$whole" || fail "$run"
  all=$(cat "$scratch/count")
  [ "$all" -gt 5 ] || fail "$run: only $all operations were seen"
  for mode in fail short killhalf killafter; do
    for ((n = 1 + tried % step; n <= all; n += step)); do
      rm -rf "$broken"
      status=0
      with_faults "$n" "$mode" "run_$run" "$broken" || status=$?
      case $mode in
        fail)
          # What is not needed for the result, as a lock's renewal, may fail unseen.
          [ $status = 0 ] || [ $status = 1 ] || fail "$run: operation $n fails: status $status"
          [ $status = 0 ] || grep -q '^error: ' "$scratch/log" || fail "$run: operation $n fails: no error is told"
          ;;
        short) [ $status = 0 ] || fail "$run: operation $n is short: status $status" ;;
        *) [ $status = 137 ] || fail "$run: operation $n is the last: status $status" ;;
      esac
      if [ $run = import ]; then
        [ -e "$broken/set" ] || quietly run_import "$broken" || fail "import again after operation $n ($mode)"
      else
        quietly "run_$run" "$broken" --resume || fail "$run --resume after operation $n ($mode)"
      fi
      [ "$(results_of "$broken")" = "$(results_of "$whole")" ] || fail "$run: another result after operation $n ($mode)"
      [ -z "$(litter_of "$broken")" ] || fail "$run: litter after operation $n ($mode): $(litter_of "$broken")"
      tried=$((tried + 1))
    done
  done
  echo "$run: $all operations" >&2
done
echo "$tried faults, 0 wrong"
