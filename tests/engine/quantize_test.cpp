#include "engine/integer/quantize.h"

#include <cmath>
#include <numeric>

#include "data/base/file.h"
#include "data/batch.h"
#include "engine/float/batchnorm.h"
#include "engine/float/conv.h"
#include "engine/float/pool.h"
#include "engine/float/train.h"
#include "engine/float/widen.h"
#include "engine/integer/dequantize.h"
#include "engine/integer/int_net.h"
#include "engine/integer/observers.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

std::vector<Layer> small_layers(int width = 1) {
  std::vector<Layer> layers{conv3("a", 16 * width),  conv3("b", 32 * width),
                            pool("p", 2, 2),         dw("c", 2),
                            pw("d", 16 * width),     pool("q", 3, 2, 1),
                            linear("e", 24 * width), logits(linear("f", 10))};
  resolve(layers, kPictureShape);
  return layers;
}

// Signed codes, added to unsigned and to signed ones, read with and without padding.
std::vector<Layer> residual_net(int width = 1) {
  std::vector<Layer> layers{conv3("a", 16 * width),
                            without_relu(conv3("b", 16 * width, 2)),
                            without_relu(reading(pw("short", 16 * width, 2), "a")),
                            add("c", "b", "short"),
                            pw("d", 32 * width),
                            dw("e", 1),
                            without_relu(pw("f", 16 * width)),
                            without_relu(add("g", "c", "f")),
                            conv3("h", 24 * width),
                            average("q"),
                            logits(linear("i", 10))};
  resolve(layers, kPictureShape);
  return layers;
}

Dataset random_pictures(int n, Rng rng) {
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (int i = 0; i < n; ++i) {
    labels.push_back(uint16_t(rng.below(10)));
    // Smooth in each quarter, so that the label (the brightness of one) can be learnt.
    for (int j = 0; j < kPictureBytes; ++j)
      pixels.push_back(uint8_t(std::min(255, 25 * labels.back() + rng.below(40))));
  }
  return {kPictureShape, cifar10_classes(), std::move(pixels), std::move(labels)};
}

// A net whose statistics and scales have been set by use, with some gammas negative and one 0.
Net used_net(const Dataset& data, std::vector<Layer> layers = small_layers()) {
  Training training(Net("small", std::move(layers), Rng(1)));
  for (int i : {0, 1, 4}) training.net.gamma(i)[3] = -0.7f;
  training.net.gamma(1)[5] = 0;
  training.net.beta(1)[5] = 0.5f;
  settle_batchnorm(training.net, data);
  set_ranges(training.net, data);
  training.net.quantized = true;
  return std::move(training.net);
}

// Layer i of the fake-quantized float network, on the codes that the integer network gave it: x
const std::vector<std::string> kNames = cifar10_classes();

// [n][in] in the scale of what came before; returns the codes of its output.
std::vector<int> float_layer(Net& net, int i, int n, const Buffer<float>& x) {
  const Layer& l = net.layers[i];
  const int K = l.output.c, M = n * l.output.h * l.output.w;
  const size_t at = net.channel_at[i];
  Buffer<float> w(l.weights()), y(n * l.output.size()), mean(K), inverse_std(K);
  fake_quantize_weights(l, net.weight(i), w.data());
  conv_forward(l, n, x.data(), w.data(), y.data(), Precision::fp32);
  const BatchNorm bn{net.gamma(i),          net.beta(i),
                     &net.running_mean[at], &net.running_variance[at],
                     mean.data(),           inverse_std.data()};
  batchnorm_statistics(bn, M, K, y.data(), false, 0);
  batchnorm_forward(bn, M, K, y.data(), {.scale = net.scale[i]}, y.data());
  std::vector<int> codes;
  for (const float a : y) codes.push_back(int(std::lround(a / net.scale[i])));
  return codes;
}

}  // namespace

TEST_CASE("a layer in integers and in fake-quantized floats agree within one step") {
  const Dataset data = random_pictures(500, Rng(2));
  Net net = used_net(data);
  const Model model = quantize(net, kNames);
  const std::vector<int> layers = model.tap_rows();
  const int n = 8, taps = model.taps();
  std::vector<int> all(taps);
  std::iota(all.begin(), all.end(), 0);
  ActivationRecorder recorder(all);
  const IntNet integer(model);
  Workspace workspace;
  std::vector<int32_t> logits(n * 10);
  integer.forward({.observer = &recorder}, data.picture(0), n, logits.data(), workspace);

  Buffer<float> x(n * net.layers[0].in.size());
  normalize(data.picture(0), x.size(), x.data());
  for (int i = 0, tap = 0; tap < taps; ++i) {
    const Layer& l = net.layers[i];
    if (!l.has_weights()) {
      Buffer<float> y(n * l.output.size());
      max_pool_forward(l, n, x.data(), y.data());
      x = std::move(y);
      continue;
    }
    CAPTURE(l.name);
    REQUIRE(layers[tap] == i);
    const std::vector<uint8_t>& codes = recorder.values(tap++);
    const std::vector<int> expected = float_layer(net, i, n, x);
    REQUIRE(codes.size() == expected.size());
    int worst = 0;
    size_t apart = 0, live = 0;
    x.resize(codes.size());
    for (size_t j = 0; j < codes.size(); ++j) {
      worst = std::max(worst, std::abs(codes[j] - expected[j]));
      apart += codes[j] != expected[j];
      live += codes[j] != 0;
      x[j] = net.scale[i] * codes[j];
    }
    CHECK(worst <= 1);
    CHECK(apart <= codes.size() / 100);
    CHECK(live > codes.size() / 10);
  }
}

static void check_logits(std::vector<Layer> layers) {
  const Dataset data = random_pictures(500, Rng(2));
  Net net = used_net(data, std::move(layers));
  const int n = 8;
  Activations acts;
  normalize(data.picture(0), size_t(n) * kPictureBytes, input(net, acts, n));
  forward(net, acts, n, {});
  const IntNet integer(quantize(net, kNames));
  Workspace workspace;
  std::vector<int32_t> logits(n * 10);
  integer.forward({}, data.picture(0), n, logits.data(), workspace);
  for (int i = 0; i < n * 10; ++i)
    CHECK(logits[i] * kLogitStep == doctest::Approx(acts.logits()[i]).epsilon(0.02).scale(1));
}

TEST_CASE("the integer network's logits are those of the fake-quantized float network, nearly") {
  check_logits(small_layers());
  check_logits(residual_net());
}

TEST_CASE("a model's statistics are those of its accumulators, before the ReLU") {
  const Dataset data = random_pictures(500, Rng(2));
  Net net = used_net(data);
  net.quantized = false;  // as when the statistics were taken
  const Model model = quantize(net, kNames);
  std::fill(net.scale.begin(), net.scale.end(), 0.0f);
  Activations acts;
  normalize(data.picture(0), data.pixels().size(), input(net, acts, data.size()));
  forward(net, acts, data.size(), {});
  for (const int i : model.tap_rows()) {
    const Layer& l = model.layers[i];
    CAPTURE(l.name);
    const QuantLayer& q = model.quant[i];
    const int K = l.output.c;
    std::vector<float> mean(K), variance(K);
    channel_moments(data.size() * l.output.h * l.output.w, K, acts.y[i].data(), mean.data(),
                    variance.data());
    for (int k = 0; k < K; ++k) {
      CAPTURE(k);
      const double step = q.scale * std::ldexp(double(q.m[k]), -q.shift[k]);
      const double gain = net.gamma(i)[k] * acts.inverse_std[i][k];
      const double before_relu = net.beta(i)[k] + gain * (mean[k] - acts.mean[i][k]);
      CHECK(step * q.mean[k] == doctest::Approx(before_relu).epsilon(0.02).scale(1));
      CHECK(step * std::sqrt(q.variance[k]) ==
            doctest::Approx(std::fabs(gain) * std::sqrt(variance[k])).epsilon(0.02).scale(1));
    }
  }
}

static void check_dequantized(std::vector<Layer> layers) {
  const Dataset data = random_pictures(500, Rng(2));
  Net original = used_net(data, std::move(layers));
  const Model model = quantize(original, kNames);
  Net net = dequantize(model);
  const Model again = quantize(net, kNames);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (!model.layers[i].has_weights()) continue;
    CAPTURE(model.layers[i].name);
    const QuantLayer &a = model.quant[i], &b = again.quant[i];
    CHECK(a.scale == b.scale);
    for (size_t k = 0; k < a.m.size(); ++k) {
      CAPTURE(k);
      // A channel that is constant may choose its steps anew; what it computes stays.
      const double step = std::ldexp(double(a.m[k]), -a.shift[k]);
      const double step_again = std::ldexp(double(b.m[k]), -b.shift[k]);
      bool constant = true;
      for (size_t at = k; at < a.weights.size(); at += a.m.size())
        constant = constant && a.weights[at] == 0;
      if (constant) {
        CHECK(std::fabs(b.bias[k] * step_again - a.bias[k] * step) <= 0.5);
        continue;
      }
      // In floats the bias is a difference, which may round to the next integer.
      CHECK(std::fabs(b.bias[k] * step_again - a.bias[k] * step) <=
            step + 1e-5 * std::max({1.0, step, std::fabs(a.bias[k] * step)}));
      CHECK(step_again == doctest::Approx(step).epsilon(1e-5));
      for (size_t at = k; at < a.weights.size(); at += a.m.size())
        CHECK(a.weights[at] == b.weights[at]);
      if (!a.mean.empty()) {
        CHECK(b.mean[k] == doctest::Approx(a.mean[k]).epsilon(1e-3).scale(1));
        CHECK(b.variance[k] == doctest::Approx(a.variance[k]).epsilon(1e-3).scale(1));
      }
    }
  }
}

TEST_CASE("quantizing a dequantized network gives its integers again") {
  check_dequantized(small_layers());
  check_dequantized(residual_net());
}

static void check_widened(const std::vector<Layer>& layers, const std::vector<Layer>& wider) {
  const Dataset data = random_pictures(250, Rng(3));
  Net narrow = used_net(data, layers);
  narrow.quantized = false;
  std::fill(narrow.scale.begin(), narrow.scale.end(), 0.0f);
  Net wide = widen(narrow, wider, Rng(4));
  Activations a, b;
  const int n = 5;
  normalize(data.picture(0), size_t(n) * kPictureBytes, input(narrow, a, n));
  normalize(data.picture(0), size_t(n) * kPictureBytes, input(wide, b, n));
  forward(narrow, a, n, {});
  forward(wide, b, n, {});
  for (int i = 0; i < n * 10; ++i)
    CHECK(b.logits()[i] == doctest::Approx(a.logits()[i]).epsilon(1e-3).scale(1));
  const size_t K = wide.layers[1].output.c;
  CHECK(wide.weight(1)[0] != wide.weight(1)[16 * K]);  // the two copies of channel 0, read by k = 0
}

TEST_CASE("a widened network computes the same function, and its copies are not alike") {
  check_widened(small_layers(), small_layers(2));
  check_widened(residual_net(), residual_net(2));
}

TEST_CASE("channels of no variance and layers all but dead become integers that are in range") {
  const Dataset data = random_pictures(20, Rng(2));
  Net net = used_net(data);
  net.running_variance[net.channel_at[0] + 2] = 0;
  net.beta(0)[1] = 1e30f, net.gamma(0)[1] = 1e-20f;  // a constant beyond all codes
  net.scale[1] = 1e-25f;                             // every step of the sum is beyond all codes
  net.scale[3] = 1e25f;                              // every sum rounds to 0
  const Model model = quantize(net, kNames);
  for (const int i : {0, 1, 3})
    for (const QuantLayer& q = model.quant[size_t(i)]; const float variance : q.variance)
      CHECK(std::isfinite(variance));
  const IntNet integer(model);
  std::vector<int> taps(size_t(model.taps()));
  std::iota(taps.begin(), taps.end(), 0);
  ActivationRecorder recorder(taps);
  Workspace workspace;
  std::vector<int32_t> logits(10);
  integer.forward({.observer = &recorder}, data.picture(0), 1, logits.data(), workspace);
  CHECK(recorder.values(0)[1] == kCodeMax);
  for (const uint8_t code : recorder.values(1)) CHECK((code == 0 || code == kCodeMax));
  for (const uint8_t code : recorder.values(2)) CHECK(code == 0);

  net.beta(3)[4] = std::nanf("");
  CHECK_THROWS_WITH_AS(quantize(net, kNames),
                       doctest::Contains("layer c: a channel's batch norm is not a finite number"),
                       Error);
}
