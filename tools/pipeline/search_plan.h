// What a search is about to do, and how long that will take on this machine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rl/search/deploy.h"
#include "tools/cli/progress.h"
#include "tools/pipeline/search_options.h"

namespace tri {

// What a search does, one after the other.
namespace phase {
constexpr const char *kWarmUp = "warm-up", *kSearch = "search", *kRanking = "ranking",
                     *kReconstruction = "reconstruction", *kDeployment = "deployment",
                     *kFinetuning = "fine-tuning";
}

// Of one student, in seconds.
struct Costs {
  double evaluation;  // on a batch, where every thread has one
  double ranking;     // calibrated, and run over the held-out pictures
  double picture;     // of the test set
};

// Measures them on the start, and gives what that earns on the held-out pictures.
std::pair<Candidate, Costs> rescore_start(const StudentBuilder& builder, const Objective& objective,
                                          const Objective& held_out, const StaircaseSet& start,
                                          int pictures);

// "3 seconds", "9 minutes", "2.5 hours".
std::string duration(double seconds);

// text: "ppo, 1000 evaluations on 64 pictures each, then 6 students on 10000 test pictures: about 9
// minutes". phases: a search and a ranking for each of the searches, then the rest.
struct Plan {
  std::string text;
  std::vector<Phase> phases;
};
// first_populations: of the searches (first_population()). training_pictures: of an epoch.
Plan plan(const Settings& s, const std::vector<SearchOptions>& searches,
          const std::vector<int>& first_populations, const Journal& journal, const Costs& costs,
          int layers, int training_pictures, int test_pictures);

}  // namespace tri
