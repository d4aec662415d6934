#!/usr/bin/env bash
# A search by several ranks writes what one process writes, byte for byte but for the seconds; so
# does one whose rank is killed and that goes on. Needs programs made by `make MPI=1`.
#   tests/mpi.sh
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/support/small_runs.sh
. tests/support/small_runs.sh

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
on_ranks() { # COUNT FOLDER [OPTIONS]
  export -f run_search
  export BIN data scratch
  mpirun --oversubscribe -np "$1" bash -c 'run_search "$@"' bash "${@:2}"
}
quietly run_search "$scratch/alone" || fail "search"
for ranks in 1 2 4; do
  quietly on_ranks "$ranks" "$scratch/ranks" || fail "search on $ranks ranks"
  [ "$(results_of "$scratch/ranks")" = "$(results_of "$scratch/alone")" ] || fail "$ranks ranks: another result"
  rm -rf "$scratch/ranks"
done

# A rank that dies takes the job with it; the journal stands.
EPISODES=100000 on_ranks 3 "$scratch/ranks" >"$scratch/log" 2>&1 &
job=$!
until [ -s "$scratch/ranks/search.journal" ]; do
  kill -0 $job || fail "the job ended early"
  sleep 0.1
done
pkill -KILL -n -f "search small .*$scratch/ranks" || fail "no rank to kill"
if wait $job; then fail "a job without one of its ranks ended with status 0"; fi
updates=$(grep -c " update " "$scratch/ranks/search.journal")
EPISODES=$((20 * updates + 40)) quietly on_ranks 2 "$scratch/ranks" --resume || fail "--resume"
grep -q "($((20 * updates)) of them done before)" "$scratch/log" || fail "--resume began anew"
EPISODES=$((20 * updates + 40)) quietly run_search "$scratch/unbroken" || fail "search"
[ "$(results_of "$scratch/ranks")" = "$(results_of "$scratch/unbroken")" ] || fail "--resume: another result"

# Ranks that differ are refused.
if quietly mpirun --oversubscribe -np 1 bash -c 'run_search "$@"' bash "$scratch/differ" : \
  -np 1 env BATCH=5 bash -c 'run_search "$@"' bash "$scratch/differ"; then
  fail "ranks with other options were not refused"
fi
grep -q -- "differs from rank 0 .*--batch=5, not --batch=4" "$scratch/log" || fail "another message"
echo "1, 2 and 4 ranks: one result; a killed rank and ranks that differ: as promised"
