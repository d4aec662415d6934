# shellcheck shell=bash
# For tests/faults.sh and tests/kills.sh: a folder $scratch with a small data set, a table of two
# layers and a teacher; and runs of a second or two, which write to the folder $1. All but the
# import go on with --resume.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OMP_WAIT_POLICY=passive
BIN=${BIN:-./}
data=$scratch/data

# 16 x 16, grey, 256 classes, so that any bytes are records.
mkdir "$data"
echo '{"version": 1, "side": 16, "channels": 1, "classes": 256, "label_bytes": 1}' >"$data/dataset.json"
seq 1 256 >"$data/batches.meta.txt"
head -c $((257 * 60)) < <(seq 1000000) >"$data/data_batch_1.bin"
head -c $((257 * 20)) < <(seq 2000000 3000000) >"$data/test_batch.bin"
echo '{"layers": [{"name": "a", "kernel": 3, "pad": 1, "stride": 2, "out": 16},
 {"name": "b", "kernel": 3, "pad": 1, "stride": 2, "out": 16},
 {"name": "f", "kernel": 4, "activation": "logits"}]}' >"$scratch/layers.json"
for class in cat dog; do
  mkdir -p "$scratch/pictures/$class"
  for i in 1 2 3 4 5; do printf 'P5 2 2 255\n%s%s' "$class" "$i" >"$scratch/pictures/$class/$i.pgm"; done
done

run_train() {
  { [ -d "$1" ] || LD_PRELOAD='' mkdir "$1"; } &&
    "${BIN}train" small --layers "$scratch/layers.json" --data "$data" --epochs "${EPOCHS:-4}" --batch 8 \
      --out "$1/small.q8" "${@:2}"
}
run_search() {
  "${BIN}search" small --teacher "$scratch/teacher/small.q8" --data "$data" --episodes "${EPISODES:-60}" --batch "${BATCH:-4}" \
    --pool 16 --held-out 4 --calibration 8 --reconstruction 16 --top 1 --test 20 --out "$1" "${@:2}"
}
run_finetune() {
  { [ -d "$1" ] || LD_PRELOAD='' mkdir "$1"; } &&
    "${BIN}finetune" "$scratch/student/small.tri" --teacher "$scratch/teacher/small.q8" \
      --data "$data" --epochs 3 --batch 8 --out "$1/fine.tri" "${@:2}"
}
run_import() { "${BIN}import" "$scratch/pictures" --side 16 --out "$1/set"; }

# What depends on options, data and seed alone: the rest is time.
results_of() {
  (cd "$1" && find . -type f ! -name '*.run.json' ! -name run.json ! -name '*.old' ! -name '*.lock' \
    ! -name '*.csv' ! -name search.journal -print0 | sort -z |
    xargs -0 -I{} sh -c 'echo {}; sed "s/^  \"seconds\": .*//" {} | md5sum')
}
litter_of() { find "$1" -name '*.trisegment-*' -o -name '*.judged'; }

quietly() { "$@" >"$scratch/log" 2>&1; }
fail() {
  echo "FAILED: $*" >&2
  tail -n 5 "$scratch/log" >&2
  exit 1
}
quietly run_train "$scratch/teacher" || fail "train"
quietly run_search "$scratch/student" || fail "search"
