#include "rl/agent/tape.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/base/check.h"

namespace tri {
namespace {

bool same_shape(const Matrix& a, const Matrix& b) { return a.rows == b.rows && a.cols == b.cols; }

Matrix transposed(const Matrix& a) {
  Matrix t(a.cols, a.rows);
  for (int r = 0; r < a.rows; ++r) {
    for (int c = 0; c < a.cols; ++c) t(c, r) = a(r, c);
  }
  return t;
}

// c += a * b. The innermost loop runs along rows of b and c, so it vectorizes without reordering
// any sum.
void multiply_add(Matrix& c, const Matrix& a, const Matrix& b) {
  for (int i = 0; i < a.rows; ++i) {
    double* to = &c.values[size_t(i) * size_t(c.cols)];
    for (int k = 0; k < a.cols; ++k) {
      const double factor = a(i, k);
      const double* from = &b.values[size_t(k) * size_t(b.cols)];
      for (int j = 0; j < b.cols; ++j) to[j] += factor * from[j];
    }
  }
}

}  // namespace

Matrix::Matrix(int rows, int cols, std::vector<double> values)
    : rows(rows), cols(cols), values(std::move(values)) {
  CHECK(this->values.size() == size_t(rows) * size_t(cols));
}

Tape::Var Tape::push(Matrix value, std::function<void(const Node&)> backward) {
  nodes_.push_back({std::move(value), {}, std::move(backward)});
  return {int(nodes_.size()) - 1};
}

Tape::Var Tape::constant(Matrix value) {
  return push(std::move(value), [](const Node&) {});
}

Tape::Var Tape::parameter(Matrix value, std::span<double> gradient) {
  CHECK(gradient.size() == value.values.size());
  return push(std::move(value), [gradient](const Node& y) {
    for (size_t i = 0; i < gradient.size(); ++i) gradient[i] += y.gradient.values[i];
  });
}

Tape::Var Tape::matmul(Var a, Var b) {
  CHECK(value(a).cols == value(b).rows);
  Matrix y(value(a).rows, value(b).cols);
  multiply_add(y, value(a), value(b));
  return push(std::move(y), [=, this](const Node& y) {
    multiply_add(gradient_of(a), y.gradient, transposed(value(b)));
    multiply_add(gradient_of(b), transposed(value(a)), y.gradient);
  });
}

Tape::Var Tape::add_row(Var a, Var bias) {
  CHECK(value(bias).rows == 1 && value(bias).cols == value(a).cols);
  Matrix y = value(a);
  for (int r = 0; r < y.rows; ++r) {
    for (int c = 0; c < y.cols; ++c) y(r, c) += value(bias)(0, c);
  }
  return push(std::move(y), [=, this](const Node& y) {
    for (int r = 0; r < y.value.rows; ++r) {
      for (int c = 0; c < y.value.cols; ++c) {
        gradient_of(a)(r, c) += y.gradient(r, c);
        gradient_of(bias)(0, c) += y.gradient(r, c);
      }
    }
  });
}

// y = f(a) elementwise; derivative(a, y) is dy/da.
template <class F, class Derivative>
Tape::Var Tape::map(Var a, F f, Derivative derivative) {
  Matrix y = value(a);
  for (double& v : y.values) v = f(v);
  return push(std::move(y), [=, this](const Node& y) {
    for (size_t i = 0; i < y.value.values.size(); ++i) {
      gradient_of(a).values[i] +=
          derivative(value(a).values[i], y.value.values[i]) * y.gradient.values[i];
    }
  });
}

// y = f(a, b) elementwise; derivatives(a, b) are dy/da and dy/db.
template <class F, class Derivatives>
Tape::Var Tape::zip(Var a, Var b, F f, Derivatives derivatives) {
  CHECK(same_shape(value(a), value(b)));
  Matrix y = value(a);
  for (size_t i = 0; i < y.values.size(); ++i) y.values[i] = f(y.values[i], value(b).values[i]);
  return push(std::move(y), [=, this](const Node& y) {
    for (size_t i = 0; i < y.value.values.size(); ++i) {
      const std::pair<double, double> d = derivatives(value(a).values[i], value(b).values[i]);
      gradient_of(a).values[i] += d.first * y.gradient.values[i];
      gradient_of(b).values[i] += d.second * y.gradient.values[i];
    }
  });
}

Tape::Var Tape::add(Var a, Var b) {
  return zip(
      a, b, [](double a, double b) { return a + b; },
      [](double, double) { return std::pair(1.0, 1.0); });
}

Tape::Var Tape::sub(Var a, Var b) {
  return zip(
      a, b, [](double a, double b) { return a - b; },
      [](double, double) { return std::pair(1.0, -1.0); });
}

Tape::Var Tape::mul(Var a, Var b) {
  return zip(
      a, b, [](double a, double b) { return a * b; },
      [](double a, double b) { return std::pair(b, a); });
}

Tape::Var Tape::min(Var a, Var b) {
  return zip(
      a, b, [](double a, double b) { return std::min(a, b); },
      [](double a, double b) { return a <= b ? std::pair(1.0, 0.0) : std::pair(0.0, 1.0); });
}

Tape::Var Tape::scale(Var a, double factor) {
  return map(
      a, [=](double x) { return factor * x; }, [=](double, double) { return factor; });
}

Tape::Var Tape::tanh(Var a) {
  return map(
      a, [](double x) { return std::tanh(x); }, [](double, double y) { return 1 - y * y; });
}

Tape::Var Tape::exp(Var a) {
  return map(
      a, [](double x) { return std::exp(x); }, [](double, double y) { return y; });
}

Tape::Var Tape::clamp(Var a, double low, double high) {
  return map(
      a, [=](double x) { return std::clamp(x, low, high); },
      [=](double x, double) { return double(low <= x && x <= high); });
}

Tape::Var Tape::log_softmax(Var a) {
  Matrix y = value(a);
  for (int r = 0; r < y.rows; ++r) {
    double largest = y(r, 0);
    for (int c = 1; c < y.cols; ++c) largest = std::max(largest, y(r, c));
    double sum = 0;
    for (int c = 0; c < y.cols; ++c) sum += std::exp(y(r, c) - largest);
    const double log_sum = largest + std::log(sum);
    for (int c = 0; c < y.cols; ++c) y(r, c) -= log_sum;
  }
  return push(std::move(y), [=, this](const Node& y) {
    for (int r = 0; r < y.value.rows; ++r) {
      double sum = 0;
      for (int c = 0; c < y.value.cols; ++c) sum += y.gradient(r, c);
      for (int c = 0; c < y.value.cols; ++c) {
        gradient_of(a)(r, c) += y.gradient(r, c) - std::exp(y.value(r, c)) * sum;
      }
    }
  });
}

Tape::Var Tape::row_sum(Var a) {
  Matrix y(value(a).rows, 1);
  for (int r = 0; r < y.rows; ++r) {
    for (const double v : value(a).row(r)) y(r, 0) += v;
  }
  return push(std::move(y), [=, this](const Node& y) {
    Matrix& da = gradient_of(a);
    for (int r = 0; r < da.rows; ++r) {
      for (int c = 0; c < da.cols; ++c) da(r, c) += y.gradient(r, 0);
    }
  });
}

Tape::Var Tape::mean(Var a) {
  CHECK(!value(a).values.empty());
  const double share = 1.0 / double(value(a).values.size());
  Matrix y(1, 1);
  for (const double v : value(a).values) y(0, 0) += share * v;
  return push(std::move(y), [=, this](const Node& y) {
    for (double& da : gradient_of(a).values) da += share * y.gradient(0, 0);
  });
}

Tape::Var Tape::reshape(Var a, int rows, int cols) {
  return push(Matrix(rows, cols, value(a).values), [=, this](const Node& y) {
    for (size_t i = 0; i < y.gradient.values.size(); ++i) {
      gradient_of(a).values[i] += y.gradient.values[i];
    }
  });
}

Tape::Var Tape::gather(Var a, std::vector<int> indices, int rows, int cols) {
  CHECK(indices.size() == size_t(rows) * size_t(cols));
  Matrix y(rows, cols);
  for (size_t i = 0; i < indices.size(); ++i) {
    CHECK(indices[i] >= 0 && size_t(indices[i]) < value(a).values.size());
    y.values[i] = value(a).values[size_t(indices[i])];
  }
  return push(std::move(y), [=, this, indices = std::move(indices)](const Node& y) {
    for (size_t i = 0; i < indices.size(); ++i) {
      gradient_of(a).values[size_t(indices[i])] += y.gradient.values[i];
    }
  });
}

void Tape::backward(Var loss) {
  CHECK(value(loss).rows == 1 && value(loss).cols == 1);
  for (Node& node : nodes_) {
    CHECK(node.gradient.values.empty());
    node.gradient = Matrix(node.value.rows, node.value.cols);
  }
  nodes_[size_t(loss.node)].gradient(0, 0) = 1;
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) node->backward(*node);
}

}  // namespace tri
