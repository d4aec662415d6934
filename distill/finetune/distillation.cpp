#include "distill/finetune/distillation.h"

#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "distill/judge/kl.h"

namespace tri {

double distillation(int n, int classes, const float* logits, const int32_t* teacher_logits,
                    const uint16_t* labels, const DistillationWeights& weights, float* d) {
  const double T = weights.temperature;
  double loss = weights.labels * cross_entropy(n, classes, logits, labels, 0, d);  // sets d
  const size_t K = size_t(classes);
  for (int i = 0; i < n; ++i) {
    const size_t row = size_t(i) * K;
    const auto student = log_softmax(std::span(logits + row, K), 1 / T);
    const auto teacher = log_softmax(std::span(teacher_logits + row, K), kLogitStep / T);
    for (size_t c = 0; c < K; ++c) {
      const double p = std::exp(teacher[c]);
      loss += T * T * p * (teacher[c] - student[c]) / n;
      d[row + c] = float(weights.labels * d[row + c] + T * (std::exp(student[c]) - p) / n);
    }
  }
  return loss;
}

Loss distillation(const IntNet& teacher, const DistillationWeights& weights) {
  struct Memory {
    Workspace workspace;
    std::vector<int32_t> logits;
  };
  return [&teacher, weights, memory = std::make_shared<Memory>()](
             const TrainingBatch& batch, int classes, const float* logits, float* d) {
    memory->logits.resize(size_t(batch.n) * classes);
    teacher.forward({}, batch.pixels, batch.n, memory->logits.data(), memory->workspace);
    return distillation(batch.n, classes, logits, memory->logits.data(), batch.labels, weights, d);
  };
}

}  // namespace tri
