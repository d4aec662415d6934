#!/usr/bin/env bash
# Checks ./export's C from outside: tests/export_c.sh FILE [DATA]. FILE: a .q8 or a .tri; DATA: the
# folder of a data set of 32 x 32 pictures.
# The export must compile without a warning and make the golden codes and logits with gcc and clang,
# on RISC-V, on a big-endian CPU, on a Cortex-M4 and a Cortex-M55 (QEMU); on the data set's pictures
# its logits must be those of ./evaluate --logits. Instructions a picture are counted on the
# Cortex-M's. What a machine lacks is skipped, and named. `make deps-check` installs it.
set -euo pipefail
file=$(realpath "$1") data=${2:-}
cd "$(dirname "$0")/.."
bin=${BIN:-.} here=$PWD/tests/export scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
strict="-std=c99 -pedantic -Wall -Wextra -Wconversion -Werror"

"$bin/export" "$file" --format c --out "$scratch/export"
cd "$scratch/export"
net=$(basename ./*.h .h)

have() { # COMMAND...: whether all are there
  for command; do
    command -v "$command" >/dev/null || { echo "skipped: no $command"; return 1; }
  done
}

check() { # NAME COMPILER RUNNER
  if ! have $2 ${3:+${3%% *}}; then return; fi
  $2 $strict -O2 ${4:-} -o "$scratch/run" ./*.c
  echo "$1: $($3 "$scratch/run")"
}

check gcc gcc ""
check clang clang ""
check RISC-V riscv64-linux-gnu-gcc qemu-riscv64 -static
check "s390x, big-endian" s390x-linux-gnu-gcc qemu-s390x -static

# CPU BOARD INSTRUCTIONS_A_TICK
check_arm() {
  local flags="-O2 -ffunction-sections -fdata-sections -Wl,--gc-sections -mcpu=$1 -mthumb -nostartfiles
    --specs=rdimon.specs -T $here/cortex_m.ld -I. $here/cortex_m.c"
  local machine="timeout 600 qemu-system-arm -M $2 -display none -monitor none -serial none
    -semihosting-config enable=on,target=native"
  if ! have arm-none-eabi-gcc qemu-system-arm; then return; fi
  if ! arm-none-eabi-gcc $strict $flags -o "$scratch/run" ./*.c 2>"$scratch/errors"; then
    cat "$scratch/errors"
    return 1
  fi
  # Code and tables are below 0x20000000; the board's memory there ends at $4.
  local flash
  flash=$(arm-none-eabi-size "$scratch/run" | awk 'NR == 2 {print $1}')
  if [ "$flash" -gt "$4" ]; then
    echo "skipped: $1: a program of $flash bytes does not fit the board"
    return
  fi
  echo "$1: $($machine -kernel "$scratch/run")"
  arm-none-eabi-gcc -std=c99 $flags -DTICK="$3" -DCHECK="\"${net}_check.c\"" -o "$scratch/run" \
    "$here/count_instructions.c" "$net.c"
  echo "$1: $($machine -icount shift=0 -kernel "$scratch/run") instructions a picture"
  arm-none-eabi-gcc -std=c99 -O2 -mcpu="$1" -mthumb -c -o "$scratch/object" "$net.c"
  arm-none-eabi-size "$scratch/object" | awk -v cpu="$1" 'NR == 2 {
    print cpu ": flash " $1 + $2 " bytes, RAM " $3 " bytes, code and tables of the network"}'
}
check_arm cortex-m4 mps2-an386 40 4000000
check_arm cortex-m55 mps3-an547 31.25 524288

if [ -n "$data" ]; then
  gcc -O2 -o "$scratch/run" ./*.c
  (cd - >/dev/null && "$bin/evaluate" "$file" --data "$data" --logits "$scratch/logits" >/dev/null)
  # The first 1,000 pictures: records of a label and 3,072 bytes.
  python3 - "$data/test_batch.bin" "$scratch/pictures" <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read(1000 * 3073)
with open(sys.argv[2], "wb") as out:
    for at in range(0, len(data), 3073):
        out.write(data[at + 1 : at + 3073])
PYTHON
  "$scratch/run" "$scratch/pictures" >"$scratch/printed"
  python3 - "$scratch/logits" "$scratch/printed" <<'PYTHON'
import array, sys
printed = [int(word) for word in open(sys.argv[2]).read().split()]
logits = array.array("i", open(sys.argv[1], "rb").read())[: len(printed)]
pictures = len(open(sys.argv[2]).readlines())
if len(printed) == 0 or list(logits) != printed:
    sys.exit("error: logits differ from those of ./evaluate")
print(f"./evaluate --logits: {pictures} pictures, all equal")
PYTHON
fi
