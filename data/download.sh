#!/bin/sh
# Fetches CIFAR-10's binary version: downloads the official archive, checks its sum and unpacks it to
# data/cifar-10-batches-bin, which appears complete or not at all. A download that broke off goes on
# where it stopped, in this run or in a later one. Run from the root of the project: `make cifar10`,
# and every program that finds no data set (data/download.h).
#   CIFAR10_URL, CIFAR10_MD5  another archive and its sum
#   CIFAR10_SECONDS           how long the download may take (half an hour if not set)
# Talk goes to stderr, the reason of a failure to descriptor 3 where there is one. Exit status 0: the
# folder is there; 1: it is not; 130, 143: interrupted.
set -eu

url=${CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz}
md5=${CIFAR10_MD5:-c32a1d4ab5d03f1284b67883e8d87530}
seconds=${CIFAR10_SECONDS:-1800}
megabytes=170 # the official archive
target=data/cifar-10-batches-bin
part=data/cifar-10-binary.tar.gz.part

(: >&3) 2>/dev/null || exec 3>&2
fail() {
  echo "error: $*" >&3
  exit 1
}

# The shell would compute what is no number.
case $seconds in
  '' | *[!0-9]* | ?????????*) fail "CIFAR10_SECONDS is '$seconds', expected a number of seconds" ;;
esac

size() { stat -c %s "$part" 2>/dev/null || echo 0; }

# Looks at the growing file while curl runs: a line redrawn in place on a terminal, else one every
# five seconds.
show_progress() {
  began=$(date +%s) shown=$(date +%s)
  while kill -0 "$curl" 2>/dev/null; do
    now=$(date +%s) done=$(($(size) / 1000000))
    line="$((100 * done / megabytes))% downloading CIFAR-10: $done of $megabytes MB, $((now - began)) s"
    if [ -t 2 ]; then
      printf '\r%s\033[K' "$line" >&2
    elif [ $((now - shown)) -ge 5 ]; then
      shown=$now
      echo "$line" >&2
    fi
    sleep 0.1
  done
  if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

# One attempt, from where $part ends; curl's status, its message in $work/error.
download() {
  curl -fsSLN --connect-timeout 10 --speed-limit 1000 --speed-time 20 \
    --max-time $((deadline - $(date +%s) + 1)) -C - -o "$part" --url "$url" 2>"$work/error" 3>&- 9>&- &
  curl=$!
  show_progress
  status=0
  wait "$curl" || status=$?
  curl=
  return $status
}

rmdir "$target" 2>/dev/null || :
if [ -e "$target" ]; then
  echo "$target is there already: remove it to download it again" >&2
  exit 0
fi
# A link would be written through, and a pipe waited for.
if [ -L "$part" ] || { [ -e "$part" ] && [ ! -f "$part" ]; }; then
  fail "$part: is no regular file: remove it"
fi
command -v curl >/dev/null || fail "curl is not installed: run 'make deps'"
mkdir -p data || fail "data: cannot be made"
exec 9<data
flock -n 9 || fail "another download is running: wait for it"
work='' curl=''
trap 'if [ -n "$curl" ]; then kill "$curl" 2>/dev/null || :; fi; rm -rf ${work:+"$work"}' EXIT
# A second signal, as `timeout` sends, would end the cleaning.
trap 'trap "" INT HUP TERM; exit 130' INT
trap 'trap "" INT HUP TERM; exit 143' HUP TERM
# Named before it is made, so that it goes wherever a signal comes.
work=data/download-$$.tmp
(umask 077 && mkdir "$work") || fail "data: cannot be written to"

echo "downloading $url ($megabytes MB)" >&2
deadline=$(($(date +%s) + seconds))
restart= # why the archive had to be fetched from its first byte once more
sum() { md5sum "$part" 2>/dev/null | cut -d ' ' -f 1; }
while [ "$(sum)" != "$md5" ]; do
  before=$(size)
  [ "$(date +%s)" -lt $deadline ] ||
    fail "$url: not complete after $seconds s; what came is kept: run again to go on"
  if download; then
    found=$(sum)
    [ "$found" != "$md5" ] || break
    rm "$part"
    # What an earlier attempt left may be at fault.
    [ "$before" -gt 0 ] && [ -z "$restart" ] ||
      fail "$url: its MD5 is $found, expected $md5: try again, or another mirror"
    restart="the sum is wrong"
  elif [ $status = 33 ] || grep -q 'error: 416' "$work/error"; then
    rm -f "$part"
    [ -z "$restart" ] || fail "$url: broke off, and the server cannot go on in the middle"
    restart="the server cannot go on at $before bytes"
  elif [ "$(size)" -le "$before" ]; then
    fail "$url: $(sed 's/^curl: //' "$work/error" | head -n 1)"
  else
    echo "the download broke off: going on at $(size) bytes" >&2
    continue
  fi
  echo "$restart: starting again" >&2
done

tar -xzf "$part" -C "$work" --no-same-owner || fail "$url: cannot be unpacked: is the disk full?"
for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
  [ -f "$work/cifar-10-batches-bin/$file.bin" ] || fail "$url: holds no cifar-10-batches-bin/$file.bin"
done
mv -T "$work/cifar-10-batches-bin" "$target" || fail "$target: cannot be written"
rm -f "$part"
echo "wrote $target" >&2
