#include "tools/pipeline/finetuning_report.h"

#include "engine/integer/model_file.h"
#include "nets/recipe_file.h"
#include "tools/report/search_report.h"

namespace tri {

std::filesystem::path report_of(const std::filesystem::path& out) {
  return std::filesystem::path(out).replace_extension(".json");
}

Json to_json(const FinetuningResult& result, const FinetuningRun& run,
             const std::string& student_file, const std::string& teacher_file) {
  Json recipe = to_json(run.recipe);
  recipe.update({{"temperature", run.weights.temperature},
                 {"labels", run.weights.labels},
                 {"attention", run.weights.attention},
                 {"energy", run.weights.energy},
                 {"seed", run.recipe.seed}});
  Json teacher = {{"file", teacher_file}, {"checksum", std::to_string(checksum(run.teacher))}};
  teacher.update(to_json(result.teacher, true));
  Json start = {{"held_out_kl", result.start_row.kl}};
  if (!student_file.empty()) start["file"] = student_file;
  start.update(to_json(result.start, true));
  Json student = {{"checksum", std::to_string(checksum(result.model))},
                  {"epoch", result.epoch},
                  {"held_out_kl", result.best_row.kl}};
  student.update(to_json(result.student, true));
  return {{"version", 1},
          {"net", run.student.net},
          {"recipe", recipe},
          {"teacher", teacher},
          {"start", start},
          {"finetuned", student},
          {"max_drop", run.max_drop ? Json(*run.max_drop) : Json()},
          {"within_max_drop", result.within ? Json(*result.within) : Json()},
          {"given_back", result.given_back},
          {"energy_limit_uj", run.energy_limit ? Json(*run.energy_limit) : Json()},
          {"layers", to_json(result.model.staircases, result.model)}};
}

Json finetuned_json(const FinetuningResult& result, int epochs) {
  return {{"epochs", epochs},
          {"epoch", result.epoch},
          {"start_held_out_kl", result.start_row.kl},
          {"held_out_kl", result.best_row.kl},
          {"given_back", result.given_back}};
}

std::string given_up(const FinetuningResult& result) {
  if (!result.within) return "";
  std::string text;
  for (const std::string& layer : result.given_back) text += (text.empty() ? "" : ", ") + layer;
  return (*result.within ? "within" : "not within") +
         std::string(" --max-drop on held-out pictures, ") +
         (text.empty() ? "every staircase kept" : "with 8 bits again in " + text) + "\n";
}

std::string table(const FinetuningResult& result) {
  return measures_header() + measures_row("teacher", result.teacher, true) +
         measures_row("start", result.start, true) +
         measures_row("fine-tuned", result.student, true) + given_up(result);
}

}  // namespace tri
