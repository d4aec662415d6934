#include "tools/pipeline/search_options.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <iostream>
#include <optional>
#include <set>

#include "data/base/file.h"
#include "data/base/hash.h"
#include "nets/nets.h"
#include "rl/algorithms/hyperparameters_file.h"
#include "tools/cli/options.h"
#include "tools/pipeline/agent_options.h"
#include "tools/pipeline/energy_budget.h"
#include "tools/pipeline/energy_table.h"

namespace tri {
namespace {

// The largest population that an algorithm's update may have.
int largest_population(const Hyperparameters& h) {
  return std::max({h.random.population, h.cem.population, h.ppo.episodes});
}

// Which layers keep their 8 bits, and who says so.
void add_kinds(Options& options, Settings& s) {
  options
      .add_option(
          "--keep", s.keep,
          "layers that keep their 8-bit codes, auto:N for the N most sensitive ones, or none "
          "[none; with --no-mixed those that only depthwise layers read, or an addition]")
      ->delimiter(',');
  CLI::Option* not_mixed = options.add_flag_callback(
      "--no-mixed", [&s] { s.mixed = false; },
      "three levels in every layer that is not kept, rather than 8 bits, three levels or two, as "
      "the search chooses");
  options
      .add_option("--energy-budget", s.energy_budget,
                  "what the student may cost: 30% of the teacher's energy, or 120uJ a picture "
                  "[what it costs with three levels in every layer or, if that is more, where "
                  "--no-mixed starts from]")
      ->excludes(not_mixed)
      ->check(wrong_with_energy_budget);
}

}  // namespace

void add_options(Options& options, Settings& s) {
  options.add_option("NET", s.net, "the network; any name with --teacher")->required();
  options.add_option("--teacher", s.teacher_file, "teacher file [nets/weights/NET.q8]");
  s.data.add_to(options);
  options
      .add_flag("--synthesized", s.synthesized,
                "use pictures synthesized from the teacher alone, even where CIFAR-10 is there")
      ->excludes("--data");
  std::vector<std::string> algorithms = algorithm_names();
  algorithms.push_back("all");
  options.add_option("--algo", s.algorithm, "how parameter sets are proposed; all compares")
      ->check(OneOf(algorithms));
  options.add_option("--episodes", s.search.evaluations, "parameter sets to evaluate")
      ->check(CLI::Range(0, 10'000'000));
  add_agent_options(options, s);
  options.add_option("--minutes", s.minutes, "end each search after so many [never]")
      ->check(CLI::Range(0.0, 1e5));
  options.add_flag("--resume", s.resume,
                   "go on where a search with the same options was killed or stopped");
  options.add_flag("--json", s.json, "print result.json instead of tables");
  options.add_option("--batch", s.objective.batch, "pictures that each one is evaluated on")
      ->check(CLI::Range(1, 1000));
  options.add_option("--pool", s.pool, "pictures that the batches rotate through")
      ->check(CLI::Range(1, 50'000));
  options.add_option("--held-out", s.held_out, "pictures that decide between the best")
      ->check(CLI::Range(1, 50'000));
  options.add_option("--calibration", s.calibration, "pictures for statistics and calibration")
      ->check(CLI::Range(1, 4000));
  options.add_flag("--no-calibrate", s.no_calibrate, "leave the students' channels as they are");
  options
      .add_option(
          "--reconstruction", s.reconstruction,
          "pictures that the student's weights are fitted on, all layers' but the last one's "
          "on 2,048 of them; 0: none are")
      ->check(CLI::Range(0, 50'000));
  options.add_flag("--no-equalize", s.no_equalize,
                   "leave the teacher's channels as far from each other as they are");
  add_kinds(options, s);
  options
      .add_option("--finetune", s.finetune,
                  "epochs of fine-tuning that the student ends with, as ./finetune does; 0: none")
      ->check(CLI::Range(0, 100'000));
  options.add_option("--top", s.top, "candidates measured on the test set")
      ->check(CLI::Range(1, 1000));
  options.add_option("--test", s.test_pictures, "test pictures to measure on, at most")
      ->check(CLI::Range(1, 10000));
  options
      .add_option("--max-drop", s.max_drop,
                  "points of accuracy the student may lose; given, with --finetune, layers get 8 "
                  "bits again while it loses more")
      ->check(CLI::Range(0.0, 100.0))
      ->each([&s](const std::string&) { s.max_drop_acts = true; });
  options
      .add_option("--temperature", s.objective.temperature,
                  "T of the reward's KL: T^2 KL of the softmax of logits / T")
      ->check(CLI::Range(0.1, 100.0));
  options
      .add_option("--attention-weight", s.objective.weights.attention,
                  "w of -KL - w * AT - W * energy")
      ->check(CLI::Range(0.0, 1e6));
  options
      .add_option("--energy-weight", s.objective.weights.energy,
                  "W: what a student loses that costs as much energy as the teacher")
      ->check(CLI::Range(0.0, 1e6));
  options.add_option("--energy-table", s.energy_table,
                     "JSON file of energies, in pJ: README.md shows one [45 nm]");
  options.add_option("--prior", s.prior, "where heads start: around the mse optimum, or anywhere")
      ->check(OneOf({"mse", "none"}));
  options.add_option("--prior-width", s.search.widths.residual, "of one layer's bells, in bins")
      ->check(CLI::Range(0.1, 1000.0));
  options
      .add_option("--global-width", s.search.widths.global,
                  "of the global step's, in bins; 0: no step moves all layers together")
      ->check(CLI::Range(0.0, 1000.0));
  options.add_option("--config", s.config,
                     "JSON file of the algorithms' hyper-parameters; --help-all shows all of them");
  options.add_flag_callback(
      "--help-all",
      [&options] {
        std::cout << options.help() << "\n--config FILE, with every default:\n"
                  << dump(to_json(Hyperparameters{}));
        throw CLI::Success();
      },
      "print this, and a file for --config");
  options.add_option("--seed", s.search.seed, "of the sampling, the agent and the pictures' order");
  options.add_option("--seeds", s.seeds, "repeat with so many seeds, from --seed on")
      ->check(CLI::Range(1, 1000));
  options.add_option("--merge", s.merge,
                     "search for nothing: compare what stands in these folders, as one process "
                     "that ran all of it would have (--algo all, --seeds)");
  options.add_option("--isa", s.isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_option("--out", s.out,
                     "folder for result.json, search.csv and NET.tri, and, while a search "
                     "runs, best.json and search.journal [runs/NET]");
}

std::vector<std::string> kept_by_default(const Model& model) {
  const size_t taps = size_t(model.taps());
  std::vector<bool> depthwise(taps), sums(taps), others(taps);
  for (const Layer& l : model.layers)
    for (const Read& read : l.reads)
      if (l.has_sums() && read.tap >= 0)
        (l.kind == Kind::depthwise ? depthwise
         : l.kind == Kind::add     ? sums
                                   : others)[size_t(read.tap)] = true;
  std::vector<std::string> names;
  for (size_t tap = 0; tap < taps; ++tap)
    if (sums[tap] || (depthwise[tap] && !others[tap]))
      names.push_back(model.layers[size_t(model.tap_rows()[tap])].name);
  return names;
}

namespace {

// N of auto:N; nothing for another name.
std::optional<int> automatic(const std::string& name, int taps) {
  const std::string head = "auto:";
  if (!name.starts_with(head)) return {};
  int count = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + head.size(), end, count);
  if (read.ec != std::errc() || read.ptr != end || count < 1 || count >= taps)
    throw Error("--keep " + name + ": expected auto:N with N in 1.." + std::to_string(taps - 1));
  return count;
}

// The tap of a hidden layer by its name.
int tap_of(const std::string& name, const Model& model) {
  const int tap = model.tap(name);
  if (tap < 0) throw Error("--keep " + name + ": " + model.net + " has no such hidden layer");
  return tap;
}

}  // namespace

void require_layers(const std::vector<std::string>& names, const Model& model) {
  std::set<int> taps;
  for (const std::string& name : names)
    if (!automatic(name, model.taps())) taps.insert(tap_of(name, model));
  if (int(taps.size()) >= model.taps()) throw Error("--keep leaves no layer to search for");
}

void keep_layers(const std::vector<std::string>& names, const Model& model,
                 const Objective& objective, WarmUp& start,
                 const std::function<void(const std::string&)>& note) {
  const std::vector<int> layers = model.tap_rows();
  std::vector<int> taps;
  for (const std::string& name : names) {
    if (const std::optional<int> count = automatic(name, model.taps())) {
      const std::vector<int> sensitive = most_sensitive(objective, start, *count);
      taps.insert(taps.end(), sensitive.begin(), sensitive.end());
      continue;
    }
    taps.push_back(tap_of(name, model));
  }
  for (const int tap : taps) {
    start.mse_optimal[size_t(tap)].reset();
    note("kept at 8 bits: " + model.layers[size_t(layers[size_t(tap)])].name);
  }
  if (taps.size() >= layers.size()) throw Error("--keep leaves no layer to search for");
}

std::vector<SearchOptions> searches_of(const Settings& s) {
  std::vector<std::string> names;
  for (const std::string& name : algorithm_names()) {
    if (s.algorithm != "all" && s.algorithm != name) continue;
    const bool grid = name == "grid", sensitivity = name == "sensitivity";
    const char* missing = (grid || sensitivity) && s.prior == "none" ? "--prior mse"
                          : grid && s.search.widths.global == 0      ? "--global-width above 0"
                          : sensitivity && !s.mixed                  ? "a search without --no-mixed"
                                                                     : nullptr;
    if (!missing)
      names.push_back(name);
    else if (s.algorithm == name)
      throw Error("--algo " + name + " needs " + missing);
  }
  std::vector<SearchOptions> searches;
  for (const std::string& name : names)
    for (int i = 0; i < (name == "mse" || name == "sensitivity" ? 1 : s.seeds); ++i) {
      searches.push_back(s.search);
      searches.back().algorithm = name;
      searches.back().seed += uint64_t(i);
      searches.back().prior = s.prior == "mse";
      if (name != "ppo") searches.back().agent.reset();
      searches.back().shortlist = std::max<size_t>(s.search.shortlist, size_t(s.top));
      Hyperparameters& h = searches.back().hyperparameters;
      for (int* population : {&h.random.population, &h.cem.population, &h.ppo.episodes})
        *population = std::min(*population, std::max(1, s.search.evaluations));
      h.ppo.minibatches = std::min(h.ppo.minibatches, h.ppo.episodes);
    }
  return searches;
}

Journal::Binding binding_of(const Settings& s, const std::string& source, const Splits& splits,
                            const std::vector<Model>& also) {
  const auto text = [](auto number) {
    char digits[32];
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  };
  const int population = largest_population(s.search.hyperparameters);
  const bool weighs_energy = s.mixed || s.objective.weights.energy > 0;
  const uint64_t pictures =
      fnv1a(splits.calibration.pixels()) ^ std::rotl(fnv1a(splits.search.pixels()), 1);
  Journal::Binding binding = {
      {"NET", s.net},
      {"the teacher's checksum", text(fnv1a(read_file(s.teacher_file)))},
      {"the data", source},
      {"the pictures' checksum", text(pictures)},
      {"--calibration", text(s.calibration)},
      {"--pool", text(s.pool)},
      {"--batch", text(s.objective.batch)},
      {"--no-calibrate", s.no_calibrate ? "on" : "off"},
      {"--no-equalize", s.no_equalize ? "on" : "off"},
      {"--keep", s.mixed && s.keep_is_rule ? "not given"
                 : s.keep.empty()          ? "nothing"
                                           : CLI::detail::join(s.keep)},
      {"--attention-weight", text(s.objective.weights.attention)},
      {"--energy-weight", text(s.objective.weights.energy)},
      {"the energies", weighs_energy ? to_json(s.objective.energy_table).dump() : "of no weight"},
      // An update of a search of few evaluations has no more students.
      {"--episodes", s.search.evaluations < population ? text(s.search.evaluations)
                                                       : "at least " + text(population)},
      {"--prior", s.prior},
      {"--prior-width", text(s.search.widths.residual)},
      {"--global-width", text(s.search.widths.global)}};
  if (const Json h = to_json(s.search.hyperparameters); h != to_json(Hyperparameters{}))
    binding.emplace_back("--config", h.dump());
  if (s.objective.temperature != 1)
    binding.emplace_back("--temperature", text(s.objective.temperature));
  bind_agent(s, also, binding);
  if (!s.mixed) {
    binding.emplace_back("--no-mixed", "on");
    return binding;
  }
  // Held-out pictures decide what fits the budget, and with it what is proposed.
  binding.emplace_back("--energy-budget", s.energy_budget.empty() ? "none" : s.energy_budget);
  binding.emplace_back("--held-out", text(s.held_out));
  binding.emplace_back("the held-out pictures' checksum", text(fnv1a(splits.held_out.pixels())));
  return binding;
}

}  // namespace tri
