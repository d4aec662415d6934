#include "engine/float/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "data/base/check.h"
#include "data/base/error.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/optim.h"
#include "engine/float/parts.h"

namespace tri {
namespace {

constexpr int kEvalBatch = 250;

int classes(const Net& net) { return net.layers.back().output.c; }

// Calls f(first, count) after the forward pass over pictures [first, first + count).
template <class F>
void for_each_batch(Net& net, const Dataset& data, int pictures, ForwardMode mode, F f) {
  Activations acts;
  for (int first = 0; first < pictures; first += kEvalBatch) {
    const int n = std::min(kEvalBatch, pictures - first);
    normalize(data.picture(first), size_t(n) * data.shape().size(), input(net, acts, n));
    forward(net, acts, n, mode);
    f(first, acts);
    // The average over the batches so far: the k-th batch moves it by 1 / k.
    mode.bn_momentum = 1.0f / float(first / kEvalBatch + 2);
  }
}

[[noreturn]] void fail_diverged(const char* what, int epoch, int step, double rate) {
  char text[160];
  std::snprintf(text, sizeof text,
                "%s no longer finite in epoch %d, step %d, at a rate of %g: the training diverges, "
                "try a lower rate",
                what, epoch + 1, step + 1, rate);
  throw Error(text);
}

// ReLU makes a 0 of what is not a number, so a loss can be finite where weights are not.
bool all_finite(const Net& net) {
  for (const Buffer<float>* values : {&net.params, &net.running_mean, &net.running_variance})
    if (!std::ranges::all_of(*values, [](float x) { return std::isfinite(x); })) return false;
  return true;
}

}  // namespace

Training::Training(Net net_) : net(std::move(net_)), velocity(net.params.size(), 0) {}

void train_epoch(Training& training, const Recipe& recipe, const Loss& loss, const Dataset& data,
                 const std::function<void(const Progress&)>& report, const Ranks* ranks) {
  Net& net = training.net;
  const Epoch epoch(data, recipe.batch, recipe.seed, training.epoch, recipe.augment);
  const int n = recipe.batch, steps = epoch.batches();
  CHECK(steps > 0);
  if (!net.quantized && training.epoch >= recipe.epochs - recipe.qat_epochs) {
    set_ranges(net, data);
    net.quantized = true;
  }
  net.precision = net.quantized && !recipe.frozen_norm ? Precision::fp32 : recipe.precision;
  std::vector<uint8_t> pixels(size_t(n) * data.shape().size());
  std::vector<uint16_t> labels(n);
  Activations acts;
  double losses = 0;
  int64_t correct = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int step = 0; step < steps; ++step) {
    epoch.get(step, pixels.data(), labels.data());
    const uint64_t dropout = Rng(recipe.seed, uint64_t(training.epoch) * 1000003 + step).next();
    const double progress = (training.epoch + double(step) / steps) / recipe.epochs;
    const float rate = one_cycle(recipe.rate, recipe.warm, progress);
    const BatchResult now =
        batch_gradient(net, acts, {n, pixels.data(), labels.data()}, loss,
                       {.parts = recipe.parts,
                        .forward = {.training = !recipe.frozen_norm, .dropout_seed = dropout},
                        .backward = {.additions = recipe.frozen_norm},
                        .ranks = ranks});
    if (!std::isfinite(now.loss)) fail_diverged("the loss is", training.epoch, step, rate);
    losses += now.loss;
    correct += now.correct;
    sgd_step({rate, recipe.momentum, recipe.decay}, net.params.size(), net.weights,
             net.params.data(), net.grads.data(), training.velocity.data());
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double seen = double(step + 1) * n;
    report({training.epoch, step + 1, steps, losses / (step + 1), double(correct) / seen, rate,
            seen / seconds});
  }
  net.precision = Precision::fp32;
  if (!all_finite(net))
    fail_diverged("the weights are", training.epoch, steps - 1,
                  one_cycle(recipe.rate, recipe.warm, double(training.epoch + 1) / recipe.epochs));
  ++training.epoch;
}

void set_ranges(Net& net, const Dataset& data) {
  constexpr int kPictures = 200;
  constexpr double kPercentile = 0.9999;
  std::vector<float> values;
  for_each_batch(net, data, std::min(kPictures, data.size()), {}, [&](int, Activations& acts) {
    for (size_t i = 0; i < net.layers.size(); ++i) {
      const Layer& l = net.layers[i];
      if (!l.has_sums() || l.is_logits()) continue;
      values.assign(acts.out[i + 1].begin(), acts.out[i + 1].end());
      for (float& value : values) value = std::fabs(value);
      const auto at = values.begin() + ptrdiff_t(kPercentile * double(values.size() - 1));
      std::nth_element(values.begin(), at, values.end());
      if (!std::isfinite(*at))
        throw Error("the activations of layer " + l.name +
                    " are not finite: the training diverged, try a lower rate");
      const int largest = l.is_linear() ? kCodeMax - kSignedZero : kCodeMax;
      net.scale[i] = *at > 0 ? *at / largest : 1;
    }
  });
}

void settle_batchnorm(Net& net, const Dataset& data) {
  constexpr int kPictures = 5000;
  // Whole batches, where there is one, as each weighs the same.
  const int whole = data.size() / kEvalBatch * kEvalBatch;
  for_each_batch(net, data, std::min(kPictures, whole > 0 ? whole : data.size()),
                 {.training = true, .bn_momentum = 1}, [](int, Activations&) {});
}

double accuracy(Net& net, const Dataset& data) {
  int64_t correct = 0;
  for_each_batch(net, data, data.size(), {}, [&](int first, Activations& acts) {
    correct += count_correct(acts.n, classes(net), acts.logits(), data.labels().data() + first);
  });
  return double(correct) / data.size();
}

}  // namespace tri
