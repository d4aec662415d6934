// Adam optimizer (Kingma and Ba, ICLR 2015) over one flat vector of parameters. Its arithmetic is
// that of engine/float/optim.h, in doubles.
#pragma once

#include <cstdint>
#include <vector>

#include "rl/agent/mlp.h"

namespace tri {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999;  // decay of the two moments
  double epsilon = 1e-5;              // as is usual for PPO; the paper has 1e-8
};

struct Adam {
  AdamOptions options;
  std::vector<double> m = {}, v = {};  // first and second moment; sized by the first step
  int64_t steps = 0;

  // One step of size `learning_rate` against parameters.gradients, which it then zeroes.
  void step(Parameters& parameters, double learning_rate);
};

// Scales the gradients down where their L2 norm is over max_norm. Returns the norm before.
double clip_gradient_norm(Parameters& parameters, double max_norm);

}  // namespace tri
