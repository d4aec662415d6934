#include "tools/pipeline/search_plan.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "distill/correct/reconstruct.h"

namespace tri {

std::pair<Candidate, Costs> rescore_start(const StudentBuilder& builder, const Objective& objective,
                                          const Objective& held_out, const StaircaseSet& start,
                                          int pictures) {
  const auto now = std::chrono::steady_clock::now;
  const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
  constexpr double kBrief = 0.5;  // seconds, in which what only the first time takes may count most
  Candidate scored;
  double ranking = 0;
  for (int i = 0; i == 0 || (i == 1 && ranking < kBrief); ++i) {
    const auto begin = now();
    scored = rescore(builder, held_out, {start}).front();
    ranking = seconds(now() - begin);
  }
  // Different ones from their first staircase on, as a search proposes them.
  std::vector<StaircaseSet> students(size_t(omp_get_max_threads()), start);
  for (size_t i = 0; i < students.size(); ++i)
    for (auto& f : students[i])
      if (f) {
        f->t2 = uint8_t(255 - i);
        f = f->ordered();
        break;
      }
  objective.on_batch(0, students);  // the first call of a thread allocates
  double fastest = HUGE_VAL;        // what else runs here may disturb a short one
  for (int i = 0; i < 3; ++i) {
    const auto warm = now();
    objective.on_batch(0, students);
    fastest = std::min(fastest, seconds(now() - warm));
  }
  return {scored, {fastest / double(students.size()), ranking, ranking / pictures}};
}

std::string duration(double seconds) {
  char text[32];
  const double minutes = seconds / 60, hours = minutes / 60;
  if (seconds < 99.5)
    std::snprintf(text, sizeof text, "%.0f seconds", std::max(1.0, seconds));
  else if (minutes < 99.5)
    std::snprintf(text, sizeof text, "%.0f minutes", minutes);
  else
    std::snprintf(text, sizeof text, "%.1f hours", hours);
  return text;
}

namespace {

// An epoch of fine-tuning beside as many pictures through the integer student: on VGG19, on two
// cores with AVX-512, 8 times as long.
constexpr double kEpochOverForward = 8;

}  // namespace

Plan plan(const Settings& s, const std::vector<SearchOptions>& searches,
          const std::vector<int>& first_populations, const Journal& journal, const Costs& costs,
          int layers, int training_pictures, int test_pictures) {
  int evaluations = 0, known = 0;
  Plan result;
  const auto add = [&](const char* name, double seconds) {
    result.phases.push_back({name, seconds});
  };
  std::string instead;
  for (size_t i = 0; i < searches.size(); ++i) {
    const SearchOptions& run = searches[i];
    int before = 0;
    for (const Evaluation& e : journal.of(run.algorithm, run.seed)) before += int(e.parts.size());
    const int first = first_populations[i];
    const int all = first == 0 || run.evaluations == 0 ? 0 : std::max(first, run.evaluations);
    if (all > run.evaluations)
      instead += ", " + run.algorithm + " " + std::to_string(all) + ", which is one sweep of it";
    const double left = std::max(0, all - before) * costs.evaluation;
    add(phase::kSearch, s.minutes > 0 ? std::min(left, 60 * s.minutes) : left);
    const size_t front = s.objective.weights.energy > 0 ? run.front : 0;
    add(phase::kRanking, double(run.shortlist + front + 1) * costs.ranking);
    evaluations += all;
    known += std::min(before, all);
  }
  // Reconstruction runs its pictures twice for every layer, on average half the way; fitting the
  // weights and thresholds takes some times as long. All pictures run twice more, for layers with
  // small maps.
  const bool reconstructs = s.reconstruction > 0 && !s.no_calibrate;
  if (reconstructs)
    add(phase::kReconstruction,
        costs.picture *
            (8 * std::min(s.reconstruction, kFittedOn) * layers + 2 * s.reconstruction));
  // The start, the best, and of two of them also what calibration brought; the teacher besides.
  const bool compares = searches.size() > 1;
  const int students = 1 + s.top + (s.no_calibrate ? 0 : 2) + int(reconstructs) +
                       (compares ? int(searches.size()) : 0);
  add(phase::kDeployment, (students + 1) * test_pictures * costs.picture);
  if (s.finetune > 0)
    add(phase::kFinetuning, kEpochOverForward * s.finetune * training_pictures * costs.picture);
  double seconds = 0;
  for (const Phase& p : result.phases) seconds += p.seconds;

  std::string text = s.algorithm == "all" ? "all algorithms" : s.algorithm;
  if (s.seeds > 1) text += " with " + std::to_string(s.seeds) + " seeds";
  text += ", " + std::to_string(evaluations) + " evaluations on " +
          std::to_string(s.objective.batch) + " pictures each" + instead;
  if (known > 0) text += " (" + std::to_string(known) + " of them done before)";
  if (s.minutes > 0) text += ", at most " + duration(60 * s.minutes) + " a search";
  result.text = text + ", then " + std::to_string(students) + " students on " +
                std::to_string(test_pictures) + " test pictures: about " + duration(seconds);
  return result;
}

}  // namespace tri
