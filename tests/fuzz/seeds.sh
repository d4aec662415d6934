#!/bin/sh
# Writes small inputs that loaders read, for the fuzz targets to begin with: tests/fuzz/seeds.sh FOLDER
set -eu
out=$1
for target in model checkpoint journal energy_table layers picture sheet records merge agent log result; do mkdir -p "$out/$target"; done
printf 'tri-segment search journal 3\nbound NET=small\nupdate ppo 1 0 5 0.5 1 0.1 0.2 0.3 0.4 0.1 0.2 0.3 0.4\n' >"$out/journal/good"
printf '{"add8": 0.03, "multiply8": 1e-3, "sram": {"8192": 1.25, "1048576": 12.5}}' >"$out/energy_table/good"
printf '{"sram": 3}' >"$out/energy_table/sram"
printf '{"layers": [{"name": "f", "kernel": 32, "out": 3, "activation": "logits"}]}' >"$out/layers/classes"
printf 'algorithm,seed,epoch,loss\ntrain,1,1,2.5\nfinetune,1,2,\n' >"$out/log/good"
printf '{"version": 1, "net": "small", "data": {"source": "cifar10", "dir": "d"}, "algorithm": "ppo", "seed": 1,
 "evaluations": null, "seconds": null, "unfinished": ["search"], "options": {}, "hyperparameters": {}, "calibrated": true, "equalized": true,
 "teacher": {"file": "f", "accuracy": null}, "mse": null, "start": null, "candidates": [], "selected": null,
 "within_max_drop": null, "energy": null, "front": [], "student": null}' >"$out/result/good"
printf '{"layers": [{"name": "a", "kernel": 3, "pad": 1, "out": 8}, {"kind": "depthwise", "name": "d", "kernel": 3, "pad": 1},
 {"kind": "max_pool", "kernel": 2, "stride": 2}, {"name": "b", "out": 8, "activation": "linear"},
 {"kind": "add", "inputs": ["b", "b"], "name": "s"}, {"kind": "dropout", "rate": 0.5},
 {"name": "f", "kernel": 16, "activation": "logits"}], "attention": ["a"]}' >"$out/layers/good"
printf '{"options": {"NET": "small", "--batch": "64"}, "searches": [{"algorithm": "ppo", "seed": 1, "evaluations": 20,
 "reward": -0.1, "test_kl": 0.2, "agreement": 0.9, "accuracy": null, "energy": 12.5}, {"algorithm": "mse", "seed": 1,
 "evaluations": 0, "reward": -0.2, "test_kl": 0.3, "agreement": 0.8, "accuracy": 0.5, "energy": 13}]}' >"$out/merge/good"
{ # One feature, head, layer and unit: eight parameters.
  printf '\6simple\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0'
  head -c 64 /dev/zero
} >"$out/agent/good"
{
  printf '{"version": 1, "side": 16, "channels": 1, "classes": 2, "label_bytes": 1}\0\1'
  head -c 256 /dev/zero
} >"$out/records/good"
printf '\0P5 2 2 255\nabcd' >"$out/picture/pgm"
printf '\1P6 1 2 255\nabcdef' >"$out/picture/ppm"
printf '\1GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;' >"$out/picture/gif"
printf '\3\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\40\10abcd' >"$out/picture/tga"
