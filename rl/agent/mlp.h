// Multi-layer perceptron: linear layers, each followed by tanh. Their parameters stand in one flat
// vector, so that an optimizer is one loop. Losses and learning are left to rl/agent/ppo.
#pragma once

#include <vector>

#include "data/base/rng.h"
#include "rl/agent/tape.h"

namespace tri {

// What an optimizer sees: all parameters of a network, and their gradients beside them.
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

// Linear layers, each followed by tanh.
class Mlp {
 public:
  // widths: of the input, then of each layer's output.
  Mlp(Parameters& parameters, const std::vector<int>& widths, Rng& rng);
  // x: [n][widths.front()] -> [n][widths.back()].
  Tape::Var forward(Tape& tape, Parameters& parameters, Tape::Var x) const;

 private:
  std::vector<Linear> layers_;
};

}  // namespace tri
