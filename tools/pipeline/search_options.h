// The options of ./search, and what they name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/split.h"
#include "rl/search/search.h"
#include "tools/cli/data_options.h"
#include "tools/pipeline/pictures.h"

namespace tri {

struct Options;

struct Settings {
  std::string net, teacher_file, out, algorithm = "ppo", prior = "mse", isa, energy_table,
                                      energy_budget, config, agent, save_agent, state;
  DataOptions data;
  std::vector<std::string> keep, merge, also;
  int seeds = 1, pool = 1024, held_out = 2048, calibration = 512, reconstruction = 8192,
      test_pictures = 10000, top = 3, finetune = 0;
  bool synthesized = false, no_calibrate = false, no_equalize = false, resume = false, mixed = true,
       json = false;
  bool keep_is_rule = false;  // --keep was not given
  double max_drop = 5, minutes = 0;
  bool max_drop_acts = false;  // in fine-tuning; else it is only reported
  ObjectiveOptions objective;
  SearchOptions search;
};

void add_options(Options& options, Settings& s);

// What --keep is where it is not given: the layers whose codes only depthwise layers read, and
// those that additions read. Depthwise layers do few of a net's multiplications, so three levels
// save next to nothing there and cost the most; along the sums of a residual net all that it knows
// is handed on, and three levels lose it block by block.
std::vector<std::string> kept_by_default(const Model& model);

// Throws Error for what --keep names and the net does not have: for before anything is computed.
void require_layers(const std::vector<std::string>& names, const Model& model);

// Removes the staircases of the layers that --keep names, and notes each.
void keep_layers(const std::vector<std::string>& names, const Model& model,
                 const Objective& objective, WarmUp& start,
                 const std::function<void(const std::string&)>& note);

// The searches to run: with --algo all, those that the other options allow; mse and sensitivity
// once, as no seed matters.
std::vector<SearchOptions> searches_of(const Settings& s);

// What the rewards of these searches depend on. How many there are and how long they last is not
// among it: --resume may go on for longer, or with more algorithms and seeds.
// also: other teachers that an agent learns on.
Journal::Binding binding_of(const Settings& s, const std::string& source, const Splits& splits,
                            const std::vector<Model>& also);

}  // namespace tri
