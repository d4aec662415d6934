#include "engine/float/parts.h"

#include <algorithm>

#include "data/base/check.h"
#include "data/batch.h"

namespace tri {
namespace {

void add_to(Buffer<float>& to, const Buffer<float>& from) {
  CHECK(from.size() == to.size());
#pragma omp parallel for
  for (size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

// One part's pass: sets net.grads, moves the running statistics.
BatchResult pass(Net& net, Activations& acts, const TrainingBatch& part, const Loss& loss,
                 const ForwardMode& forward_mode, const BackwardMode& backward_mode) {
  const int classes = net.layers.back().output.c;
  normalize(part.pixels, size_t(part.n) * net.layers.front().in.size(), input(net, acts, part.n));
  forward(net, acts, part.n, forward_mode);
  LossGradient gradient{std::vector<float>(size_t(part.n) * classes), {}, {}};
  const double now = loss(part, net, acts, gradient);
  const int correct = count_correct(part.n, classes, acts.logits(), part.labels);
  backward(net, acts, gradient, backward_mode);
  return {now, correct};
}

// What a part adds to the sum: gradients, running means, running variances, loss, correct.
void pack(const Net& net, const BatchResult& result, Buffer<float>& leaf) {
  leaf.resize(net.grads.size() + 2 * net.channels + 2);
  float* to = leaf.data();
  for (const Buffer<float>* values : {&net.grads, &net.running_mean, &net.running_variance})
    to = std::copy(values->begin(), values->end(), to);
  to[0] = float(result.loss), to[1] = float(result.correct);
}

// The mean of `parts` such leaves, of which `sum` is the sum.
BatchResult unpack(const Buffer<float>& sum, int parts, Net& net) {
  const float share = 1 / float(parts);  // a power of two: products are exact
  const float* from = sum.data();
  for (Buffer<float>* values : {&net.grads, &net.running_mean, &net.running_variance}) {
#pragma omp parallel for
    for (size_t i = 0; i < values->size(); ++i) (*values)[i] = share * from[i];
    from += values->size();
  }
  return {share * from[0], int(from[1])};
}

}  // namespace

void TreeSum::add(Buffer<float>& leaf) {
  for (size_t level = 0;; ++level) {
    if (level == sums_.size()) sums_.emplace_back(), full_.push_back(false);
    if (!full_[level]) {
      sums_[level].swap(leaf);
      full_[level] = true;
      return;
    }
    add_to(sums_[level], leaf);
    sums_[level].swap(leaf);
    full_[level] = false;
  }
}

Buffer<float>& TreeSum::sum() {
  CHECK(std::ranges::count(full_, true) == 1);
  return sums_[size_t(std::ranges::find(full_, true) - full_.begin())];
}

BatchResult batch_gradient(Net& net, Activations& acts, const TrainingBatch& batch,
                           const Loss& loss, const PartsMode& mode) {
  if (mode.parts == 1) return pass(net, acts, batch, loss, mode.forward, mode.backward);
  const int ranks = mode.ranks ? mode.ranks->count() : 1, n = batch.n / mode.parts;
  const int own = mode.parts / ranks, first = mode.ranks ? mode.ranks->rank() * own : 0;
  CHECK(n * mode.parts == batch.n);
  CHECK(own * ranks == mode.parts);
  const Buffer<float> mean = net.running_mean, variance = net.running_variance;
  const size_t picture = net.layers.front().in.size();
  TreeSum sum;
  Buffer<float> leaf;
  for (int part = first; part < first + own; ++part) {
    net.running_mean = mean, net.running_variance = variance;
    ForwardMode forward = mode.forward;
    forward.dropout_seed += uint64_t(part) * 0x9e3779b97f4a7c15;
    const size_t at = size_t(part) * n;
    pack(net,
         pass(net, acts, {n, batch.pixels + at * picture, batch.labels + at}, loss, forward,
              mode.backward),
         leaf);
    sum.add(leaf);
  }
  if (mode.ranks) mode.ranks->sum(sum.sum());
  return unpack(sum.sum(), mode.parts, net);
}

}  // namespace tri
