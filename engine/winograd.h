// 3x3 convolutions of stride 1 and padding 1 by Winograd's minimal filtering: 4 (2.25) times fewer
// multiplications than the sum itself. Which layers come here is left to conv.
//
// Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016. A tile of
// m x m outputs comes from (m+2) x (m+2) inputs d:  y = A' [ (G w G') . (B' d B) ] A. The product
// in the middle is, for each of the (m+2)^2 positions, a matrix product over channels of many
// tiles. The backward pass is the exact adjoint of the same formula, so it shares the transforms:
// with Z = A dy A', dw = G' [ sum of (B' d B) . Z ] G and dd = B [ (G w G') . Z ] B'.
#pragma once

#include "engine/layer.h"

namespace tri {

bool winograd_fits(const Layer& layer);  // 3x3, stride 1, pad 1, channels in multiples of 16

// x: [n][in], w: [9 * C][K], y: [n][output].
void winograd_forward(const Layer& layer, int n, const float* x, const float* w, float* y);
// dx: [n][in], overwritten, or null; dw: [9 * C][K], added to.
void winograd_backward(const Layer& layer, int n, const float* x, const float* w, const float* dy,
                       float* dx, float* dw);

}  // namespace tri
