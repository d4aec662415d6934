#include "rl/adam.h"

#include <cmath>

#include "engine/check.h"

namespace tri {

void Adam::step(Parameters& parameters, double learning_rate) {
  const size_t n = parameters.values.size();
  m.resize(n);
  v.resize(n);
  ++steps;
  const double correction1 = 1 - std::pow(beta1, double(steps));
  const double correction2 = 1 - std::pow(beta2, double(steps));
  for (size_t i = 0; i < n; ++i) {
    double& gradient = parameters.gradients[i];
    m[i] = beta1 * m[i] + (1 - beta1) * gradient;
    v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient;
    parameters.values[i] -=
        learning_rate * (m[i] / correction1) / (std::sqrt(v[i] / correction2) + epsilon);
    gradient = 0;
  }
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
