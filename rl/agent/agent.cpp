#include "rl/agent/agent.h"

#include <cmath>

#include "data/base/serial.h"
#include "rl/agent/actor_critic.h"

namespace tri {
namespace {

constexpr FileKind kKind = {"triagent", 1, "agent"};
constexpr uint64_t kMostBytes = 1 << 26;
constexpr uint32_t kMostWide = 4096, kMostLayers = 8;

}  // namespace

void save(const Agent& agent, const std::filesystem::path& file) {
  Writer w(kKind);
  w.text(agent.state);
  w.number(uint32_t(agent.features));
  w.number(uint32_t(agent.heads));
  w.number(uint32_t(agent.hidden.size()));
  for (const int width : agent.hidden) w.number(uint32_t(width));
  w.array(agent.parameters);
  w.save(file);
}

Agent load_agent(const std::filesystem::path& file) {
  Reader r(file, kKind, kMostBytes);
  const auto within = [&r](uint32_t most) {
    const auto n = r.number<uint32_t>();
    if (n < 1 || n > most) r.fail("has a network of a size that no agent has");
    return int(n);
  };
  Agent agent;
  agent.state = r.text();
  agent.features = within(kMostWide);
  agent.heads = within(kHeads);
  agent.hidden.resize(size_t(within(kMostLayers)));
  for (int& width : agent.hidden) width = within(kMostWide);
  const size_t count = ActorCritic::parameter_count(agent.features, agent.hidden, agent.heads);
  agent.parameters = r.array<double>(count);
  r.end();
  for (const double x : agent.parameters)
    if (!std::isfinite(x)) r.fail("holds a number that is not finite");
  return agent;
}

}  // namespace tri
