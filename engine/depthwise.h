// Float depthwise convolution: one filter a channel.
#pragma once

#include "engine/layer.h"

namespace tri {

// x: [n][in], w: [kernel * kernel][C], y: [n][output].
void depthwise_forward(const Layer& layer, int n, const float* x, const float* w, float* y);
// dx: [n][in], overwritten, or null; dw: [kernel * kernel][C], added to.
void depthwise_backward(const Layer& layer, int n, const float* x, const float* w, const float* dy,
                        float* dx, float* dw);

}  // namespace tri
