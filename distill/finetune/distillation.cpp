#include "distill/finetune/distillation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "distill/judge/attention.h"
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

double attention_transfer(int n, Shape shape, const float* x, std::span<const double> teacher_maps,
                          double weight, float* d) {
  const size_t size = size_t(shape.h) * size_t(shape.w), C = size_t(shape.c);
  std::vector<double> distance(static_cast<size_t>(n));
#pragma omp parallel for
  for (int i = 0; i < n; ++i) {
    const float* a = x + size_t(i) * size * C;
    float* gradient = d + size_t(i) * size * C;
    const double* t = &teacher_maps[size_t(i) * size];
    // q: the map, then normalized; off: its difference to the teacher's.
    std::vector<double> q(size), off(size);
    double squares = 0, apart = 0, along = 0;
    for (size_t at = 0; at < size; ++at) {
      for (size_t c = 0; c < C; ++c) q[at] += double(a[at * C + c]) * double(a[at * C + c]);
      squares += q[at] * q[at];
    }
    const double norm = std::sqrt(squares);
    for (size_t at = 0; at < size; ++at) {
      if (norm > 0) q[at] /= norm;
      off[at] = q[at] - t[at];
      apart += off[at] * off[at];
    }
    distance[size_t(i)] = std::sqrt(apart);
    // A map of zeros, or one that is the teacher's, has no direction to go.
    const bool flat = norm == 0 || apart < 1e-12;
    for (size_t at = 0; at < size; ++at) along += off[at] * q[at];
    for (size_t at = 0; at < size; ++at) {
      const double dq = flat ? 0 : (off[at] - along * q[at]) / (distance[size_t(i)] * norm);
      for (size_t c = 0; c < C; ++c)
        gradient[at * C + c] = float(weight / n * dq * 2 * double(a[at * C + c]));
    }
  }
  return std::accumulate(distance.begin(), distance.end(), 0.0) / n;
}

namespace {

// A training's loss: what does not change from batch to batch, and memory for what does.
class Distillation {
 public:
  Distillation(const IntNet& teacher, const Model& student, const DistillationWeights& weights,
               const EnergyTable& energies)
      : teacher_(teacher),
        weights_(weights),
        maps_(taps_of(student,
                      weights.attention > 0 ? student.attention : std::vector<std::string>())) {
    for (const int row : student.tap_rows())
      if (const int tap = student.layers[size_t(row)].tap; maps_.watches(tap)) rows_.push_back(row);
    prices_ = nonzero_energy(student, student.staircases, energies);
    const double whole = total(teacher_energy(teacher.model(), energies));
    for (double& price : prices_) price /= whole;
  }

  double operator()(const TrainingBatch& batch, const Net& net, const Activations& acts,
                    LossGradient& gradient) {
    const int n = batch.n, classes = net.layers.back().output.c;
    logits_.resize(size_t(n) * size_t(classes));
    maps_.clear();
    teacher_.forward({.observer = rows_.empty() ? nullptr : &maps_}, batch.pixels, n,
                     logits_.data(), workspace_);
    double loss = distillation(n, classes, acts.logits(), logits_.data(), batch.labels, weights_,
                               gradient.logits.data());
    if (!rows_.empty()) gradient.outputs.resize(net.layers.size());
    const double share = weights_.attention / double(std::max<size_t>(1, rows_.size()));
    for (const int row : rows_) {
      const Layer& l = net.layers[size_t(row)];
      std::vector<float>& d = gradient.outputs[size_t(row)];
      d.resize(size_t(n) * l.output.size());
      loss += share * attention_transfer(n, l.output, acts.out[size_t(row) + 1].data(),
                                         maps_.maps(l.tap), share, d.data());
    }
    if (weights_.energy == 0) return loss;
    const double unit = weights_.energy / n;
    for (const double price : prices_) gradient.nonzero.push_back(float(price * unit));
    for (size_t i = 0; i < prices_.size(); ++i)
      if (prices_[i] > 0)
        loss += prices_[i] * unit *
                double(std::ranges::count_if(acts.out[i + 1], [](float x) { return x != 0; }));
    return loss;
  }

 private:
  const IntNet& teacher_;
  const DistillationWeights& weights_;
  AttentionMaps maps_;          // the teacher's, of the batch
  std::vector<int> rows_;       // whose attention is compared
  std::vector<double> prices_;  // of a value that is not 0 over the teacher's energy, by layer
  Workspace workspace_;
  std::vector<int32_t> logits_;
};

}  // namespace

Loss distillation(const IntNet& teacher, const Model& student, const DistillationWeights& weights,
                  const EnergyTable& energies) {
  // Shared, as std::function copies what it holds.
  return [all = std::make_shared<Distillation>(teacher, student, weights, energies)](
             const TrainingBatch& batch, const Net& net, const Activations& acts,
             LossGradient& gradient) { return (*all)(batch, net, acts, gradient); };
}

}  // namespace tri
