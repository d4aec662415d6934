#include "rl/agent/mlp.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "data/base/check.h"

namespace tri {
namespace {

// [rows][cols] with orthonormal columns, or orthonormal rows where it has more columns than rows,
// by Gram and Schmidt (the modified form, which keeps its precision) on normal numbers.
Matrix orthogonal(int rows, int cols, Rng& rng) {
  const bool wide = cols > rows;
  const size_t count = size_t(std::min(rows, cols)), length = size_t(std::max(rows, cols));
  std::vector<std::vector<double>> basis(count, std::vector<double>(length));
  for (size_t i = 0; i < count; ++i) {
    std::vector<double>& v = basis[i];
    for (double& x : v) x = rng.normal();
    for (size_t j = 0; j < i; ++j) {
      const double along = std::inner_product(v.begin(), v.end(), basis[j].begin(), 0.0);
      for (size_t k = 0; k < length; ++k) v[k] -= along * basis[j][k];
    }
    const double norm = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
    for (double& x : v) x /= norm;
  }
  Matrix result(rows, cols);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      result(r, c) = wide ? basis[size_t(r)][size_t(c)] : basis[size_t(c)][size_t(r)];
    }
  }
  return result;
}

Tape::Var parameter(Tape& tape, Parameters& parameters, size_t offset, int rows, int cols) {
  const size_t size = size_t(rows) * size_t(cols);
  const auto values = std::span(parameters.values).subspan(offset, size);
  return tape.parameter(Matrix(rows, cols, {values.begin(), values.end()}),
                        std::span(parameters.gradients).subspan(offset, size));
}

}  // namespace

Linear::Linear(Parameters& parameters, int in, int out, double gain, Rng& rng)
    : offset_(parameters.values.size()), in_(in), out_(out) {
  CHECK(in > 0 && out > 0);
  for (const double w : orthogonal(in, out, rng).values) parameters.values.push_back(gain * w);
  parameters.values.resize(parameters.values.size() + size_t(out));
  parameters.gradients.resize(parameters.values.size());
}

Tape::Var Linear::forward(Tape& tape, Parameters& parameters, Tape::Var x) const {
  const Tape::Var weight = parameter(tape, parameters, offset_, in_, out_);
  const size_t bias_offset = offset_ + size_t(in_) * size_t(out_);
  const Tape::Var bias = parameter(tape, parameters, bias_offset, 1, out_);
  return tape.add_row(tape.matmul(x, weight), bias);
}

Mlp::Mlp(Parameters& parameters, const std::vector<int>& widths, Nonlinearity activation, Rng& rng)
    : activation_(activation) {
  CHECK(!widths.empty());
  for (size_t i = 1; i < widths.size(); ++i) {
    layers_.emplace_back(parameters, widths[i - 1], widths[i], std::numbers::sqrt2, rng);
  }
}

Tape::Var Mlp::forward(Tape& tape, Parameters& parameters, Tape::Var x) const {
  for (const Linear& layer : layers_) {
    x = layer.forward(tape, parameters, x);
    x = activation_ == Nonlinearity::tanh ? tape.tanh(x) : tape.relu(x);
  }
  return x;
}

}  // namespace tri
