// Agent: a policy and its critic as numbers, and in a file, so that a search begins with what
// others have learned. It knows layers by what it sees of them alone, not by their number, and so
// serves any network. How it learns is left to rl/agent/ppo.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tri {

struct Agent {
  std::string state = "simple";    // what it sees of a layer, as ./search --state calls it
  int features = 0;                // how many numbers that are
  int heads = 0;                   // of its actions
  std::vector<int> hidden;         // widths of the network's body, at least one
  std::vector<double> parameters;  // of the ActorCritic, in its order

  bool operator==(const Agent&) const = default;
};

// Throws Error.
void save(const Agent& agent, const std::filesystem::path& file);
// Throws Error, which names the file, for what is no agent.
Agent load_agent(const std::filesystem::path& file);

}  // namespace tri
