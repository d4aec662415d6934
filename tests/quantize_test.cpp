#include "engine/quantize.h"

#include <cmath>

#include "data/batch.h"
#include "engine/int_net.h"
#include "engine/train.h"
#include "engine/widen.h"
#include "tests/test.h"

using namespace tri;

namespace {

std::vector<Layer> small_layers(int width = 1) {
  std::vector<Layer> layers{conv3("a", 16 * width), conv3("b", 32 * width), pool("p", 2, 2),
                            dw("c", 2),             pw("d", 16 * width),    pool("q", 3, 2, 1),
                            linear("e", 24 * width), logits(linear("f", 10))};
  resolve(layers, {kSide, kSide, kChannels});
  return layers;
}

Dataset random_pictures(int n, Rng rng) {
  Dataset data;
  for (int i = 0; i < n; ++i) {
    data.labels.push_back(uint8_t(rng.below(10)));
    // Smooth in each quarter, so that the label (the brightness of one) can be learnt.
    for (int j = 0; j < kPictureBytes; ++j)
      data.pixels.push_back(uint8_t(std::min(255, 25 * data.labels.back() + rng.below(40))));
  }
  return data;
}

// A net whose statistics and scales have been set by use, with some gammas negative and one 0.
Net used_net(const Dataset& data) {
  Training training(Net("small", small_layers(), Rng(1)));
  for (int i : {0, 1, 4}) training.net.gamma(i)[3] = -0.7f;
  training.net.gamma(1)[5] = 0;
  training.net.beta(1)[5] = 0.5f;
  settle_batchnorm(training.net, data);
  calibrate(training.net, data);
  training.net.quantised = true;
  return std::move(training.net);
}

// Compares each tap with the fake-quantised float network's output, which has the same scale.
struct Comparison : Tap {
  Net& net;
  Activations& acts;
  std::vector<int> layers;
  int worst = 0;
  int64_t apart = 0, all = 0;

  Comparison(Net& net, Activations& acts, std::vector<int> layers)
      : net(net), acts(acts), layers(std::move(layers)) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override {
    const int i = layers[tap];
    for (size_t j = 0; j < n * shape.size(); ++j) {
      const int code = int(std::lround(acts.out[i + 1][j] / net.scale[i]));
      worst = std::max(worst, std::abs(code - values[j]));
      apart += code != values[j];
    }
    all += int64_t(n * shape.size());
  }
};

}  // namespace

TEST_CASE("the integer network and the fake-quantised float network agree within a step per layer") {
  const Dataset data = random_pictures(500, Rng(2));
  Net net = used_net(data);
  const Model model = quantize(net);
  const int n = 8;
  Activations acts;
  normalise(data.picture(0), size_t(n) * kPictureBytes, input(net, acts, n));
  forward(net, acts, n, {});
  const IntNet integer(model);
  Comparison comparison(net, acts, model.tap_layers());
  Workspace workspace;
  std::vector<int32_t> logits(n * 10);
  integer.forward(data.picture(0), n, logits.data(), workspace, nullptr, &comparison);
  CHECK(comparison.all > 0);
  CHECK(comparison.worst <= 1);
  CHECK(comparison.apart < comparison.all / 50);
  for (int i = 0; i < n * 10; ++i)
    CHECK(logits[i] * kLogitStep == doctest::Approx(acts.logits()[i]).epsilon(0.02).scale(1));
}

TEST_CASE("a widened network computes the same function, and its copies are not alike") {
  const Dataset data = random_pictures(250, Rng(3));
  Net narrow = used_net(data);
  narrow.quantised = false;
  std::fill(narrow.scale.begin(), narrow.scale.end(), 0.0f);
  Net wide = widen(narrow, small_layers(2), Rng(4));
  Activations a, b;
  const int n = 5;
  normalise(data.picture(0), size_t(n) * kPictureBytes, input(narrow, a, n));
  normalise(data.picture(0), size_t(n) * kPictureBytes, input(wide, b, n));
  forward(narrow, a, n, {});
  forward(wide, b, n, {});
  for (int i = 0; i < n * 10; ++i)
    CHECK(b.logits()[i] == doctest::Approx(a.logits()[i]).epsilon(1e-3).scale(1));
  const size_t K = wide.layers[1].output.c;
  CHECK(wide.weight(1)[0] != wide.weight(1)[16 * K]);  // the two copies of channel 0, read by k = 0
}
