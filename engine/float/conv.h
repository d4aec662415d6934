// Float convolution, plain and depthwise: forward and backward. Picks the algorithm.
#pragma once

#include "engine/float/gemm.h"
#include "engine/graph/layer.h"

namespace tri {

// x: [n][in], w: [rows][K], y: [n][output]; for kinds conv and depthwise.
void conv_forward(const Layer& layer, int n, const float* x, const float* w, float* y,
                  Precision precision);
// dx: [n][in]; dw: [rows][K]. Both are overwritten; null where nobody needs them.
void conv_backward(const Layer& layer, int n, const float* x, const float* w, const float* dy,
                   float* dx, float* dw, Precision precision);

}  // namespace tri
