// Max and average pooling of floats: forward and backward.
#pragma once

#include "engine/graph/layer.h"

namespace tri {

// x: [n][in], y: [n][output], dx: overwritten. What a max window has outside the map is ignored;
// of equal values the first gets the gradient.
void max_pool_forward(const Layer& layer, int n, const float* x, float* y);
void max_pool_backward(const Layer& layer, int n, const float* x, const float* dy, float* dx);
// Over windows that lie within the map (no padding).
void avg_pool_forward(const Layer& layer, int n, const float* x, float* y);
void avg_pool_backward(const Layer& layer, int n, const float* dy, float* dx);

}  // namespace tri
