#!/bin/sh
# Downloads CIFAR-10's binary version, checks it and unpacks it to data/cifar-10-batches-bin (run
# from the root of the project: `make cifar10`). What is there afterwards is complete or absent.
# CIFAR10_URL names another address, CIFAR10_MD5 the sum of another archive.
set -eu

url=${CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz}
md5=${CIFAR10_MD5:-c32a1d4ab5d03f1284b67883e8d87530}
target=data/cifar-10-batches-bin

fail() {
  echo "error: $*" >&2
  exit 1
}

if [ -e "$target" ]; then
  echo "$target is there already: remove it to download it again" >&2
  exit 0
fi
mkdir -p data
work=$(mktemp -d data/download-XXXXXX.tmp)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo "downloading $url (170 MB)" >&2
if command -v curl >/dev/null; then
  curl -fL --retry 3 -o "$work/archive" "$url" || fail "$url: cannot be downloaded with curl"
elif command -v wget >/dev/null; then
  wget -O "$work/archive" "$url" || fail "$url: cannot be downloaded with wget"
else
  fail "neither curl nor wget is installed: install one of them"
fi

found=$(md5sum "$work/archive" | cut -d ' ' -f 1)
[ "$found" = "$md5" ] || fail "$url: its MD5 is $found, expected $md5: try again, or another mirror"
tar -xzf "$work/archive" -C "$work" || fail "$url: cannot be unpacked"
for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
  [ -f "$work/cifar-10-batches-bin/$file.bin" ] || fail "$url: holds no cifar-10-batches-bin/$file.bin"
done
mv "$work/cifar-10-batches-bin" "$target"
echo "wrote $target" >&2
