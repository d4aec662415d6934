#include "engine/optim.h"

namespace tri {

void sgd_step(const Sgd& sgd, size_t count, size_t decayed, float* params, const float* grads,
              float* velocity) {
#pragma omp parallel for
  for (size_t i = 0; i < count; ++i) {
    const float g = grads[i] + (i < decayed ? sgd.decay * params[i] : 0);
    velocity[i] = sgd.momentum * velocity[i] + g;
    params[i] -= sgd.rate * (g + sgd.momentum * velocity[i]);
  }
}

float one_cycle(float peak, float warm, double progress) {
  const double start = peak / 25;
  return float(progress < warm ? start + (peak - start) * progress / warm
                               : peak * (1 - progress) / (1 - warm));
}

}  // namespace tri
