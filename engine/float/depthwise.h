// Float depthwise convolution, 3x3: one filter a channel. The loops are in engine/loops.
#pragma once

#include "engine/graph/layer.h"

namespace tri {

// x: [n][in], w: [9][C], y: [n][output].
void depthwise_forward(const Layer& layer, int n, const float* x, const float* w, float* y);
// dx: [n][in], dw: [9][C]: overwritten, or null.
void depthwise_backward(const Layer& layer, int n, const float* x, const float* w, const float* dy,
                        float* dx, float* dw);

}  // namespace tri
