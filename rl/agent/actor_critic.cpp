#include "rl/agent/actor_critic.h"

#include <algorithm>
#include <cmath>

#include "data/base/check.h"

namespace tri {
namespace {

constexpr int kShape = 2;                   // coefficients of a head's parabola
constexpr double kUniformDeviation = 73.9;  // of 256 equal bins, 256 / sqrt(12)

// z and z^2 / 2, z being a bin's distance from the middle: [kShape][kBins].
Matrix parabolas() {
  Matrix basis(kShape, kBins);
  for (int bin = 0; bin < kBins; ++bin) {
    const double z = bin - kMiddle;
    basis(0, bin) = z, basis(1, bin) = z * z / 2;
  }
  return basis;
}

// What makes the coefficients count in units of the prior's deviation: [n * heads][kShape].
Matrix units(const std::vector<double>& widths, int heads) {
  Matrix units(int(widths.size()) * heads, kShape);
  for (int i = 0; i < units.rows; ++i) {
    const double width = widths[size_t(i / heads)];
    units(i, 0) = 1 / (width > 0 ? width : kUniformDeviation);
    units(i, 1) = units(i, 0) * units(i, 0);
  }
  return units;
}

std::vector<int> body_widths(int features, const ActorCriticOptions& options) {
  std::vector<int> widths = {features};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  return widths;
}

}  // namespace

ActorCritic::ActorCritic(int features, const ActorCriticOptions& options, Rng rng)
    : features_(features),
      heads_(options.heads),
      hidden_(options.hidden),
      body_(parameters, body_widths(features, options), rng),
      actor_(parameters, body_widths(features, options).back(), heads_ * kShape, options.actor_gain,
             rng),
      critic_(parameters, body_widths(features, options).back(), 1, options.critic_gain, rng) {}

ActorCritic::Output ActorCritic::forward(Tape& tape, const Matrix& states,
                                         const std::vector<double>& widths) {
  CHECK(int(widths.size()) == states.rows);
  const int rows = states.rows * heads_;
  const Tape::Var body = body_.forward(tape, parameters, tape.constant(states));
  const Tape::Var shape =
      tape.mul(tape.constant(units(widths, heads_)),
               tape.reshape(actor_.forward(tape, parameters, body), rows, kShape));
  const Tape::Var logits =
      tape.add(tape.reshape(tape.constant(bell_prior(widths, heads_)), rows, kBins),
               tape.matmul(shape, tape.constant(parabolas())));
  return {tape.log_softmax(logits), critic_.forward(tape, parameters, body)};
}

size_t ActorCritic::parameter_count(int features, const std::vector<int>& hidden, int heads) {
  size_t in = size_t(features), count = 0;
  for (const int width : hidden) count += (in + 1) * size_t(width), in = size_t(width);
  return count + (in + 1) * size_t(heads * kShape + 1);
}

// The first matrix, [features][hidden.front()], comes first; all behind it is the same.
void ActorCritic::start_from(const Agent& agent) {
  CHECK(!hidden_.empty() && agent.hidden == hidden_ && agent.heads == heads_);
  CHECK(agent.features <= features_);
  const size_t row = size_t(hidden_.front());
  const auto seen = std::ptrdiff_t(row * size_t(agent.features));
  CHECK(parameters.values.size() ==
        agent.parameters.size() + row * size_t(features_ - agent.features));
  const auto rest = std::copy_n(agent.parameters.begin(), seen, parameters.values.begin());
  std::fill(rest, parameters.values.end(), 0.0);
  std::copy(agent.parameters.begin() + seen, agent.parameters.end(),
            parameters.values.begin() + std::ptrdiff_t(row * size_t(features_)));
}

Agent ActorCritic::agent(int features) const {
  CHECK(!hidden_.empty() && features <= features_);
  const size_t row = size_t(hidden_.front());
  const auto at = [&](int n) {
    return parameters.values.begin() + std::ptrdiff_t(row * size_t(n));
  };
  Agent agent{.features = features, .heads = heads_, .hidden = hidden_, .parameters = {}};
  agent.parameters.assign(at(0), at(features));
  agent.parameters.insert(agent.parameters.end(), at(features_), parameters.values.end());
  return agent;
}

Quantiles random_quantiles(Rng& rng, int heads) {
  Quantiles quantiles(static_cast<size_t>(heads));
  for (double& u : quantiles) u = rng.uniform();
  return quantiles;
}

Action sample(const Matrix& log_probs, int i, const Quantiles& quantiles) {
  Action action = kMiddles;
  const int heads = int(quantiles.size());
  for (int head = 0; head < heads; ++head) {
    double left = quantiles[size_t(head)];
    int bin = 0;
    while (bin < kBins - 1 && (left -= std::exp(log_probs(i * heads + head, bin))) >= 0) ++bin;
    action[size_t(head)] = uint8_t(bin);
  }
  return action;
}

Action mode(const Matrix& log_probs, int i, int heads) {
  Action action = kMiddles;
  for (int head = 0; head < heads; ++head) {
    const auto row = log_probs.row(i * heads + head);
    action[size_t(head)] = uint8_t(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return action;
}

Tape::Var log_prob(Tape& tape, Tape::Var log_probs, int heads, std::span<const int> rows,
                   std::span<const Action> actions) {
  CHECK(rows.size() == actions.size());
  std::vector<int> indices;
  for (size_t s = 0; s < rows.size(); ++s) {
    for (int head = 0; head < heads; ++head) {
      indices.push_back((rows[s] * heads + head) * kBins + actions[s][size_t(head)]);
    }
  }
  return tape.row_sum(tape.gather(log_probs, std::move(indices), int(rows.size()), heads));
}

Tape::Var entropy(Tape& tape, Tape::Var log_probs, int heads) {
  const int n = tape.value(log_probs).rows / heads;
  const Tape::Var surprise = tape.mul(tape.exp(log_probs), log_probs);
  return tape.scale(tape.row_sum(tape.reshape(surprise, n, heads * kBins)), -1);
}

std::vector<double> head_entropies(const Matrix& log_probs, int heads) {
  std::vector<double> entropies(size_t(heads), 0.0);
  for (int row = 0; row < log_probs.rows; ++row)
    for (const double p : log_probs.row(row))
      entropies[size_t(row % heads)] -= std::exp(p) * p * heads / log_probs.rows;
  return entropies;
}

}  // namespace tri
