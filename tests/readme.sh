#!/usr/bin/env bash
# Runs the command lines of all READMEs that stand behind the line <!-- runnable -->, in order, in a
# copy of the project that is made of links, after writing the files behind <!-- file: NAME -->.
# Ends with status 1 where one fails, and names it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ran=0

# The indented block behind line N of FILE, without its indentation.
block() {
  awk -v from="$2" 'NR > from && /^    |^$/ { sub(/^    /, ""); text = text $0 "\n"; next }
                    NR > from { exit }
                    END { printf "%s", text }' "$1"
}

while IFS= read -r readme; do
  folder=$scratch/${readme//\//_}
  mkdir "$folder"
  for entry in "$root"/*; do
    if [ "$entry" = "$root/build" ]; then ln -s "$entry" "$folder"; else cp -rs "$entry" "$folder"; fi
  done
  while IFS=: read -r line mark; do
    case $mark in
      '<!-- file: '*)
        name=${mark#<!-- file: }
        block "$readme" "$line" >"$folder/${name% -->}"
        ;;
      *)
        echo "== $readme, line $line"
        (cd "$folder" && block "$root/$readme" "$line" | bash -euo pipefail -x) ||
          { echo "failed: $readme, line $line" >&2; exit 1; }
        ran=$((ran + 1))
        ;;
    esac
  done < <(grep -nE '^<!-- (file: [A-Za-z0-9_.]+|runnable) -->$' "$readme")
done < <(git ls-files '*README.md' README.md | sort -u)
[ "$ran" -gt 0 ] || { echo "no README has a runnable line" >&2; exit 1; }
echo "$ran blocks of commands ran"
