"""Runs what ./export writes in programs that are not ours, and compares the logits, bit by bit,
with those of ./evaluate --logits.

    build/check/bin/python tools/peers/check_export.py onnx FILE... [--pictures N]     ONNX Runtime, OpenVINO
    build/check/bin/python tools/peers/check_export.py qonnx FILE... [--pictures N]    the qonnx package

On a CPU without VNNI, as emulated (sums of uint8 with int8 may saturate on such, ours must not):

    qemu-x86_64 -cpu Haswell build/check/bin/python tools/peers/check_export.py onnx FILE \\
        --only "ONNX Runtime" --pictures 3

FILE is a .q8 or .tri file of a net for CIFAR-10's pictures. `make deps-check` installs what this
needs. Exit status 1 where ONNX Runtime or qonnx differs; OpenVINO, which computes in floats, is
only reported.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pictures(data, count):
    records = np.fromfile(pathlib.Path(data) / "test_batch.bin", np.uint8).reshape(-1, 3073)
    return records[:count, 1:].reshape(-1, 3, 32, 32)


def our_logits(file, data, folder, count):
    out = folder / "logits"
    subprocess.run([ROOT / "evaluate", file, "--data", data, "--logits", out],
                   check=True, stdout=subprocess.DEVNULL)
    return np.fromfile(out, "<i4").reshape(-1, 10)[:count]


def exported(file, kind, folder):
    subprocess.run([ROOT / "export", file, "--format", kind, "--out", folder],
                   check=True, stderr=subprocess.DEVNULL)
    return next(folder.glob("*.onnx"))


def in_batches(run, x, batch):
    return np.concatenate([run(x[at:at + batch]) for at in range(0, len(x), batch)])


def onnxruntime_logits(path, x, batch):
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [o.name for o in session.get_outputs()] == ["logits", "scores"]
    return in_batches(lambda part: session.run(["logits"], {"pictures": part})[0], x, batch)


def openvino_logits(path, x, batch):
    import openvino
    # Without this it may compute in bfloat16.
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return in_batches(lambda part: compiled(part)["logits"].copy(), x, batch)


def qonnx_logits(path, x, batch):
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes
    model = ModelWrapper(str(path)).transform(InferShapes())
    run = lambda part: execute_onnx(model, {"pictures": part.astype(np.float32)})["logits"]
    return in_batches(run, x, 1)


PEERS = {"onnx": {"ONNX Runtime": onnxruntime_logits, "OpenVINO": openvino_logits},
         "qonnx": {"qonnx": qonnx_logits}}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("kind", choices=PEERS)
    arguments.add_argument("files", nargs="+", metavar="FILE")
    arguments.add_argument("--data", default=os.environ.get("CIFAR10_DIR", ROOT / "data/cifar-10-batches-bin"))
    arguments.add_argument("--pictures", type=int, default=10000)
    arguments.add_argument("--batch", type=int, default=100, help="pictures a call")
    arguments.add_argument("--only", help="one of the peers")
    options = arguments.parse_args()
    x = pictures(options.data, options.pictures)
    different = 0
    for file in options.files:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            expected = our_logits(file, options.data, folder, len(x))
            path = exported(file, options.kind, folder)
            if options.kind == "onnx":
                onnx.checker.check_model(path, full_check=True)
            for peer, logits_of in PEERS[options.kind].items():
                if options.only not in (None, peer):
                    continue
                begin = time.time()
                logits = logits_of(path, x, options.batch)
                seconds = time.time() - begin
                equal = int((logits == expected).all(axis=1).sum())
                if peer != "OpenVINO":
                    different += equal != len(x)
                print(f"{pathlib.Path(file).name}: {peer}: {equal} of {len(x)} pictures have equal "
                      f"logits, largest difference {int(np.abs(logits.astype(np.int64) - expected).max())}, "
                      f"{int((logits.argmax(1) == expected.argmax(1)).sum())} equal classes, "
                      f"{len(x) / seconds:.0f} pictures/s", flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
