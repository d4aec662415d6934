// A picture as the sum of six grids of 1, 2, 4, ..., 32 cells a side, bilinear between their nodes.
// Descent on the nodes finds large shapes as fast as edges, which descent on pixels does not.
#pragma once

#include "data/cifar10.h"
#include "data/base/rng.h"

namespace tri {

// Values of all nodes of a picture, the grids one after the other, each [cells + 1][cells + 1][3].
constexpr int nodes_of(int cells) { return (cells + 1) * (cells + 1) * kChannels; }
constexpr int kNodes =
    nodes_of(1) + nodes_of(2) + nodes_of(4) + nodes_of(8) + nodes_of(16) + nodes_of(kSide);

// nodes [kNodes]: noise, mostly grey, whose amplitude falls with frequency, much as in photographs
// (Field, J. Opt. Soc. Am. A, 1987), in units of kPixelUnit.
void random_nodes(Rng rng, float* nodes);

// nodes [kNodes] -> x [32][32][3], and the gradient back the same way. Both results are
// overwritten.
void paint(const float* nodes, float* x);
void paint_backward(const float* dx, float* d_nodes);

}  // namespace tri
