#!/usr/bin/python3
"""The reward of a search in PyTorch, for ./bench search --peer to race against.

An evaluation runs a student over a batch of pictures in fp32: forward hooks replace every hidden
activation by its staircase and collect attention maps; then minus the KL divergence to the
teacher's outputs, which are known, and minus the attention distance. Weights are random, batch norm
fits them, so about as many activations are 0 as in a trained network. With --serve the first line
of standard input is the problem as JSON; the answer says who runs. Every line after that is one
evaluation and is answered by the seconds it took. Without it, VGG19 for CIFAR-10 is measured alone.
"""

import argparse
import json
import statistics
import sys
import time
import warnings

import torch
from torch import nn

sys.dont_write_bytecode = True
from peer_torch import modules_of, vgg19  # noqa: E402

warnings.filterwarnings("ignore")


class Evaluation:
    def __init__(self, layers, attention, pictures):
        self.pictures = pictures
        self.net = nn.Sequential(*[m for layer in layers for m in modules_of(layer)],
                                 nn.Flatten()).to(memory_format=torch.channels_last)
        for m in self.net:
            if isinstance(m, nn.BatchNorm2d):
                m.momentum = None  # statistics are those of the pictures
        self.net.train()(pictures)
        self.net.eval()
        self.attention, self.maps, self.staircase = set(attention), [], None
        relus = [m for m in self.net if isinstance(m, nn.ReLU)]
        for tap, relu in enumerate(relus):
            relu.register_forward_hook(lambda m, x, y, tap=tap: self.hook(tap, y))
        self.teacher = torch.log_softmax(self.net(pictures), 1)
        self.teacher_maps, self.maps = self.maps, []
        self.staircase = 0.5, 1.0, 1.5, 2.0  # t1, v1, t2, v2

    def hook(self, tap, y):
        if self.staircase:
            t1, v1, t2, v2 = self.staircase
            y = torch.where(y > t2, v2, torch.where(y > t1, v1, 0.0))
        if tap in self.attention:
            self.maps.append(nn.functional.normalize(y.pow(2).sum(1).flatten(1)))
        return y

    def reward(self):
        self.maps = []
        student = torch.log_softmax(self.net(self.pictures), 1)
        kl = (student.exp() * (student - self.teacher)).sum(1).mean()
        distances = [(a - b).norm(dim=1).mean() for a, b in zip(self.maps, self.teacher_maps)]
        return float(-kl - 0.1 * sum(distances) / max(len(distances), 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    problem = dict(layers=vgg19(), attention=[3, 7, 11, 15], threads=options.threads,
                   batch=options.batch)
    if options.serve:
        problem = json.loads(sys.stdin.readline())
    torch.set_num_threads(problem["threads"])
    torch.manual_seed(1)
    pictures = torch.randn(problem["batch"], 3, 32, 32)
    with torch.inference_mode():
        evaluation = Evaluation(problem["layers"], problem["attention"],
                                pictures.contiguous(memory_format=torch.channels_last))

        def seconds():
            start = time.perf_counter()
            evaluation.reward()
            return time.perf_counter() - start

        if options.serve:
            print(f"PyTorch {torch.__version__}, fp32", flush=True)
            for _ in sys.stdin:
                print(seconds(), flush=True)
            return
        seconds()
        median = statistics.median(seconds() for _ in range(options.repeats))
        print(f"PyTorch {torch.__version__}, fp32, VGG19, batch {problem['batch']}, "
              f"{problem['threads']} threads: {1 / median:.2f} evaluations/s")


if __name__ == "__main__":
    main()
