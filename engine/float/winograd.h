// 3x3 and 5x5 convolutions of stride 1 that keep the map's size, by Winograd's minimal filtering:
// 4, 2.78 or 2.25 times fewer multiplications than the sum itself. Which layers come here is left
// to conv, the transforms to engine/loops.
//
// Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016. A tile of
// m x m outputs comes from A x A inputs d, A = m + r - 1:  y = A' [ (G w G') . (B' d B) ] A. The
// product in the middle is, for each of the A * A positions, a matrix product over channels of many
// tiles. The backward pass is the exact adjoint of the same formula, so it shares the transforms:
// with Z = A dy A', dw = G' [ sum of (B' d B) . Z ] G and dd = B [ (G w G') . Z ] B'.
#pragma once

#include "engine/float/gemm.h"
#include "engine/graph/layer.h"

namespace tri {

// 3x3 or 5x5, stride 1, the map's size kept, channels in multiples of 16.
bool winograd_fits(const Layer& layer);

// x: [n][in], w: [rows][K], y: [n][output].
void winograd_forward(const Layer& layer, int n, const float* x, const float* w, float* y,
                      Precision precision);
// dx: [n][in], dw: [rows][K]: overwritten, or null.
void winograd_backward(const Layer& layer, int n, const float* x, const float* w, const float* dy,
                       float* dx, float* dw, Precision precision);

}  // namespace tri
