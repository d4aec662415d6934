#include "rl/algorithms/algorithm.h"

#include <algorithm>

#include "data/base/check.h"
#include "rl/algorithms/algorithms.h"

namespace tri {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<SearchAlgorithm> (*make)(const AlgorithmSetup&);
};

const Entry kAlgorithms[] = {{"mse", make_mse},       {"sensitivity", make_sensitivity},
                             {"grid", make_grid},     {"random", make_random},
                             {"greedy", make_greedy}, {"cem", make_cem},
                             {"ppo", make_ppo}};

}  // namespace

const std::vector<std::string>& algorithm_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Entry& entry : kAlgorithms) all.push_back(entry.name);
    return all;
  }();
  return names;
}

std::unique_ptr<SearchAlgorithm> make_algorithm(const std::string& name,
                                                const AlgorithmSetup& setup) {
  const auto entry = std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                                  [&](const Entry& e) { return e.name == name; });
  CHECK(entry != std::end(kAlgorithms));
  return entry->make(setup);
}

}  // namespace tri
