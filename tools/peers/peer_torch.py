#!/usr/bin/python3
"""PyTorch's statically quantized network, for ./bench net FILE --peer to race against.

Weights are random: they do not matter for speed. With --serve the first line of standard input is
the layer table as JSON; the answer says which engine runs. Every line after that runs the network
once and is answered by the seconds it took. Without it, VGG19 for CIFAR-10 is measured alone.
"""

import argparse
import json
import statistics
import sys
import time
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")


def vgg19():
    layers, channels = [], 3
    for width, repeats in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        for _ in range(repeats):
            layers.append(dict(kind="conv", **{"in": channels}, out=width, kernel=3, stride=1,
                               pad=1, activated=True))
            channels = width
        layers.append(dict(kind="max_pool", kernel=2, stride=2, pad=0))
    return layers + [dict(kind="conv", **{"in": 512}, out=10, kernel=1, stride=1, pad=0,
                          activated=False)]


def modules_of(layer):
    """One row of the table as modules, a convolution with batch norm and ReLU where activated."""
    kind = layer["kind"]
    if kind == "dropout":
        return []
    window = (layer["kernel"], layer["stride"], layer["pad"])
    if kind == "max_pool":
        return [nn.MaxPool2d(*window)]
    if kind == "avg_pool":
        return [nn.AvgPool2d(*window)]
    groups = layer["in"] if kind == "depthwise" else 1
    conv = nn.Conv2d(layer["in"], layer["out"], *window, groups=groups)
    return [conv, nn.BatchNorm2d(layer["out"]), nn.ReLU()] if layer["activated"] else [conv]


def quantized(layers, pictures, engine):
    torch.backends.quantized.engine = engine
    net = nn.Sequential(torch.quantization.QuantStub(),
                        *[m for layer in layers for m in modules_of(layer)],
                        torch.quantization.DeQuantStub()).eval()
    net.qconfig = torch.quantization.get_default_qconfig(engine)
    groups = [[str(i), str(i + 1), str(i + 2)] for i, m in enumerate(net)
              if isinstance(m, nn.Conv2d) and isinstance(net[i + 1], nn.BatchNorm2d)]
    net = torch.quantization.fuse_modules(net, groups)
    prepared = torch.quantization.prepare(net)
    prepared(pictures[:8])
    return torch.quantization.convert(prepared)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    layers = vgg19()
    if options.serve:
        table = json.loads(sys.stdin.readline())
        layers, options.threads, options.batch = table["layers"], table["threads"], table["batch"]
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    pictures = torch.rand(options.batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    engines = torch.backends.quantized.supported_engines
    engine = next(e for e in ("onednn", "x86", "fbgemm", "qnnpack") if e in engines)
    with torch.inference_mode():
        net = quantized(layers, pictures, engine)

        def seconds():
            start = time.perf_counter()
            net(pictures)
            return time.perf_counter() - start

        if options.serve:
            print(f"PyTorch {torch.__version__}, engine {engine}", flush=True)
            for _ in sys.stdin:
                print(seconds(), flush=True)
            return
        seconds()
        median = statistics.median(seconds() for _ in range(options.repeats))
        print(f"PyTorch {torch.__version__}, engine {engine}, VGG19, batch {options.batch}, "
              f"{options.threads} threads: {options.batch / median:.1f} images/s")


if __name__ == "__main__":
    main()
