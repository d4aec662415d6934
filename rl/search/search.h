// Black-box search for the staircases of all layers: warm-up on the teacher, then an algorithm that
// proposes parameter sets. What becomes of the ones it found is left to rl/search/deploy.h.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "rl/algorithms/algorithm.h"
#include "rl/search/archive.h"
#include "rl/search/budget.h"
#include "rl/search/front.h"
#include "rl/search/journal.h"
#include "rl/search/objective.h"

namespace tri {

struct SearchOptions {
  std::string algorithm = "ppo";  // one of algorithm_names()
  int evaluations = 1000;         // parameter sets to evaluate; no generation goes beyond, if not
                                  // the first; 0: none, the recommendation is all
  bool prior = true;              // around the mean-square optimum, or anywhere
  Parametrization::Widths widths;
  uint64_t seed = 1;
  size_t shortlist = 5;             // best parameter sets to keep
  size_t front = 16;                // and, where energy is counted, of those that none dominates
  Hyperparameters hyperparameters;  // of all algorithms
  std::optional<Agent> agent = {};  // what PPO starts from
  bool portable = false;            // PPO learns what another search can start from
};

// What a search and the calibration of students start from: the teacher on some pictures.
struct WarmUp {
  std::vector<Histogram> histograms;  // [taps]
  StaircaseSet mse_optimal;
  ChannelStatistics statistics;
  std::vector<Histogram> read;  // [layers], of what those with weights read
  Matrix states;                // [taps][features]: what an agent sees (rl/agent/state.h)

  // Where kinds are searched for too: what a search starts from in place of mse_optimal, what its
  // proposals are brought to, and what `sensitivity` proposes.
  struct Mixing {
    Mixture start;
    Budget budget;
    TapKinds allocation;
  };
  std::optional<Mixing> mixing = {};
  StaircaseSet start() const { return mixing ? mixing->start.staircases() : mse_optimal; }
};
WarmUp warm_up(const IntNet& teacher, const Dataset& pictures);

// One row of search.csv: an update, and what it reached on its pictures.
struct SearchRow {
  int evaluations;     // so far
  double reward_mean;  // of this update
  Candidate best;      // of this update: the one with the highest reward
  double reward_mse;   // of the start, on the same pictures
  PpoStatistics ppo;
  double seconds;  // that the search has taken so far
  bool replayed;   // from the journal
};

struct SearchResult {
  Archive shortlist;                       // by Candidate::gain
  Front front;                             // empty where energy is not counted
  StaircaseSet recommendation = {};        // SearchAlgorithm::recommendation()
  std::optional<StaircaseSet> guess = {};  // what an agent would recommend before it learned
  std::optional<Agent> agent = {};         // SearchAlgorithm::agent()
  int evaluations = 0;
  double seconds = 0;
};

// What an agent also learns on, in turns with the search: another teacher's students.
struct Subject {
  const Objective& objective;
  const WarmUp& start;
};

// How many parameter sets the first update of a search evaluates, however few it is to.
int first_population(const WarmUp& start, const SearchOptions& options);

// Goes on from what `journal` knows of this algorithm with this seed, and adds to it. `report` is
// called after every update, with the best so far; once `stop` is set the search ends with what it
// has and the journal knows. The result depends on the arguments alone, the number of threads and
// the updates that are replayed not among them. lessons: of PPO that is portable; their evaluations
// stand in no journal, and count nowhere. Throws Error where the journal is of a search that
// proposed other parameter sets, or cannot be written.
using Report = std::function<void(const SearchRow&, const Archive& shortlist)>;
SearchResult search(const Objective& objective, const WarmUp& start, const SearchOptions& options,
                    Journal& journal, const Report& report, const std::atomic<bool>& stop,
                    std::span<const Subject> lessons = {});

// The `count` taps that gain most reward when they alone keep their 8-bit codes, the others having
// the mean-square staircases; the first of equals.
std::vector<int> most_sensitive(const Objective& objective, const WarmUp& start, int count);

}  // namespace tri
