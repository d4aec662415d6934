#!/bin/bash
# Proof on a bare machine: makes a minimal Debian tree with debootstrap, clones HEAD into it and runs
# the README's lines 'make deps && ...' inside, with the network off after `make deps`. For the hand,
# as root: it takes from ten minutes on. Options are added to the line that searches:
#   tests/bare_machine.sh --episodes 40 --top 1 --test 1000
# The release and the mirror are those of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

for command in debootstrap unshare ip git; do
  command -v $command >/dev/null || { echo "$command is missing: install it" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "only root can make a tree and enter it" >&2; exit 1; }

if [ -z "${BARE_ROOT:-}" ]; then
  # The mounts of the second run of this script are gone with it, and never seen from here.
  BARE_ROOT=$(mktemp -d /var/tmp/bare-XXXXXX)
  export BARE_ROOT
  trap 'rm -rf --one-file-system "$BARE_ROOT"' EXIT
  unshare -m --propagation private "$0" "$@"
  exit
fi

root=$BARE_ROOT
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk -v release="$release" '$2 == release && $3 == "main" { print $1; exit }')
inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
    sh -c "cd /project && $*"
}
offline() { # a machine without a network still has its loopback interface
  export -f inside
  export root
  unshare -n bash -c 'ip link set lo up && inside "$@"' bash "$@"
}

echo "== a minimal $release tree"
debootstrap --variant=minbase "$release" "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -n 20 "$root.log"; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
cp /etc/resolv.conf "$root/etc/"
git clone --quiet --no-hardlinks . "$root/project"

echo "== make deps (the tree got make itself before)"
inside "apt-get -qq update && apt-get -qq install -y --no-install-recommends make" >/dev/null 2>&1
inside "make deps" >"$root/deps.log" 2>&1 || { tail -n 20 "$root/deps.log"; exit 1; }

lines=0
while read -r line; do
  line=${line#'make deps && '}
  case $line in *./search*) line="$line $*" ;; esac
  echo "== without a network: $line"
  offline "$line" </dev/null 2>&1 | grep -v '^g++'
  lines=$((lines + 1))
done < <(grep '^ *make deps && ' README.md | sed 's/^ *//')
[ $lines = 2 ] || { echo "the README has $lines lines that begin with 'make deps &&', not 2"; exit 1; }
inside 'ls -l runs/*/result.json runs/*/search.csv runs/*/*.tri'
echo "== passed: $lines lines of the README on a bare machine"
