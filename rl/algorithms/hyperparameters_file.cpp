#include "rl/algorithms/hyperparameters_file.h"

#include "data/base/error.h"
#include "data/base/fields.h"

namespace tri {
namespace {

// All of them, in the order in which they are told.
std::vector<Field> fields_of(Hyperparameters& h) {
  return {{"grid", "first", &h.grid.first, -32, 32},
          {"grid", "last", &h.grid.last, -32, 32},
          {"grid", "stride", &h.grid.stride, 1, kBins},
          {"random", "population", &h.random.population, 1, 1e4},
          {"greedy", "centered_stride", &h.greedy.centered_stride, 1, kBins},
          {"greedy", "raw_stride", &h.greedy.raw_stride, 1, kBins},
          {"cem", "population", &h.cem.population, 1, 1e4},
          {"cem", "elite", &h.cem.elite},
          {"cem", "mean_rate", &h.cem.mean_rate},
          {"cem", "variance_rate", &h.cem.variance_rate},
          {"ppo", "episodes", &h.ppo.episodes, 1, 1e4},
          {"ppo", "antithetic", &h.ppo.antithetic},
          {"ppo", "epochs", &h.ppo.epochs, 0, 1e4},
          {"ppo", "minibatches", &h.ppo.minibatches, 1, 1e4},
          {"ppo", "learning_rate", &h.ppo.learning_rate},
          {"ppo", "beta1", &h.ppo.adam.beta1, 0, 0.99999},
          {"ppo", "beta2", &h.ppo.adam.beta2, 0, 0.99999},
          {"ppo", "epsilon", &h.ppo.adam.epsilon, 1e-12, 1},
          {"ppo", "anneal_updates", &h.ppo.anneal_updates, 0, 1e6},
          {"ppo", "clip", &h.ppo.clip, 1e-3, 1e6},
          {"ppo", "critic", &h.ppo.critic},
          {"ppo", "value_coefficient", &h.ppo.value_coefficient, 0, 100},
          {"ppo", "entropy_coefficient", &h.ppo.entropy_coefficient, 0, 100},
          {"ppo", "gamma", &h.ppo.gamma},
          {"ppo", "lambda", &h.ppo.lambda},
          {"ppo", "max_gradient_norm", &h.ppo.max_gradient_norm, 1e-6, 1e6},
          {"ppo", "target_kl", &h.ppo.target_kl, 0, 1e6},
          {"ppo", "centered_ranks", &h.ppo.centered_ranks},
          {"ppo", "normalize_advantages", &h.ppo.normalize_advantages},
          {"ppo", "hidden", &h.ppo.network.hidden, 1, 1024},
          {"ppo", "actor_gain", &h.ppo.network.actor_gain, 0, 10},
          {"ppo", "critic_gain", &h.ppo.network.critic_gain, 0, 10}};
}

}  // namespace

Json to_json(const Hyperparameters& h) {
  Hyperparameters copy = h;
  return to_json(fields_of(copy));
}

Hyperparameters read_hyperparameters(const std::filesystem::path& file) {
  Hyperparameters h;
  read_fields(file, fields_of(h), "hyper-parameter");
  // An update has at least a step an episode.
  if (h.ppo.minibatches > h.ppo.episodes)
    throw Error(file.string() + ": ppo.minibatches are more than ppo.episodes");
  if (h.grid.first > h.grid.last) throw Error(file.string() + ": grid.first is above grid.last");
  return h;
}

}  // namespace tri
