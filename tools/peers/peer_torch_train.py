#!/usr/bin/python3
"""VGG19's training step in PyTorch (Debian: python3-torch) beside ./bench train, by turns.

    tools/peers/peer_torch_train.py [--batch 128] [--threads 2] [--rounds 3] [--repeats 1]

The same network, batch and threads: 16 3x3 convolutions with batch norm and ReLU, five max pools,
one linear layer; cross-entropy with label smoothing, Nesterov SGD; fp32, channels last. Each round
times some steps of either, after one that does not count; printed are medians over rounds of
pictures/s and their ratio.
"""
import argparse
import os
import statistics
import subprocess
import time


def vgg19(nn):
    layers, channels = [], 3
    for width, repeats in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4)):
        for _ in range(repeats):
            layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width),
                       nn.ReLU(inplace=True)]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1, help="steps of either in a round")
    args = parser.parse_args()

    import torch
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    net = vgg19(torch.nn).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, nesterov=True,
                                weight_decay=5e-4)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    x = torch.randn(args.batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (args.batch,))

    def torch_step():
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss(net(x), labels).backward()
        optimizer.step()
        return args.batch / (time.perf_counter() - start)

    bench = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench")
    environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads))

    def own_steps():
        out = subprocess.run(
            [bench, "train", "--net", "vgg19", "--batch", str(args.batch), "--threads",
             str(args.threads), "--repeats", str(args.repeats)],
            env=environment, check=True, capture_output=True, text=True).stdout
        header, row = (line.split() for line in out.strip().splitlines())
        return float(row[header.index("pictures/s")])

    torch_step()
    theirs, own = [], []
    for _ in range(args.rounds):
        own.append(own_steps())
        theirs.append(statistics.median(torch_step() for _ in range(args.repeats)))
        print(f"./bench train {own[-1]:.1f}, PyTorch {theirs[-1]:.1f} pictures/s", flush=True)
    a, b = statistics.median(own), statistics.median(theirs)
    print(f"VGG19, batch {args.batch}, {args.threads} threads, fp32, medians: own {a:.1f}, "
          f"PyTorch {torch.__version__} {b:.1f} pictures/s, ratio {a / b:.2f}")


if __name__ == "__main__":
    main()
