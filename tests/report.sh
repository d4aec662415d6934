#!/usr/bin/env bash
# Shows pages of ./report in headless Chromium, 400 and 1,600 pixels wide: every plot must be drawn,
# nothing may stand out to the right, and the console must stay empty. A request that leaves the page
# is refused by the page's own policy and lands there. `make deps-check` installs Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v chromium >/dev/null || { echo "skipped: no chromium"; exit 0; }
# shellcheck source=tests/support/small_runs.sh
. tests/support/small_runs.sh

options=(--headless --disable-gpu --no-first-run --disable-background-networking --disable-component-update
  --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$scratch/chromium" --enable-logging=stderr)
if [ "$(id -u)" = 0 ]; then options+=(--no-sandbox); fi

# What a page says of itself once it is drawn.
cat >"$scratch/probe" <<'PROBE'
<script>addEventListener("load", () => setTimeout(() => {
  const root = document.documentElement, charts = [...document.querySelectorAll(".canvas canvas")];
  const blank = canvas => !Chart.getChart(canvas) || !canvas.width ||
      !canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(x => x);
  console.log(`PROBE ${innerWidth} wide, ready ${root.dataset.ready}, ${root.scrollWidth - root.clientWidth} over, ` +
      `${charts.filter(blank).length} blank of ${charts.length} plots`);
}, 500))</script>
PROBE
# A window may not be as narrow as a frame.
console_of() { # PAGE WIDTH
  sed "s|</body>||" "$1" >"$scratch/shown.html"
  cat "$scratch/probe" >>"$scratch/shown.html"
  echo "<!doctype html><iframe src=shown.html width=$2 height=900 style=border:0></iframe>" >"$scratch/frame.html"
  timeout 120 chromium "${options[@]}" --window-size=1700,1000 --virtual-time-budget=20000 --dump-dom \
    "file://$scratch/frame.html" 2>&1 >/dev/null | grep CONSOLE || true
}
check() { # NAME PLOTS PATH...: at least so many plots
  local page="$scratch/page.html" width
  quietly "${BIN}report" "${@:3}" --data "$data" --out "$page" || fail "$1: ./report"
  for width in 400 1600; do
    console_of "$page" "$width" >"$scratch/log"
    [ "$(wc -l <"$scratch/log")" = 1 ] || fail "$1, $width pixels: the console is not empty"
    grep -q "PROBE $width wide, ready yes, 0 over, 0 blank of" "$scratch/log" || fail "$1, $width pixels"
    local plots
    plots=$(sed 's/.* of \([0-9]*\) plots.*/\1/' "$scratch/log")
    [ "$plots" -ge "$2" ] || fail "$1, $width pixels: $plots plots, expected $2 or more"
  done
  echo "$1: $plots plots"
}

# Names that a page must not take for HTML.
mixed="$scratch/<img src=x onerror=console.error(1)>&\"'"
EPISODES=40 quietly run_search "$mixed" --algo all --seeds 2 --energy-weight 0.1 || fail "search"
quietly run_finetune "$mixed" || fail "finetune"
check "a search" 20 "$scratch/student"
check "searches and a fine-tuning" 25 "$mixed"
check "a training" 4 "$scratch/teacher/small.q8"
check "two folders" 45 "$scratch/student" "$mixed"

# A search that was killed before it measured anything, and a training in its first epochs.
"${BIN}search" small --teacher "$scratch/teacher/small.q8" --data "$data" --episodes 1000000 --batch 4 --pool 16 \
  --held-out 4 --calibration 8 --reconstruction 0 --test 20 --out "$scratch/killed" >"$scratch/log" 2>&1 &
until [ -s "$scratch/killed/search.csv" ]; do
  kill -0 $! || fail "the search ended early"
  sleep 0.1
done
kill -KILL $!
{ wait $!; } 2>/dev/null || true
check "a killed search" 5 "$scratch/killed"
mkdir "$scratch/begun"
cp "$scratch/teacher/small.csv" "$scratch/begun/"
check "a training without a model" 4 "$scratch/begun"

# What the console is asked for above does see a request that leaves the page, and a script's error.
for harm in 'new Image().src = "http://localhost/x"' 'fetch("http://localhost/x")' 'undefined.x'; do
  sed "s|</body>|<script>$harm</script></body>|" "$scratch/page.html" >"$scratch/harmed.html"
  [ "$(console_of "$scratch/harmed.html" 400 | wc -l)" -gt 1 ] || fail "not seen: $harm"
done
echo "== passed"
