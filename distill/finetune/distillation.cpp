#include "distill/finetune/distillation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace tri {
namespace {

// log_p [classes]: logarithms of the softmax of z / temperature.
template <class T>
void log_softmax(const T* z, double unit, double temperature, std::vector<double>& log_p) {
  for (size_t c = 0; c < log_p.size(); ++c) log_p[c] = unit * double(z[c]) / temperature;
  const double top = *std::ranges::max_element(log_p);
  double sum = 0;
  for (double& x : log_p) x -= top, sum += std::exp(x);
  for (double& x : log_p) x -= std::log(sum);
}

}  // namespace

double distillation(int n, int classes, const float* logits, const int32_t* teacher_logits,
                    const uint16_t* labels, const DistillationWeights& weights, float* d) {
  const double T = weights.temperature;
  double loss = weights.labels * cross_entropy(n, classes, logits, labels, 0, d);  // sets d
  std::vector<double> student(static_cast<size_t>(classes)), teacher(student);
  for (int i = 0; i < n; ++i) {
    const size_t row = size_t(i) * classes;
    log_softmax(logits + row, 1, T, student);
    log_softmax(teacher_logits + row, kLogitStep, T, teacher);
    for (size_t c = 0; c < student.size(); ++c) {
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
