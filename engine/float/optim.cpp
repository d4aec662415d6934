#include "engine/float/optim.h"

#include <algorithm>

#include "engine/float/loops/loops.h"

namespace tri {

void sgd_step(const Sgd& sgd, size_t count, size_t decayed, float* params, const float* grads,
              float* velocity) {
  constexpr size_t kChunk = 4096;
  const auto update = [&](size_t begin, size_t end, float decay) {
    loops().sgd(end - begin, sgd.rate, sgd.momentum, decay, grads + begin, params + begin,
                velocity + begin);
  };
#pragma omp parallel for
  for (size_t begin = 0; begin < count; begin += kChunk) {
    const size_t end = std::min(count, begin + kChunk), middle = std::clamp(decayed, begin, end);
    update(begin, middle, sgd.decay);
    update(middle, end, 0);
  }
}

float one_cycle(float peak, float warm, double progress) {
  const double start = peak / 25;
  return float(progress < warm ? start + (peak - start) * progress / warm
                               : peak * (1 - progress) / (1 - warm));
}

}  // namespace tri
