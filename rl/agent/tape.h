// Reverse-mode automatic differentiation for matrices: a tape records each operation as it is
// computed, and backward() walks it in reverse. What the operations are combined to is left to the
// layers and losses above.
//
// Doubles: the agent's networks are small, and gradients can then be checked to eight digits.
// Single-threaded and without reordered sums, so the result never depends on the threads.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace tri {

// Row-major: element (r, c) stands at r * cols + c.
struct Matrix {
  int rows = 0, cols = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(int rows, int cols) : rows(rows), cols(cols), values(size_t(rows) * size_t(cols)) {}
  // CHECKs that there are rows * cols values.
  Matrix(int rows, int cols, std::vector<double> values);

  double& operator()(int r, int c) { return values[size_t(r) * size_t(cols) + size_t(c)]; }
  double operator()(int r, int c) const { return values[size_t(r) * size_t(cols) + size_t(c)]; }
  std::span<const double> row(int r) const {
    return {&values[size_t(r) * size_t(cols)], size_t(cols)};
  }
};

// Operands must have the shapes stated (CHECKed).
class Tape {
 public:
  // A matrix on the tape that made it.
  struct Var {
    int node;
  };

  Tape() = default;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  Var constant(Matrix value);
  // backward() adds the gradient to `gradient`, rows * cols numbers that outlive the tape.
  Var parameter(Matrix value, std::span<double> gradient);

  Var matmul(Var a, Var b);      // [m][k], [k][n] -> [m][n]
  Var add_row(Var a, Var bias);  // [m][n], [1][n] -> [m][n]: the bias added to every row
  // Elementwise, of one shape. min: where both are equal, the gradient goes to a.
  Var add(Var a, Var b);
  Var sub(Var a, Var b);
  Var mul(Var a, Var b);
  Var min(Var a, Var b);
  // Elementwise. clamp: no gradient outside low..high.
  Var scale(Var a, double factor);
  Var tanh(Var a);
  Var exp(Var a);
  Var clamp(Var a, double low, double high);
  Var log_softmax(Var a);  // of every row
  Var row_sum(Var a);      // [m][n] -> [m][1]
  Var mean(Var a);         // -> [1][1]
  // The same values in the same order as another matrix.
  Var reshape(Var a, int rows, int cols);
  // [rows][cols]: element i is element indices[i] of a, both counted row by row.
  Var gather(Var a, std::vector<int> indices, int rows, int cols);

  // Valid as long as the tape lives.
  const Matrix& value(Var a) const { return nodes_[size_t(a.node)].value; }
  // d(loss)/d(a); valid after backward().
  const Matrix& gradient(Var a) const { return nodes_[size_t(a.node)].gradient; }
  // Fills the gradients of everything `loss`, [1][1], was computed from. Once a tape.
  void backward(Var loss);

 private:
  struct Node {
    Matrix value, gradient;
    std::function<void(const Node&)> backward;  // adds to the gradients of what it was made from
  };
  Var push(Matrix value, std::function<void(const Node&)> backward);
  Matrix& gradient_of(Var a) { return nodes_[size_t(a.node)].gradient; }
  template <class F, class Derivative>
  Var map(Var a, F f, Derivative derivative);
  template <class F, class Derivatives>
  Var zip(Var a, Var b, F f, Derivatives derivatives);

  std::deque<Node> nodes_;  // a deque: references stay valid while it grows
};

}  // namespace tri
