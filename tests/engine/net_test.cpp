#include "engine/float/net.h"

#include <algorithm>
#include <cmath>

#include "engine/float/batchnorm.h"
#include "engine/float/loss.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// One layer of every kind.
std::vector<Layer> small_layers() {
  std::vector<Layer> layers{
      conv3("a", 16), conv3("b", 16),        pool("p", 2, 2),    dw("c", 1),         pw("d", 16),
      drop(0.3f),     conv("e", 8, 3, 2, 1), pool("q", 2, 1, 1), logits(pw("f", 4)), average("g")};
  resolve(layers, {8, 8, 3});
  return layers;
}

// Additions with and without ReLU, of rows that several others read.
std::vector<Layer> residual_net() {
  std::vector<Layer> layers{conv3("a", 16),
                            without_relu(conv3("b", 16)),
                            add("c", "a", "b"),
                            pw("d", 16),
                            without_relu(dw("e", 1)),
                            without_relu(add("f", "c", "e")),
                            reading(pool("p", 2, 2), "f"),
                            conv3("g", 16),
                            without_relu(reading(pw("h", 16, 2), "f")),
                            add("i", "g", "h"),
                            average("j"),
                            logits(linear("k", 4))};
  resolve(layers, {8, 8, 3});
  return layers;
}

struct Fixture {
  explicit Fixture(std::vector<Layer> layers = small_layers()) : net("small", layers, Rng(3)) {
    Rng rng(5);
    for (size_t i = 0; i < n * net.layers[0].in.size(); ++i)
      pictures.push_back(float(rng.normal()));
  }
  Net net;
  Activations acts;
  static constexpr int n = 6, classes = 4;
  std::vector<uint16_t> labels{0, 1, 2, 3, 0, 2};

  std::vector<float> pictures;
  bool training = true;

  double loss(std::vector<float>* d = nullptr) {
    std::copy(pictures.begin(), pictures.end(), input(net, acts, n));
    forward(net, acts, n, {.training = training, .dropout_seed = 9});
    std::vector<float> gradient(n * classes);
    const double value =
        cross_entropy(n, classes, acts.logits(), labels.data(), 0.1f, gradient.data());
    if (d) *d = gradient;
    return value;
  }
};

}  // namespace

static void check_gradients(Fixture f) {
  std::vector<float> d;
  f.loss(&d);
  backward(f.net, f.acts, {d, {}, {}}, {.additions = true});
  const auto grads = f.net.grads;
  const auto params = f.net.params;
  const size_t W = f.net.weights, C = f.net.channels;
  // Along random directions, one group of parameters at a time; ReLU's kinks bound the accuracy.
  struct Group {
    std::string name;
    size_t begin, end;
  };
  std::vector<Group> groups{{"gamma", W, W + C}, {"beta", W + C, W + 2 * C}};
  for (size_t i = 0; i < f.net.layers.size(); ++i)
    if (const Layer& l = f.net.layers[i]; l.has_weights()) {
      groups.push_back({l.name, f.net.weight_at[i], f.net.weight_at[i] + l.weights()});
    } else if (l.kind == Kind::add) {
      const size_t gain = W + f.net.channel_at[i], K = size_t(l.output.c);
      groups.push_back({"gain of " + l.name, gain, gain + K});
      groups.push_back({"offset of " + l.name, C + gain, C + gain + K});
    }
  for (const Group& group : groups) {
    CAPTURE(group.name);
    Rng rng(17);
    std::vector<double> direction(group.end - group.begin);
    double slope = 0, length = 0, gradient_length = 0;
    for (size_t i = 0; i < direction.size(); ++i) {
      // Half random, half along the gradient, so that the slope is not near 0.
      const float g = grads[group.begin + i];
      direction[i] = g + 0.1 * std::fabs(g) * rng.normal();
      slope += direction[i] * g;
      length += direction[i] * direction[i];
      gradient_length += double(g) * g;
    }
    REQUIRE(gradient_length > 0);
    const double step = 5e-4 / std::sqrt(length);
    double ends[2];
    for (int side = 0; side < 2; ++side) {
      for (size_t i = 0; i < direction.size(); ++i)
        f.net.params[group.begin + i] =
            params[group.begin + i] + float((side ? step : -step) * direction[i]);
      ends[side] = f.loss();
    }
    f.net.params = params;
    CHECK((ends[1] - ends[0]) / (2 * step) == doctest::Approx(slope).epsilon(0.02));
  }
}

TEST_CASE("the gradient of the loss is the slope of the loss, for weights, gammas and betas") {
  check_gradients(Fixture());
}

TEST_CASE("so it is where rows are added and read by several others") {
  check_gradients(Fixture(residual_net()));
}

TEST_CASE("the gains and offsets of sums stay what they are unless they are to learn") {
  Fixture f(residual_net());
  std::vector<float> d;
  f.loss(&d);
  backward(f.net, f.acts, {d, {}, {}});
  for (int i = 0; i < int(f.net.layers.size()); ++i) {
    const Layer& l = f.net.layers[i];
    if (l.kind != Kind::add) continue;
    const float* gains = f.net.grads.data() + f.net.weights + f.net.channel_at[i];
    for (int k = 0; k < l.output.c; ++k) {
      CHECK(f.net.gamma(i)[k] == 1);
      CHECK(gains[k] == 0);
      CHECK(gains[f.net.channels + size_t(k)] == 0);
    }
  }
}

TEST_CASE("a staircase's forward is its formula, and its slope a triangle at each threshold") {
  Fixture f;
  Net& net = f.net;
  const TriSegment stairs{.t1 = 40, .v1 = 70, .t2 = 100, .v2 = 180};
  net.staircases.assign(size_t(tap_rows(net.layers).size()), std::nullopt);
  net.staircases[0] = stairs;
  net.scale[0] = 0.02f;
  f.training = false;
  std::vector<float> d;
  f.loss(&d);
  const auto& out = f.acts.out[1];
  const auto& y = f.acts.y[0];
  const int K = net.layers[0].output.c;
  std::vector<int> seen(3);
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t k = i % size_t(K);
    const double a = net.gamma(0)[k] / std::sqrt(net.running_variance[k] + 1e-5);
    const double code = (a * (y[i] - net.running_mean[k]) + net.beta(0)[k]) / 0.02;
    if (std::fabs(code - 40.5) < 1e-3 || std::fabs(code - 100.5) < 1e-3) continue;
    const int expected = stairs(int(std::clamp(std::floor(code + 0.5), 0.0, 255.0)));
    CHECK(out[i] == doctest::Approx(0.02 * expected));
    ++seen[size_t(stairs.segment(int(std::clamp(code, 0.0, 255.0))))];
  }
  CHECK(*std::min_element(seen.begin(), seen.end()) > 0);

  // The slope on its own: one row of accumulators at known codes, the gradient of each 1.
  const std::vector<float> codes{0, 40.5f, 70.5f, 10.5f, 100.5f, 130.5f, 170};
  const std::vector<double> slopes{(70 / 60.0) * (1 - 40.5 / 60),
                                   70 / 60.0,
                                   (70 / 60.0) * 0.5 + (110 / 60.0) * 0.5,
                                   (70 / 60.0) * 0.5,
                                   110 / 60.0,
                                   (110 / 60.0) * 0.5,
                                   0};
  std::vector<float> sums, gradient(codes.size(), 1);
  for (const float code : codes) sums.push_back(0.02f * code);
  activate_backward(1, int(codes.size()), sums.data(), {Activation::relu, 0.02f, &stairs},
                    gradient.data());
  for (size_t i = 0; i < codes.size(); ++i) {
    CAPTURE(codes[i]);
    CHECK(gradient[i] == doctest::Approx(slopes[i]).epsilon(1e-4));
  }
  // Of two levels the triangle reaches from the threshold to 0.
  const TriSegment two{.t1 = 40, .v1 = 70, .t2 = 40, .v2 = 70};
  std::vector<float> steeper(codes.size(), 1);
  activate_backward(1, int(codes.size()), sums.data(), {Activation::relu, 0.02f, &two},
                    steeper.data());
  const std::vector<double> of_two{0, 70 / 40.0, (70 / 40.0) * 0.25, (70 / 40.0) * 0.25, 0, 0, 0};
  for (size_t i = 0; i < codes.size(); ++i)
    CHECK(steeper[i] == doctest::Approx(of_two[i]).epsilon(1e-4));
  // A price of what is not 0 adds the first threshold's slope of a jump by 1, per unit of the sum.
  std::vector<float> priced(codes.size(), 1);
  activate_backward(1, int(codes.size()), sums.data(), {Activation::relu, 0.02f, &stairs, 0.5f},
                    priced.data());
  const std::vector<double> heights{1 - 40.5 / 60, 1, 0.5, 0.5, 0, 0, 0};
  for (size_t i = 0; i < codes.size(); ++i) {
    CAPTURE(codes[i]);
    CHECK(priced[i] - gradient[i] == doctest::Approx(0.5 * heights[i] / 60 / 0.02).epsilon(1e-4));
  }
}

TEST_CASE(
    "the pictures' gradient is the slope of a loss on the logits and on the layers' results") {
  for (const bool training : {true, false}) {
    CAPTURE(training);
    Fixture f;
    f.training = training;
    // Besides the cross-entropy the squares of what the layers' convolutions return, and of what
    // the second layer puts out.
    constexpr double kSquares = 1e-3;
    const auto loss = [&](std::vector<float>* d) {
      double value = f.loss(d);
      for (const float x : f.acts.out[2]) value += kSquares * x * x;
      for (size_t i = 0; i < f.net.layers.size(); ++i)
        if (f.net.layers[i].has_norm())
          for (const float y : f.acts.y[i]) value += kSquares * y * y;
      return value;
    };
    std::vector<float> d, gradient(f.pictures.size()), with_weights = gradient;
    loss(&d);
    BackwardMode mode{.weights = false, .pictures = gradient.data(), .add = {}};
    mode.add = [&](int layer, int M, int K, const float* y, float* dy) {
      CHECK(K == f.net.layers[size_t(layer)].output.c);
      for (int i = 0; i < M * K; ++i) dy[i] += float(2 * kSquares) * y[i];
    };
    std::fill(f.net.grads.begin(), f.net.grads.end(), 7.0f);
    LossGradient from{d, std::vector<std::vector<float>>(f.net.layers.size()), {}};
    for (const float x : f.acts.out[2]) from.outputs[1].push_back(float(2 * kSquares) * x);
    backward(f.net, f.acts, from, mode);
    CHECK(std::all_of(f.net.grads.begin(), f.net.grads.begin() + ptrdiff_t(f.net.weights),
                      [](float g) { return g == 7; }));
    mode.weights = true, mode.pictures = with_weights.data();
    backward(f.net, f.acts, from, mode);
    CHECK(with_weights == gradient);
    CHECK(f.net.grads[0] != 7);

    Rng rng(17);
    std::vector<double> direction;
    double slope = 0, length = 0;
    for (const float g : gradient) {
      direction.push_back(g + 0.1 * std::fabs(g) * rng.normal());
      slope += direction.back() * g;
      length += direction.back() * direction.back();
    }
    REQUIRE(slope > 0);
    const std::vector<float> pictures = f.pictures;
    const double step = 2e-3 / std::sqrt(length);
    double ends[2];
    for (int side = 0; side < 2; ++side) {
      for (size_t i = 0; i < direction.size(); ++i)
        f.pictures[i] = pictures[i] + float((side ? step : -step) * direction[i]);
      ends[side] = loss(nullptr);
    }
    CHECK((ends[1] - ends[0]) / (2 * step) == doctest::Approx(slope).epsilon(0.02));
  }
}
