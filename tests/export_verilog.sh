#!/usr/bin/env bash
# Checks ./export's Verilog: tests/export_verilog.sh FILE [simulate]. It must be lint clean (Verilator)
# and make the golden codes and logits in Icarus and Verilator. Yosys tells how large the elements are,
# which are the same for every network, and what areas make of an energy table (distill/README.md),
# unless `simulate` is all that is asked for. What a machine lacks is skipped, and named. `make
# deps-check` installs it.
set -euo pipefail
file=$(realpath "$1")
cd "$(dirname "$0")/.."
bin=${BIN:-.} scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$bin/export" "$file" --format verilog --out "$scratch"
cd "$scratch"
sources="testbench.v network.v elements.v"

have() { command -v "$1" >/dev/null || { echo "skipped: no $1"; return 1; }; }
simulate() { # NAME COMMAND...
  local name=$1
  shift
  "$@" >"$name.log"
  echo "$name: $(grep -v '^- ' "$name.log")"
  grep -q 'all equal' "$name.log"
}

with_verilator() {
  have verilator || return 0
  verilator --lint-only -Wall network.v elements.v
  echo "lint: clean"
  verilator --binary --timing -O3 -Wno-fatal -Wno-WIDTH --top-module testbench $sources >verilator.build 2>&1
  simulate Verilator obj_dir/Vtestbench
}
with_icarus() {
  have iverilog || return 0
  iverilog -g2005 -Wall -o simulation $sources 2>icarus.build
  if grep -v timescale icarus.build; then exit 1; fi
  simulate Icarus timeout 1200 vvp simulation
}
with_yosys() {
  have yosys || return 0
  # Transistors without flip-flops; multipliers of logic, not of DSP blocks.
  printf '%-20s %14s %12s %12s\n' element transistors 'iCE40 LUT4' 'ECP5 LUT4'
  count() { awk -v cell="$1" '$1 == cell {cells = $2} END {print cells + 0}' "$2"; }
  # Of a MODULE in FILE.
  transistors() {
    yosys -q -p "read_verilog $2; synth -noabc -flatten -top $1
      abc -fast -g cmos2; tee -o gates stat -tech cmos" >/dev/null
    awk '/Estimated number of transistors/ {print $5 + 0}' gates
  }
  for module in adder_element multiplier_element staircase requantizer; do
    yosys -q -p "read_verilog elements.v; synth_ice40 -top $module; tee -o ice40 stat" >/dev/null
    yosys -q -p "read_verilog elements.v; synth_ecp5 -nodsp -top $module; tee -o ecp5 stat" >/dev/null
    printf '%-20s %14s %12s %12s\n' "$module" "$(transistors $module elements.v)" \
      "$(count SB_LUT4 ice40)" "$(count LUT4 ecp5)"
  done
  for bits in 8 16 32; do
    echo "module add$bits(input [$bits - 1:0] a, b, output [$bits - 1:0] y); assign y = a + b; endmodule
      module multiply$bits(input signed [$bits - 1:0] a, b, output signed [2 * $bits - 1:0] y);
      assign y = a * b; endmodule"
  done >arithmetic.v
  # Areas as energies: an 8-bit multiplication costs what it does in the default table.
  unit=$(transistors multiply8 arithmetic.v)
  for module in add8 add16 add32 multiply8 multiply32; do
    area=$(transistors $module arithmetic.v)
    awk -v name=$module -v area="$area" -v unit="$unit" \
      'BEGIN {printf "%-20s %14d %12.4f pJ by area\n", name, area, 0.2 * area / unit}'
  done
}

# Each takes half a minute of one core, and none needs another.
parts="verilator icarus"
[ "${2:-}" = simulate ] || parts+=" yosys"
for part in $parts; do
  "with_$part" >"$part.out" 2>&1 &
  echo "$! $part"
done >running
status=0
while read -r pid part; do
  wait "$pid" || status=1
  cat "$part.out"
done <running
exit $status
