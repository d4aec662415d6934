#include "engine/float/loss.h"

#include <algorithm>
#include <cmath>

namespace tri {

double cross_entropy(int n, int classes, const float* logits, const uint16_t* labels,
                     float smoothing, float* d) {
  double loss = 0;
  for (int i = 0; i < n; ++i) {
    const float* z = logits + i * classes;
    const float top = *std::max_element(z, z + classes);
    double sum = 0;
    for (int c = 0; c < classes; ++c) sum += std::exp(double(z[c] - top));
    const double log_sum = std::log(sum);
    for (int c = 0; c < classes; ++c) {
      const double log_p = z[c] - top - log_sum;
      const double target = smoothing / classes + (labels[i] == c ? 1 - smoothing : 0);
      loss -= target * log_p;
      d[i * classes + c] = float((std::exp(log_p) - target) / n);
    }
  }
  return loss / n;
}

Loss cross_entropy(float smoothing) {
  return [smoothing](const TrainingBatch& batch, const Net& net, const Activations& acts,
                     LossGradient& gradient) {
    return cross_entropy(batch.n, net.layers.back().output.c, acts.logits(), batch.labels,
                         smoothing, gradient.logits.data());
  };
}

int count_correct(int n, int classes, const float* logits, const uint16_t* labels) {
  int correct = 0;
  for (int i = 0; i < n; ++i) {
    const float* z = logits + i * classes;
    correct += std::max_element(z, z + classes) - z == labels[i];
  }
  return correct;
}

}  // namespace tri
