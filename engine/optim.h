// Stochastic gradient descent over one flat array, and its schedule.
#pragma once

#include <cstddef>

namespace tri {

struct Sgd {
  float rate;
  float momentum = 0.9f;
  float decay = 5e-4f;  // L2, on the first `decayed` parameters: weights, not batch norm or biases
};

// Nesterov momentum (Sutskever et al., ICML 2013). All arrays: [count].
void sgd_step(const Sgd& sgd, size_t count, size_t decayed, float* params, const float* grads,
              float* velocity);

// One cycle (Smith and Topin, 2017): from peak / 25 up to `peak` at the share `warm` of all steps,
// then down to 0, both straight. progress in 0..1.
float one_cycle(float peak, float warm, double progress);

}  // namespace tri
