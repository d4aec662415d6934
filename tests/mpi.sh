#!/usr/bin/env bash
# A search or a training by several ranks writes what one process writes, byte for byte but for the
# seconds; so does one whose rank is killed and that goes on. Needs programs made by `make MPI=1`.
#   tests/mpi.sh
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/support/small_runs.sh
. tests/support/small_runs.sh

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
on_ranks() { # COUNT RUN FOLDER [OPTIONS]
  export -f run_search run_train run_finetune
  export BIN data scratch
  mpirun --oversubscribe -np "$1" bash -c '"$@"' bash "${@:2}"
}
# Kills a rank of a job once it has written a file; the job must then end, and not as if all were well.
kill_rank() { # JOB FILE RANK
  until [ -s "$2" ]; do
    kill -0 "$1" || fail "the job ended early"
    sleep 0.1
  done
  pkill -KILL -n -f "$3" || fail "no rank to kill"
  if wait "$1"; then fail "a job without one of its ranks ended with status 0"; fi
}

quietly run_search "$scratch/alone" || fail "search"
for ranks in 1 2 4; do
  quietly on_ranks "$ranks" run_search "$scratch/ranks" || fail "search on $ranks ranks"
  [ "$(results_of "$scratch/ranks")" = "$(results_of "$scratch/alone")" ] || fail "$ranks ranks: another result"
  rm -rf "$scratch/ranks"
done

# On nodes of different kinds too.
quietly mpirun --oversubscribe -np 1 bash -c '"$@"' bash run_search "$scratch/kinds" : \
  -np 1 env TRISEGMENT_ISA=scalar bash -c '"$@"' bash run_search "$scratch/kinds" : \
  -np 1 env TRISEGMENT_ISA=avx2 bash -c '"$@"' bash run_search "$scratch/kinds" || fail "a search on three ISAs"
[ "$(results_of "$scratch/kinds")" = "$(results_of "$scratch/alone")" ] || fail "three ISAs: another result"

# A rank that dies takes the job with it; the journal stands.
EPISODES=100000 on_ranks 3 run_search "$scratch/ranks" >"$scratch/log" 2>&1 &
kill_rank $! "$scratch/ranks/best.json" "search small .*$scratch/ranks"
updates=$(grep -c " update ppo " "$scratch/ranks/search.journal")
EPISODES=$((20 * updates + 40)) quietly on_ranks 2 run_search "$scratch/ranks" --resume || fail "--resume"
grep -q "($((20 * updates)) of them done before)" "$scratch/log" || fail "--resume began anew"
EPISODES=$((20 * updates + 40)) quietly run_search "$scratch/unbroken" || fail "search"
[ "$(results_of "$scratch/ranks")" = "$(results_of "$scratch/unbroken")" ] || fail "--resume: another result"

# Ranks that differ are refused.
if quietly mpirun --oversubscribe -np 1 bash -c '"$@"' bash run_search "$scratch/differ" : \
  -np 1 env BATCH=5 bash -c '"$@"' bash run_search "$scratch/differ"; then
  fail "ranks with other options were not refused"
fi
grep -q -- "differs from rank 0 .*--batch=5, not --batch=4" "$scratch/log" || fail "another message"

# Trainings share the parts of each step.
mkdir -p "$scratch"/{t1,t2,t4}
quietly run_train "$scratch/t1" --parts 4 || fail "train"
for ranks in 2 4; do
  quietly on_ranks "$ranks" run_train "$scratch/t$ranks" --parts 4 || fail "training on $ranks ranks"
  [ "$(results_of "$scratch/t$ranks")" = "$(results_of "$scratch/t1")" ] || fail "$ranks ranks: another teacher"
done
mkdir "$scratch"/{f1,f2}
quietly run_finetune "$scratch/f1" --parts 2 || fail "finetune"
quietly on_ranks 2 run_finetune "$scratch/f2" --parts 2 || fail "fine-tuning on 2 ranks"
[ "$(results_of "$scratch/f2")" = "$(results_of "$scratch/f1")" ] || fail "2 ranks: another student"
mkdir "$scratch"/{r1,r2}
quietly run_finetune "$scratch/r1" --parts 2 --max-drop 0 || fail "finetune --max-drop"
quietly on_ranks 2 run_finetune "$scratch/r2" --parts 2 --max-drop 0 || fail "finetune --max-drop on 2 ranks"
[ "$(results_of "$scratch/r2")" = "$(results_of "$scratch/r1")" ] || fail "2 ranks: another student of --max-drop"
if quietly on_ranks 2 run_train "$scratch/t2"; then fail "more ranks than parts were not refused"; fi
grep -q -- "--parts 1 and 2 ranks" "$scratch/log" || fail "another message"
mkdir "$scratch/killed"
EPOCHS=300 on_ranks 2 run_train "$scratch/killed" --parts 4 >"$scratch/log" 2>&1 &
kill_rank $! "$scratch/killed/small.q8.ckpt" "train small .*$scratch/killed"
EPOCHS=300 quietly on_ranks 4 run_train "$scratch/killed" --parts 4 --resume || fail "train --resume"
EPOCHS=300 quietly run_train "$scratch/whole" --parts 4 || fail "train"
cmp -s "$scratch/killed/small.q8" "$scratch/whole/small.q8" || fail "a killed training: another teacher"
echo "1, 2 and 4 ranks: one result; a killed rank and ranks that differ: as promised"
