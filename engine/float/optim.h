// Steps over one flat array: stochastic gradient descent and its schedule; Adam.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

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

// Adam (Kingma and Ba, ICLR 2015). step: from 1 on; m, v: both moments, 0 before the first step.
// All arrays: [count], of floats or doubles.
struct AdamStep {
  double rate, beta1, beta2, epsilon;
};
template <class T>
void adam_step(const AdamStep& adam, int64_t step, size_t count, const T* dx, T* m, T* v, T* x) {
  const T correction1 = T(1 - std::pow(adam.beta1, double(step)));
  const T correction2 = T(1 - std::pow(adam.beta2, double(step)));
  const T rate = T(adam.rate), beta1 = T(adam.beta1), beta2 = T(adam.beta2);
  const T epsilon = T(adam.epsilon);
  for (size_t i = 0; i < count; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * dx[i];
    v[i] = beta2 * v[i] + (1 - beta2) * dx[i] * dx[i];
    x[i] -= rate * (m[i] / correction1) / (std::sqrt(v[i] / correction2) + epsilon);
  }
}

}  // namespace tri
