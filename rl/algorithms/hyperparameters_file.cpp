#include "rl/algorithms/hyperparameters_file.h"

#include <climits>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "data/base/error.h"

namespace tri {
namespace {

constexpr int kMostHidden = 4;  // layers of the network's body

// One hyper-parameter, and the least and the largest value that it may have.
struct Field {
  std::string group, name;
  std::variant<int*, double*, bool*, std::vector<int>*> value;
  double least = 0, most = 1;
};

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

bool in_range(const Field& f, double x) { return x >= f.least && x <= f.most; }

// Whether the field takes the value; it then has it.
bool take(const Field& f, const Json& value) {
  const auto whole = [&f](const Json& j, int* to) {
    if (!j.is_number_integer() || !in_range(f, j.get<double>())) return false;
    *to = j.get<int>();
    return true;
  };
  if (const auto* number = std::get_if<int*>(&f.value)) return whole(value, *number);
  if (const auto* number = std::get_if<double*>(&f.value)) {
    if (!value.is_number() || !in_range(f, value.get<double>())) return false;
    **number = value.get<double>();
  } else if (const auto* flag = std::get_if<bool*>(&f.value)) {
    if (!value.is_boolean()) return false;
    **flag = value.get<bool>();
  } else {
    std::vector<int>& list = *std::get<std::vector<int>*>(f.value);
    if (!value.is_array() || value.size() > kMostHidden) return false;
    list.resize(value.size());
    for (size_t i = 0; i < list.size(); ++i)
      if (!whole(value[i], &list[i])) return false;
  }
  return true;
}

std::string wanted(const Field& f) {
  const auto numbers = [&f](const std::string& kind) {
    return kind + " of " + Json(f.least).dump() + " to " + Json(f.most).dump();
  };
  if (std::get_if<int*>(&f.value)) return numbers("a whole number");
  if (std::get_if<double*>(&f.value)) return numbers("a number");
  if (std::get_if<bool*>(&f.value)) return "true or false";
  return "at most " + std::to_string(kMostHidden) + numbers(" whole numbers");
}

}  // namespace

Json to_json(const Hyperparameters& h) {
  Hyperparameters copy = h;
  Json json;
  for (const Field& f : fields_of(copy))
    std::visit([&](const auto* value) { json[f.group][f.name] = *value; }, f.value);
  return json;
}

Hyperparameters read_hyperparameters(const std::filesystem::path& file) {
  Hyperparameters h;
  const std::vector<Field> fields = fields_of(h);
  const Json json = read_json(file);
  if (!json.is_object()) throw Error(file.string() + ": is no object of algorithms");
  for (const auto& [group, members] : json.items()) {
    if (!members.is_object()) throw Error(file.string() + ": " + group + " is no object");
    for (const auto& [name, value] : members.items()) {
      const Field* field = nullptr;
      for (const Field& f : fields)
        if (f.group == group && f.name == name) field = &f;
      if (!field)
        throw Error(file.string() + ": there is no hyper-parameter " + name + " of " + group);
      if (!take(*field, value))
        throw Error(file.string() + ": " + group + "." + name + " has to be " + wanted(*field));
    }
  }
  // An update has at least a step an episode.
  if (h.ppo.minibatches > h.ppo.episodes)
    throw Error(file.string() + ": ppo.minibatches are more than ppo.episodes");
  if (h.grid.first > h.grid.last) throw Error(file.string() + ": grid.first is above grid.last");
  return h;
}

}  // namespace tri
