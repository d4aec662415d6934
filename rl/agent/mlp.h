// Linear layers and the multi-layer perceptron made of them. Their parameters stand in one flat
// vector, so that an optimiser and a checkpoint are one loop each.
#pragma once

#include <vector>

#include "data/base/rng.h"
#include "rl/agent/tape.h"

namespace tri {

// What an optimiser sees: all parameters of a network, and their gradients beside them.
struct Parameters {
  std::vector<double> values, gradients;
};

// y = x * W + b, x: [n][in], y: [n][out].
class Linear {
 public:
  // Appends W, [in][out], and b, [out], to the parameters: W a random orthogonal matrix times
  // `gain` (Saxe, McClelland and Ganguli, ICLR 2014), b zero.
  Linear(Parameters& parameters, int in, int out, double gain, Rng& rng);
  Tape::Var forward(Tape& tape, Parameters& parameters, Tape::Var x) const;

 private:
  size_t offset_;
  int in_, out_;
};

enum class Nonlinearity { tanh, relu };

// Linear layers, each followed by the activation.
class Mlp {
 public:
  // widths: of the input, then of each layer's output.
  Mlp(Parameters& parameters, const std::vector<int>& widths, Nonlinearity activation, Rng& rng);
  // x: [n][widths.front()] -> [n][widths.back()].
  Tape::Var forward(Tape& tape, Parameters& parameters, Tape::Var x) const;

 private:
  std::vector<Linear> layers_;
  Nonlinearity activation_;
};

}  // namespace tri
