#include "engine/float/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "engine/float/loss.h"
#include "engine/float/optim.h"
#include "engine/arithmetic/quant.h"
#include "data/base/serial.h"

namespace tri {
namespace {

constexpr FileKind kCheckpoint{"trickpt\n", 1, "checkpoint"};
constexpr int kEvalBatch = 250;

int classes(const Net& net) { return net.layers.back().output.c; }

// Calls f(first, count) after the forward pass over pictures [first, first + count).
template <class F>
void for_each_batch(Net& net, const Dataset& data, int pictures, ForwardMode mode, F f) {
  Activations acts;
  for (int first = 0; first < pictures; first += kEvalBatch) {
    const int n = std::min(kEvalBatch, pictures - first);
    normalise(data.picture(first), size_t(n) * data.shape().size(), input(net, acts, n));
    forward(net, acts, n, mode);
    f(first, acts);
    // The average over the batches so far: the k-th batch moves it by 1 / k.
    mode.bn_momentum = 1.0f / float(first / kEvalBatch + 2);
  }
}

}  // namespace

Training::Training(Net net_) : net(std::move(net_)), velocity(net.params.size(), 0) {}

void train_epoch(Training& training, const Recipe& recipe, const Dataset& data,
                 const std::function<void(const Progress&)>& report) {
  Net& net = training.net;
  const Epoch epoch(data, recipe.batch, recipe.seed, training.epoch, recipe.augment);
  const int n = recipe.batch, steps = epoch.batches();
  if (!net.quantised && training.epoch >= recipe.epochs - recipe.qat_epochs) {
    calibrate(net, data);
    net.quantised = true;
  }
  std::vector<uint8_t> pixels(size_t(n) * data.shape().size());
  std::vector<uint16_t> labels(n);
  std::vector<float> d(size_t(n) * classes(net));
  Activations acts;
  double loss = 0;
  int64_t correct = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int step = 0; step < steps; ++step) {
    epoch.get(step, pixels.data(), labels.data());
    normalise(pixels.data(), pixels.size(), input(net, acts, n));
    const uint64_t dropout = Rng(recipe.seed, uint64_t(training.epoch) * 1000003 + step).next();
    forward(net, acts, n, {.training = true, .dropout_seed = dropout});
    loss +=
        cross_entropy(n, classes(net), acts.logits(), labels.data(), recipe.smoothing, d.data());
    correct += count_correct(n, classes(net), acts.logits(), labels.data());
    backward(net, acts, d.data());
    const double progress = (training.epoch + double(step) / steps) / recipe.epochs;
    const float rate = one_cycle(recipe.rate, recipe.warm, progress);
    sgd_step({rate, recipe.momentum, recipe.decay}, net.params.size(), net.weights,
             net.params.data(), net.grads.data(), training.velocity.data());
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double seen = double(step + 1) * n;
    report({training.epoch, step + 1, steps, loss / (step + 1), double(correct) / seen, rate,
            seen / seconds});
  }
  ++training.epoch;
}

void calibrate(Net& net, const Dataset& data) {
  constexpr int kPictures = 200;
  constexpr double kPercentile = 0.9999;
  std::vector<float> values;
  for_each_batch(net, data, std::min(kPictures, data.size()), {}, [&](int, Activations& acts) {
    for (size_t i = 0; i < net.layers.size(); ++i) {
      if (!net.layers[i].activated) continue;
      values.assign(acts.out[i + 1].begin(), acts.out[i + 1].end());
      const auto at = values.begin() + ptrdiff_t(kPercentile * double(values.size() - 1));
      std::nth_element(values.begin(), at, values.end());
      net.scale[i] = *at > 0 ? *at / kCodeMax : 1;
    }
  });
}

void settle_batchnorm(Net& net, const Dataset& data) {
  constexpr int kPictures = 5000;
  for_each_batch(net, data, std::min(kPictures, data.size() / kEvalBatch * kEvalBatch),
                 {.training = true, .bn_momentum = 1}, [](int, Activations&) {});
}

double accuracy(Net& net, const Dataset& data) {
  int64_t correct = 0;
  for_each_batch(net, data, data.size(), {}, [&](int first, Activations& acts) {
    correct += count_correct(acts.n, classes(net), acts.logits(), data.labels().data() + first);
  });
  return double(correct) / data.size();
}

void save_checkpoint(const Training& training, const std::filesystem::path& file) {
  const Net& net = training.net;
  Writer out(kCheckpoint);
  out.text(net.name);
  out.number(hash(net.layers));
  out.number(int32_t(training.epoch));
  out.number(uint8_t(net.quantised));
  out.array(net.params), out.array(training.velocity);
  out.array(net.running_mean), out.array(net.running_variance), out.array(net.scale);
  out.save(file);
}

Training load_checkpoint(const std::filesystem::path& file,
                         const std::function<Net(int epoch)>& net_at) {
  Reader in(file, kCheckpoint, 1ull << 31);
  const std::string name = in.text();
  const auto table = in.number<uint64_t>();
  const auto epoch = in.number<int32_t>();
  Training training(net_at(epoch));
  Net& net = training.net;
  if (name != net.name) in.fail("is a checkpoint of " + name + ", expected " + net.name);
  if (table != hash(net.layers)) in.fail("was made for another layer table");
  training.epoch = epoch;
  net.quantised = in.number<uint8_t>();
  for (Buffer<float>* values :
       {&net.params, &training.velocity, &net.running_mean, &net.running_variance})
    in.array(values->data(), values->size());
  in.array(net.scale.data(), net.scale.size());
  in.end();
  return training;
}

}  // namespace tri
