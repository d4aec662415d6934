#include "tools/pipeline/agent_options.h"

#include <algorithm>
#include <filesystem>

#include "data/base/error.h"
#include "data/base/file.h"
#include "data/base/hash.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "rl/agent/state.h"
#include "tools/cli/options.h"
#include "tools/pipeline/pictures.h"

namespace tri {
namespace {

constexpr char kOurAgent[] = "rl/agents/wide.agent";

// How many numbers each kind of state has for a layer.
int features_of(const std::string& state) { return state == "wide" ? kWideStates : kSimpleStates; }

// Whether a search that names no agent takes ours, which sees --state wide, chooses kinds and moves
// layers around their optimum.
bool takes_ours(const Settings& s) {
  const PpoOptions& ppo = s.search.hyperparameters.ppo;
  return (s.algorithm == "ppo" || s.algorithm == "all") && s.mixed && s.prior == "mse" &&
         s.save_agent.empty() && s.state.empty() &&
         ppo.network.hidden == PpoOptions{}.network.hidden;
}

}  // namespace

void add_agent_options(Options& options, Settings& s) {
  options
      .add_option(
          "--agent", s.agent,
          "file of an agent that PPO starts from, or none; with --episodes 0 its one best "
          "guess is the student [" +
              std::string(kOurAgent) +
              "; none with --no-mixed, --prior none, --save-agent, --state or another ppo.hidden]")
      ->check(CLI::ExistingFile | OneOf({"none"}));
  CLI::Option* save = options.add_option(
      "--save-agent", s.save_agent,
      "file for what PPO's agent has become; it then learns by what it sees of layers alone");
  options
      .add_option(
          "--also", s.also,
          "other networks, or teachers' files, that the agent to be saved learns on in turns")
      ->delimiter(',')
      ->needs(save);
  options
      .add_option(
          "--state", s.state,
          "what an agent sees of a layer: four numbers of its codes, or 16 that tell of its "
          "place in the network too [the agent's, else simple]")
      ->check(OneOf({"simple", "wide"}));
}

void load_agent_of(Settings& s) {
  const bool alone = s.algorithm == "ppo" && s.seeds == 1;
  if (!s.save_agent.empty() && !alone) throw Error("--save-agent needs --algo ppo, and one seed");
  if (!s.save_agent.empty() && s.search.hyperparameters.ppo.network.hidden.empty())
    throw Error("--save-agent needs a network with a body: ppo.hidden of --config is empty");
  if (s.agent.empty() && takes_ours(s)) {
    s.agent = own_file(kOurAgent);
    if (!std::filesystem::exists(s.agent))
      throw Error(s.agent + " is neither here nor beside the program: --agent none does without");
  }
  if (s.agent == "none") s.agent.clear();
  if (s.search.evaluations == 0 && (s.agent.empty() || !alone))
    throw Error("--episodes 0 needs --agent, --algo ppo, and one seed");
  s.search.portable = !s.save_agent.empty();
  if (!s.agent.empty()) {
    Agent agent = load_agent(s.agent);
    if (!s.state.empty() && s.state != agent.state)
      throw Error(s.agent + ": sees --state " + agent.state);
    s.state = agent.state;
    if (agent.features != features_of(s.state))
      throw Error(s.agent + ": is of another version of this program");
    if (agent.heads != (s.mixed ? kHeads : kStaircaseHeads))
      throw Error(s.agent + ": is an agent of searches " + (s.mixed ? "with" : "without") +
                  " --no-mixed");
    s.search.agent = std::move(agent);
  }
  if (s.state.empty()) s.state = "simple";
}

std::vector<Model> load_also(const Settings& s, const Model& teacher) {
  const std::vector<std::string>& names = net_names();
  std::vector<Model> models;
  for (const std::string& name : s.also) {
    const bool ours = std::find(names.begin(), names.end(), name) != names.end();
    const std::string file = ours ? own_teacher(name) : name;
    models.push_back(load_model_of(load_model(file, table_of).net, file));
    const Model& model = models.back();
    if (!model.staircases.empty()) throw Error(file + ": is a student, not a teacher");
    if (model.layers.front().in != teacher.layers.front().in || model.classes != teacher.classes)
      throw Error(file + ": sees other pictures or classes than " + teacher.net);
  }
  return models;
}

void bind_agent(const Settings& s, const std::vector<Model>& also, Journal::Binding& binding) {
  if (s.state != "simple") binding.emplace_back("--state", s.state);
  if (!s.agent.empty()) binding.emplace_back("--agent", std::to_string(fnv1a(read_file(s.agent))));
  if (!s.save_agent.empty()) binding.emplace_back("--save-agent", "on");
  for (const Model& model : also)
    binding.emplace_back("--also", model.net + " " + std::to_string(checksum(model)));
}

}  // namespace tri
