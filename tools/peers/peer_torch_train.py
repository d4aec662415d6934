#!/usr/bin/python3
"""A training step in PyTorch, for ./bench train --peer to race against.

The first line of standard input is the problem as JSON: threads, batch, precision (fp32, or bf16 for
autocast) and the layer table. The answer says who runs. Every line after that is one step and is
answered by the seconds it took: cross-entropy with label smoothing, Nesterov SGD, channels last,
random pictures. An untrained network takes as long as a trained one.
"""

import json
import sys
import time
import warnings

import torch
from torch import nn

sys.dont_write_bytecode = True
warnings.filterwarnings("ignore")


def module_of(layer):
    """What one row of the table does to its input; of an addition, to the sum of its inputs."""
    kind = layer["kind"]
    after = [nn.ReLU(inplace=True)] if layer["activation"] == "relu" else []
    if kind == "add":
        return nn.Sequential(*after)
    if kind == "dropout":
        return nn.Dropout(layer["rate"])
    window = (layer["kernel"], layer["stride"], layer["pad"])
    if kind == "max_pool":
        return nn.MaxPool2d(*window)
    if kind == "avg_pool":
        return nn.AvgPool2d(*window)
    groups = layer["in"] if kind == "depthwise" else 1
    logits = layer["activation"] == "logits"
    conv = nn.Conv2d(layer["in"], layer["out"], *window, groups=groups, bias=logits)
    return nn.Sequential(conv, *([] if logits else [nn.BatchNorm2d(layer["out"])] + after))


class Net(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.sources = [layer["sources"] for layer in layers]  # indices of rows; -1: the pictures
        self.rows = nn.ModuleList(module_of(layer) for layer in layers)

    def forward(self, pictures):
        values = [pictures]
        for row, sources in zip(self.rows, self.sources):
            inputs = [values[source + 1] for source in sources]
            values.append(row(inputs[0] if len(inputs) == 1 else inputs[0] + inputs[1]))
        return values[-1].flatten(1)


def main():
    problem = json.loads(sys.stdin.readline())
    torch.set_num_threads(problem["threads"])
    torch.manual_seed(1)
    net = Net(problem["layers"]).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, nesterov=True,
                                weight_decay=5e-4)
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    side = problem["side"]
    pictures = torch.randn(problem["batch"], problem["layers"][0]["in"], side, side)
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(problem["layers"][-1]["out"], (problem["batch"],))
    low = problem["precision"] == "bf16"
    print(f"PyTorch {torch.__version__}, {'bf16 autocast' if low else 'fp32'}", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            value = loss(net(pictures), labels)
        value.backward()
        optimizer.step()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
