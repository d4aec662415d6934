#include "rl/agent/adam.h"

#include <algorithm>
#include <cmath>

#include "data/base/check.h"
#include "engine/float/optim.h"

namespace tri {

void Adam::step(Parameters& parameters, double learning_rate) {
  const size_t n = parameters.values.size();
  m.resize(n);
  v.resize(n);
  ++steps;
  adam_step({learning_rate, options.beta1, options.beta2, options.epsilon}, steps, n,
            parameters.gradients.data(), m.data(), v.data(), parameters.values.data());
  std::fill(parameters.gradients.begin(), parameters.gradients.end(), 0.0);
}

double clip_gradient_norm(Parameters& parameters, double max_norm) {
  CHECK(max_norm > 0);
  double squares = 0;
  for (const double g : parameters.gradients) squares += g * g;
  const double norm = std::sqrt(squares);
  if (norm > max_norm) {
    for (double& g : parameters.gradients) g *= max_norm / norm;
  }
  return norm;
}

}  // namespace tri
