// The options of ./search that are about agents: which one PPO starts from, what it sees, what it
// learns on besides, and where what it has become is kept.
#pragma once

#include "rl/search/journal.h"
#include "tools/pipeline/search_options.h"

namespace tri {

void add_agent_options(Options& options, Settings& s);

// Loads the agent that is named, if one is. Throws Error where it does not fit the other options,
// or these do not go together.
void load_agent_of(Settings& s);

// The other teachers that the agent learns on: --also, networks of ours or files. Throws Error
// where one sees other pictures or classes than `teacher`.
std::vector<Model> load_also(const Settings& s, const Model& teacher);

// What rewards and proposals depend on besides (search_options.h).
void bind_agent(const Settings& s, const std::vector<Model>& also, Journal::Binding& binding);

}  // namespace tri
