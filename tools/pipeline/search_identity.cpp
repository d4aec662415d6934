#include "tools/pipeline/search_identity.h"

#include "data/base/file.h"
#include "data/base/hash.h"
#include "rl/algorithms/hyperparameters_file.h"
#include "tools/pipeline/search_plan.h"
#include "tools/report/interim_report.h"

namespace tri {
namespace fs = std::filesystem;

fs::path folder_of(const Settings& s) { return s.out.empty() ? "runs/" + s.net : s.out; }

std::vector<std::string> phases_of(const Settings& s) {
  std::vector<std::string> phases = {phase::kWarmUp, phase::kSearch, phase::kRanking};
  if (s.reconstruction > 0 && !s.no_calibrate) phases.push_back(phase::kReconstruction);
  phases.push_back(phase::kDeployment);
  if (s.finetune > 0) phases.push_back(phase::kFinetuning);
  return phases;
}

Json heading(const Settings& s, const SearchInputs& in, const Splits& splits) {
  const std::string file = student_file(folder_of(s), in.teacher).string();
  Json options;
  for (const auto& [name, value] : binding_of(s, in.pictures.source, splits, in.also))
    options[name] = value;
  options["--held-out"] = std::to_string(splits.held_out.size());
  options["--test"] = std::to_string(in.pictures.test.size());
  return {
      {"version", 1},
      {"net", s.net},
      {"data", to_json(in.pictures, note_without_labels(in.pictures, evaluation_of(file, s.data)))},
      {"algorithm", s.algorithm},
      {"seed", s.search.seed},
      {"evaluations", 0},
      {"seconds", 0.0},
      {"unfinished", Json::array()},
      {"options", options},
      {"hyperparameters", to_json(s.search.hyperparameters)},
      {"calibrated", !s.no_calibrate},
      {"equalized", !s.no_equalize},
      {"teacher", {{"file", s.teacher_file}, {"accuracy", nullptr}}}};
}

std::string identity_of(const Settings& s, const SearchInputs& in, const Splits& splits) {
  // Not the ISA: what ranks compute for a search is the same on each.
  std::string text;
  for (const auto& [name, value] : binding_of(s, in.pictures.source, splits, in.also))
    text += name + "=" + value + "\n";
  return text;
}

}  // namespace tri
