// A search from its settings to its files: what ./search does after its options.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/base/json.h"
#include "data/base/ranks.h"
#include "rl/search/deploy.h"
#include "tools/pipeline/finetuning.h"
#include "tools/pipeline/search_inputs.h"
#include "tools/pipeline/search_plan.h"
#include "tools/report/comparison.h"
#include "tools/report/search_report.h"

namespace tri {

// What is told of a search as it goes, from the thread that called. All may stay as they are.
struct SearchEvents {
  std::function<void(const std::string&)> note = [](const std::string&) {};
  // After every update of a search that is not replayed. replayed: evaluations that were.
  std::function<void(const SearchRow&, const SearchOptions&, int replayed)> update =
      [](const SearchRow&, const SearchOptions&, int) {};
  // Of what follows the warm-up, once it is known; then before each of these phases, and within all
  // but searches and fine-tuning, which tell more.
  std::function<void(const std::vector<Phase>&)> plan = [](const std::vector<Phase>&) {};
  std::function<void()> begin = [] {};
  std::function<void(double share, const std::string& phase)> advance = [](double,
                                                                           const std::string&) {};
  TrainingEvents finetuning = {};
};

struct SearchOutcome {
  std::filesystem::path folder,
      student;  // where all files are; the one of them that is the student
  Json result;  // result.json
  TestReport verdict;
  std::vector<Candidate> front;           // on held-out pictures
  std::vector<ComparisonRow> comparison;  // empty where one search ran alone
  std::optional<FinetuningResult> finetuned;
  std::string note;        // what to say under tables without accuracies
  std::string evaluation;  // the command that measures the student
  std::string isa;         // of the kernels that ran
  bool cut_short = false;  // --resume would go on
};

// Runs the searches, chooses on held-out pictures, measures on the test set and writes
// result.json, search.csv and the student to the settings' folder. ranks: the other processes of
// this search, if there are any. Once `stop` is set the searches
// end with what they have, and that is measured and written. Throws Error.
SearchOutcome run_search(const Settings& settings, const SearchInputs& inputs,
                         const SearchEvents& events, const std::atomic<bool>& stop,
                         const Ranks* ranks = nullptr);

// What the other ranks of a search do, with the same settings and inputs: they evaluate their share
// of the students until rank 0 has run_search() behind it. Throws Error, and so does that, where
// ranks differ in program, kernels, teacher, pictures or options.
void help_search(const Settings& settings, const SearchInputs& inputs, const Ranks& ranks);

// As lines for people: what a search found.
std::string summary(const SearchOutcome& outcome, const Settings& settings, bool labeled);

}  // namespace tri
