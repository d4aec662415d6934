#!/usr/bin/env python3
"""Splits pictures with their original pixels by whether ./train holds out their JPEG copies.

Usage: split_originals.py CIFAR10_DIR ORIGINALS.bin OUT_DIR

CIFAR10_DIR holds the copies (data_batch_1..5.bin), ORIGINALS.bin records of the same pictures in
the same format. The copy of a picture is the nearest one by squared error. Writes to OUT_DIR:
train.bin (originals whose copies are trained on: for ./train --more), held_out.bin (the others)
and held_out_copies.bin (the copies of those, in the same order).
"""
import sys
from pathlib import Path

import numpy as np

HELD_OUT = 2000  # the last training pictures, as in tools/train.cpp
RECORD = 3073


def load(file):
    return np.fromfile(file, np.uint8).reshape(-1, RECORD)


def main(folder, originals, out):
    copies = np.concatenate([load(Path(folder) / f"data_batch_{i}.bin") for i in range(1, 6)])
    records = load(originals)
    x, y = copies[:, 1:].astype(np.float32), records[:, 1:].astype(np.float32)
    squares = (x * x).sum(1)
    nearest = np.concatenate(
        [(squares - 2 * y[i : i + 500] @ x.T).argmin(1) for i in range(0, len(y), 500)])
    if len(set(nearest)) < len(y) or (copies[nearest, 0] != records[:, 0]).any():
        sys.exit(f"{originals}: some pictures have no copy of their own in {folder}")
    held_out = nearest >= len(copies) - HELD_OUT
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, part in (("train", records[~held_out]), ("held_out", records[held_out]),
                       ("held_out_copies", copies[nearest[held_out]])):
        part.tofile(Path(out) / f"{name}.bin")
        print(f"{out}/{name}.bin: {len(part)} pictures")


if len(sys.argv) != 4:
    sys.exit(__doc__)
main(*sys.argv[1:])
