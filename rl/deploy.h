// From what a search found to the student: a choice on training pictures that no search has seen,
// then the test set, once.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "distill/evaluate.h"
#include "rl/search.h"

namespace tri {

// Makes students of a teacher, or of its equalised copy, as they are written to files.
class Workshop {
 public:
  // calibrate: whether students are, on the pictures that `statistics` are of. All must outlive
  // this.
  Workshop(const IntNet& teacher, const Dataset& pictures, const ChannelStatistics& statistics,
           bool calibrate);
  const IntNet& teacher() const { return teacher_; }
  bool calibrates() const { return calibrate_; }
  Model student(const StaircaseSet& staircases) const;
  Model uncalibrated(const StaircaseSet& staircases) const;

 private:
  const IntNet& teacher_;
  const Dataset& pictures_;
  const ChannelStatistics& statistics_;
  bool calibrate_;
};

// The distinct ones among `sets`, as students, on the held-out pictures of `objective`: best reward
// first, of equals the one that came first.
std::vector<Candidate> rescore(const Workshop& workshop, const Objective& held_out,
                               const std::vector<StaircaseSet>& sets);

// Those of some candidates that no other one dominates in agreement and energy, the least energy
// first.
std::vector<Candidate> front_of(const std::vector<Candidate>& candidates);

// A candidate and what its student is worth on the test set; `uncalibrated` where that was measured
// too and differs.
struct Deployed {
  Candidate candidate;
  Measures measures;
  std::optional<Measures> uncalibrated;
};

// What a search is worth on the test set. candidates: as rescore() ranked them; the first is the
// student. within: it keeps within max_drop (a fraction) of the teacher's accuracy, or of full
// agreement where there are no labels.
struct Verdict {
  Measures teacher;
  Deployed mse;
  std::vector<Deployed> candidates;
  bool within;
};

class TestSet {
 public:
  // Runs the teacher, which need not be the network that the workshop makes students of. table:
  // what energies are counted with.
  TestSet(const Workshop& workshop, const IntNet& teacher, const Dataset& pictures,
          const EnergyTable& table = {});
  const Measures& teacher() const { return teacher_; }
  Deployed measure(const Candidate& candidate, bool also_uncalibrated) const;

 private:
  const Workshop& workshop_;
  const Dataset& pictures_;
  EnergyTable table_;
  std::vector<int32_t> logits_;
  Measures teacher_;
};

// mse, ranked: as rescore() made them; at least one ranked.
Verdict deploy(const TestSet& test, const Candidate& mse, std::span<const Candidate> ranked,
               double max_drop, bool labelled);

}  // namespace tri
