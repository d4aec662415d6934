#include "rl/actor_critic.h"

#include <algorithm>
#include <cmath>

#include "engine/check.h"

namespace tri {
namespace {

// Of the output layers' weights: the actor leaves the start to the prior.
constexpr double kActorGain = 0.01, kCriticGain = 1;

std::vector<int> body_widths(int features, const ActorCriticOptions& options) {
  std::vector<int> widths = {features};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  return widths;
}

}  // namespace

ActorCritic::ActorCritic(int features, const ActorCriticOptions& options, Rng rng)
    : body_(parameters, body_widths(features, options), options.activation, rng),
      actor_(parameters, body_widths(features, options).back(), kHeads * kBins, kActorGain, rng),
      critic_(parameters, body_widths(features, options).back(), 1, kCriticGain, rng) {}

ActorCritic::Output ActorCritic::forward(Tape& tape, const Matrix& states, const Matrix& prior) {
  CHECK(prior.rows == states.rows && prior.cols == kHeads * kBins);
  const Tape::Var body = body_.forward(tape, parameters, tape.constant(states));
  const Tape::Var residual = actor_.forward(tape, parameters, body);
  const Tape::Var logits = tape.add(tape.constant(prior), residual);
  return {tape.log_softmax(tape.reshape(logits, states.rows * kHeads, kBins)),
          critic_.forward(tape, parameters, body)};
}

Action sample(const Matrix& log_probs, int i, Rng& rng) {
  Action action;
  for (int head = 0; head < kHeads; ++head) {
    // The inverse of the cumulative distribution at a uniform number.
    double left = rng.uniform();
    int bin = 0;
    while (bin < kBins - 1 && (left -= std::exp(log_probs(i * kHeads + head, bin))) >= 0) ++bin;
    action[size_t(head)] = uint8_t(bin);
  }
  return action;
}

Action mode(const Matrix& log_probs, int i) {
  Action action;
  for (int head = 0; head < kHeads; ++head) {
    const auto row = log_probs.row(i * kHeads + head);
    action[size_t(head)] = uint8_t(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return action;
}

Tape::Var log_prob(Tape& tape, Tape::Var log_probs, std::span<const int> rows,
                   std::span<const Action> actions) {
  CHECK(rows.size() == actions.size());
  std::vector<int> indices;
  for (size_t s = 0; s < rows.size(); ++s) {
    for (int head = 0; head < kHeads; ++head) {
      indices.push_back((rows[s] * kHeads + head) * kBins + actions[s][size_t(head)]);
    }
  }
  return tape.row_sum(tape.gather(log_probs, std::move(indices), int(rows.size()), kHeads));
}

Tape::Var entropy(Tape& tape, Tape::Var log_probs) {
  const int n = tape.value(log_probs).rows / kHeads;
  const Tape::Var surprise = tape.mul(tape.exp(log_probs), log_probs);
  return tape.scale(tape.row_sum(tape.reshape(surprise, n, kHeads * kBins)), -1);
}

}  // namespace tri
