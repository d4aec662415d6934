#include "rl/agent/mlp.h"

#include <cmath>

#include "rl/agent/adam.h"
#include "tests/support/test.h"

using namespace tri;

TEST_CASE("a linear layer starts as an orthogonal matrix times its gain, and no bias") {
  const double gain = 0.5;
  for (const std::pair<int, int>& shape : {std::pair(4, 9), std::pair(9, 4), std::pair(5, 5)}) {
    const int in = shape.first, out = shape.second;
    CAPTURE(in);
    Parameters parameters;
    Rng rng(3);
    const Linear layer(parameters, in, out, gain, rng);
    REQUIRE(parameters.values.size() == size_t(in * out + out));
    REQUIRE(parameters.gradients.size() == parameters.values.size());
    // The shorter side's vectors are orthogonal, of length `gain`.
    const auto w = [&](int r, int c) { return parameters.values[size_t(r * out + c)]; };
    const int count = std::min(in, out), length = std::max(in, out);
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) {
        double dot = 0;
        for (int k = 0; k < length; ++k) dot += in < out ? w(i, k) * w(j, k) : w(k, i) * w(k, j);
        CHECK(std::abs(dot - (i == j ? gain * gain : 0)) < 1e-12);
      }
    }
    for (int c = 0; c < out; ++c) CHECK(w(in, c) == 0);
  }
}

TEST_CASE("a linear layer computes x * W + b") {
  Parameters parameters;
  Rng rng(1);
  const Linear layer(parameters, 2, 3, 1, rng);
  parameters.values = {1, 2, 3, 4, 5, 6, 10, 20, 30};
  Tape tape;
  const auto y = layer.forward(tape, parameters, tape.constant(Matrix(1, 2, {1, -1})));
  CHECK(tape.value(y).values == std::vector<double>{7, 17, 27});
}

TEST_CASE("an MLP applies tanh after every layer") {
  Parameters parameters;
  Rng rng(1);
  const Mlp mlp(parameters, {1, 1, 1}, rng);
  parameters.values = {2, -3, -1, 0.5};  // w, b, w, b
  Tape tape;
  const auto y = mlp.forward(tape, parameters, tape.constant(Matrix(1, 1, {1})));
  CHECK(tape.value(y)(0, 0) == doctest::Approx(std::tanh(-std::tanh(-1.0) + 0.5)));
}

TEST_CASE("an MLP trained with Adam learns exclusive or") {
  Parameters parameters;
  Rng rng(5);
  const Mlp mlp(parameters, {2, 8, 1}, rng);
  Adam adam;
  double error = 0;
  for (int i = 0; i < 500; ++i) {
    Tape tape;
    const auto y =
        mlp.forward(tape, parameters, tape.constant(Matrix(4, 2, {-1, -1, -1, 1, 1, -1, 1, 1})));
    const auto d = tape.sub(y, tape.constant(Matrix(4, 1, {-0.5, 0.5, 0.5, -0.5})));
    const auto loss = tape.mean(tape.mul(d, d));
    tape.backward(loss);
    adam.step(parameters, 0.01);
    error = tape.value(loss)(0, 0);
  }
  CHECK(error < 1e-3);
}

TEST_CASE("Adam's first two steps are those of the paper") {
  Parameters parameters{{1, 1, 1}, {0.5, -2, 0}};
  Adam adam;
  adam.step(parameters, 0.1);
  // Bias correction makes m = g and v = g^2: a step of the learning rate against the sign.
  CHECK(parameters.values[0] == doctest::Approx(1 - 0.1 * 0.5 / (0.5 + 1e-5)).epsilon(1e-12));
  CHECK(parameters.values[1] == doctest::Approx(1 + 0.1 * 2 / (2 + 1e-5)).epsilon(1e-12));
  CHECK(parameters.values[2] == 1);
  CHECK(parameters.gradients == std::vector<double>{0, 0, 0});

  const double before = parameters.values[0];
  parameters.gradients[0] = 1;
  adam.step(parameters, 0.1);
  const double m = (0.9 * 0.05 + 0.1) / (1 - 0.9 * 0.9);
  const double v = (0.999 * 0.00025 + 0.001) / (1 - 0.999 * 0.999);
  CHECK(parameters.values[0] == doctest::Approx(before - 0.1 * m / (std::sqrt(v) + 1e-5)));
}

TEST_CASE("gradients are scaled down to the largest norm and otherwise left alone") {
  Parameters parameters{{0, 0}, {3, 4}};
  CHECK(clip_gradient_norm(parameters, 10) == doctest::Approx(5));
  CHECK(parameters.gradients == std::vector<double>{3, 4});
  CHECK(clip_gradient_norm(parameters, 0.5) == doctest::Approx(5));
  CHECK(parameters.gradients[0] == doctest::Approx(0.3));
  CHECK(parameters.gradients[1] == doctest::Approx(0.4));
}
