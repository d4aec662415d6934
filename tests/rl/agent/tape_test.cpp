#include "rl/agent/tape.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "data/base/rng.h"
#include "tests/support/test.h"

using namespace tri;
using Var = Tape::Var;

namespace {

Matrix random_matrix(int rows, int cols, Rng& rng) {
  Matrix m(rows, cols);
  for (double& v : m.values) v = rng.normal();
  return m;
}

// An operation on inputs of these shapes. None of the random inputs lies within a difference's step
// of a kink (min, clamp).
struct Case {
  std::string name;
  std::vector<std::pair<int, int>> shapes;
  std::function<Var(Tape&, const std::vector<Var>&)> apply;
};

const std::vector<Case> kCases = {
    {"matmul", {{3, 4}, {4, 5}}, [](Tape& t, auto& x) { return t.matmul(x[0], x[1]); }},
    {"matmul of a matrix with itself",
     {{3, 3}},
     [](Tape& t, auto& x) { return t.matmul(x[0], x[0]); }},
    {"add_row", {{3, 4}, {1, 4}}, [](Tape& t, auto& x) { return t.add_row(x[0], x[1]); }},
    {"add", {{3, 4}, {3, 4}}, [](Tape& t, auto& x) { return t.add(x[0], x[1]); }},
    {"sub", {{3, 4}, {3, 4}}, [](Tape& t, auto& x) { return t.sub(x[0], x[1]); }},
    {"mul", {{3, 4}, {3, 4}}, [](Tape& t, auto& x) { return t.mul(x[0], x[1]); }},
    {"square", {{3, 4}}, [](Tape& t, auto& x) { return t.mul(x[0], x[0]); }},
    {"min", {{3, 4}, {3, 4}}, [](Tape& t, auto& x) { return t.min(x[0], x[1]); }},
    {"scale", {{3, 4}}, [](Tape& t, auto& x) { return t.scale(x[0], -1.5); }},
    {"tanh", {{3, 4}}, [](Tape& t, auto& x) { return t.tanh(x[0]); }},
    {"exp", {{3, 4}}, [](Tape& t, auto& x) { return t.exp(x[0]); }},
    {"clamp", {{3, 4}}, [](Tape& t, auto& x) { return t.clamp(x[0], -0.5, 0.5); }},
    {"log_softmax", {{3, 4}}, [](Tape& t, auto& x) { return t.log_softmax(x[0]); }},
    {"row_sum", {{3, 4}}, [](Tape& t, auto& x) { return t.row_sum(x[0]); }},
    {"mean", {{3, 4}}, [](Tape& t, auto& x) { return t.mean(x[0]); }},
    {"reshape", {{3, 4}}, [](Tape& t, auto& x) { return t.reshape(x[0], 2, 6); }},
    {"gather",
     {{3, 4}},
     [](Tape& t, auto& x) {
       return t.gather(x[0], {5, 0, 5, 11}, 2, 2);
     }},
};

}  // namespace

TEST_CASE("every operation's gradient agrees with central differences") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    Rng rng(7);
    std::vector<Matrix> inputs;
    for (const auto& [rows, cols] : c.shapes) inputs.push_back(random_matrix(rows, cols, rng));

    // The loss is the result times random weights, so that every output matters differently.
    std::vector<std::vector<double>> gradients;
    const auto loss = [&](bool backward) {
      Tape tape;
      std::vector<Var> x;
      gradients.clear();
      for (const Matrix& input : inputs) gradients.emplace_back(input.values.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        x.push_back(tape.parameter(inputs[i], gradients[i]));
      }
      const Var y = c.apply(tape, x);
      Rng weight_rng(8);
      const Matrix weights = random_matrix(tape.value(y).rows, tape.value(y).cols, weight_rng);
      const Var total = tape.mean(tape.mul(y, tape.constant(weights)));
      if (backward) tape.backward(total);
      return tape.value(total)(0, 0);
    };

    loss(true);
    const std::vector<std::vector<double>> analytic = gradients;
    double largest = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      for (size_t j = 0; j < inputs[i].values.size(); ++j) {
        const double at = inputs[i].values[j], step = 1e-5;
        inputs[i].values[j] = at + step;
        const double above = loss(false);
        inputs[i].values[j] = at - step;
        const double below = loss(false);
        inputs[i].values[j] = at;
        CHECK(std::abs(analytic[i][j] - (above - below) / (2 * step)) < 1e-8);
        largest = std::max(largest, std::abs(analytic[i][j]));
      }
    }
    CHECK(largest > 0.01);
  }
}

TEST_CASE("matmul multiplies rows by columns") {
  Tape tape;
  const Var y = tape.matmul(tape.constant(Matrix(2, 3, {1, 2, 3, 4, 5, 6})),
                            tape.constant(Matrix(3, 2, {1, 0, 2, -1, 3, 1})));
  CHECK(tape.value(y).values == std::vector<double>{14, 1, 32, 1});
}

TEST_CASE("log_softmax is right for logits whose exponentials overflow") {
  Tape tape;
  const Var y = tape.log_softmax(tape.constant(Matrix(1, 2, {1000, 1000})));
  CHECK(tape.value(y)(0, 1) == doctest::Approx(-std::log(2.0)));
}

TEST_CASE("at a tie min hands the gradient to its first argument") {
  Tape tape;
  const Var a = tape.constant(Matrix(1, 1, {2})), b = tape.constant(Matrix(1, 1, {2}));
  tape.backward(tape.min(a, b));
  CHECK(tape.gradient(a)(0, 0) == 1);
  CHECK(tape.gradient(b)(0, 0) == 0);
}

TEST_CASE("a parameter used twice gets both gradients, on top of what was there") {
  std::vector<double> gradient = {10};
  Tape tape;
  const Var a = tape.parameter(Matrix(1, 1, {3}), gradient);
  tape.backward(tape.add(tape.mul(a, a), a));
  CHECK(gradient[0] == 10 + 2 * 3 + 1);
}
