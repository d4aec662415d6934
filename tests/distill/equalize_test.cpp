#include "distill/correct/equalize.h"

#include <cmath>

#include "engine/arithmetic/quant.h"
#include "engine/integer/int_net.h"
#include "engine/integer/model_file.h"
#include "engine/integer/observers.h"
#include "tests/support/pictures.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr int kPictures = 40;

struct Fixture {
  Rng rng{5};
  Model model = random_model(every_kind_of_layer(false), rng);
  std::vector<uint8_t> pixels = random_pixels(kPictures, rng);
  Model equalized() const {
    return tri::equalized(IntNet(model),
                          {kPictureShape, {}, pixels, std::vector<uint16_t>(kPictures)});
  }
  // Makes every other channel of the layer say the same in codes four times as small.
  void weaken(const std::string& name) {
    QuantLayer& q = layer(model, name);
    for (size_t k = 0; k < q.m.size(); k += 2) q.shift[k] += 2;
  }
  static QuantLayer& layer(Model& model, const std::string& name) {
    return model.quant[size_t(model.tap_rows()[size_t(model.tap(name))])];
  }
};

double factor(const QuantLayer& q, size_t k) { return std::ldexp(double(q.m[k]), -q.shift[k]); }

std::vector<int32_t> logits_of(const Model& model, const std::vector<uint8_t>& pixels,
                               Observer* tap = nullptr) {
  std::vector<int32_t> logits(kPictures * kClasses);
  Workspace workspace;
  IntNet(model).forward({.observer = tap}, pixels.data(), kPictures, logits.data(), workspace);
  return logits;
}

// Of the codes of a tap against what its mean-square staircase makes of them, relative to theirs.
double relative_error(const Model& model, const std::vector<uint8_t>& pixels, int tap) {
  HistogramRecorder recorder(model.taps());
  logits_of(model, pixels, &recorder);
  const Histogram& histogram = recorder.histograms()[size_t(tap)];
  const TriSegment f = mse_optimal(histogram);
  double error = 0, power = 0;
  for (int code = 0; code < 256; ++code) {
    error += double(histogram[size_t(code)]) * std::pow(code - f(code), 2);
    power += double(histogram[size_t(code)]) * code * code;
  }
  return error / power;
}

}  // namespace

TEST_CASE("an equalized network computes what it did, but for rounding") {
  Fixture f;
  f.model = random_model({conv3("first", 24), dw("dw", 1), pool("pool", 2, 2), pw("pw", 40),
                          logits(linear("fc", kClasses))},
                         f.rng);
  f.weaken("dw");
  const std::vector<int32_t> before = logits_of(f.model, f.pixels);
  const std::vector<int32_t> after = logits_of(f.equalized(), f.pixels);
  CHECK(after != before);
  // Per class, as the random biases set the classes apart.
  double error = 0, spread = 0;
  for (size_t c = 0; c < kClasses; ++c) {
    double mean = 0;
    for (size_t i = c; i < before.size(); i += kClasses) mean += before[i] / double(kPictures);
    for (size_t i = c; i < before.size(); i += kClasses) {
      error += std::pow(after[i] - before[i], 2);
      spread += std::pow(before[i] - mean, 2);
    }
  }
  CHECK(error < 0.02 * spread);
}

TEST_CASE("equalized channels share a staircase that serves them better") {
  Fixture f;
  f.model = random_model({conv3("first", 40), conv3("second", 40), logits(linear("fc", kClasses))},
                         f.rng);
  f.weaken("first");
  const Model model = f.equalized();
  CHECK(relative_error(model, f.pixels, 0) < 0.9 * relative_error(f.model, f.pixels, 0));
  double weak = 0, strong = 0;  // mean octaves up
  for (size_t k = 0; k < 40; ++k)
    (k % 2 ? strong : weak) +=
        std::log2(factor(model.quant[0], k) / factor(f.model.quant[0], k)) / 20;
  CHECK(weak > strong + 0.5);
}

TEST_CASE("a depthwise filter keeps its weights when the channel that it reads is rescaled") {
  Fixture f;
  const Model model = f.equalized();
  bool found = false;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (model.layers[i].kind != Kind::depthwise) continue;
    found = true;
    CHECK(model.quant[i].weights == f.model.quant[i].weights);
    CHECK(model.quant[i].bias != f.model.quant[i].bias);
  }
  CHECK(found);
}

TEST_CASE("dead channels are not rescaled, and a bias at the edge of 32 bits stays within them") {
  Fixture f;
  QuantLayer& q = f.model.quant[0];
  for (size_t at = 0; at < q.weights.size(); ++at)
    if (at % q.bias.size() < 2) q.weights[at] = 0;
  q.bias[0] = -5;
  q.bias[1] = 0x7fffffff;
  const Model model = f.equalized();
  CHECK(model.quant[0].bias[0] == -5);
  CHECK(factor(model.quant[0], 0) == factor(f.model.quant[0], 0));
  const Scratch scratch;
  save(model, scratch.path / "equalized.q8");  // checks the numbers; throws
}
