// Model selection and test: a choice among what a search found, on training pictures that no search
// has seen, then the test set, once. How students are corrected is left to distill/correct.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "data/base/on_progress.h"
#include "distill/judge/evaluate.h"
#include "rl/search/search.h"

namespace tri {

// Makes students of a teacher, or of its equalized copy, as they are written to files.
class StudentBuilder {
 public:
  // calibrate: whether students are, on the pictures that `statistics` are of. reconstruction: what
  // weights are fitted on; empty: they are not. All must outlive this.
  StudentBuilder(const IntNet& teacher, const Dataset& pictures,
                 const ChannelStatistics& statistics, bool calibrate,
                 const Dataset& reconstruction);
  const IntNet& teacher() const { return teacher_; }
  bool calibrates() const { return calibrate_; }
  bool reconstructs() const { return calibrate_ && reconstruction_.size() > 0; }
  Model student(const StaircaseSet& staircases) const;
  Model uncalibrated(const StaircaseSet& staircases) const;
  // REQUIRES: reconstructs()
  Model reconstructed(const StaircaseSet& staircases, const OnProgress& progress) const;

 private:
  const IntNet& teacher_;
  const Dataset& pictures_;
  const ChannelStatistics& statistics_;
  bool calibrate_;
  const Dataset& reconstruction_;
};

// One set of staircases as a student, on held-out pictures.
Candidate rescored(const StudentBuilder& builder, const Objective& held_out,
                   const StaircaseSet& set);
// The distinct ones among `sets`, each rescored: best reward first, of equals the one that came
// first.
std::vector<Candidate> rescore(const StudentBuilder& builder, const Objective& held_out,
                               const std::vector<StaircaseSet>& sets,
                               const OnProgress& progress = untold);

// Those of some candidates that no other one dominates in agreement and energy, the least energy
// first.
std::vector<Candidate> front_of(const std::vector<Candidate>& candidates);

// What a search ends with. candidate: with what this very student earns on held-out pictures.
struct Student {
  Candidate candidate;
  Model model;
  bool reconstructed;
};
// Of the student of these staircases and its reconstruction the one with the better reward on
// held-out pictures. reconstruct: false leaves it at the former.
Student finish(const StudentBuilder& builder, const Objective& held_out, const Candidate& best,
               bool reconstruct, const OnProgress& progress = untold);

// finish() of the first of `ranked`, all of which cost no more than `limit` (of the teacher's
// energy, on held-out pictures). Where its reconstruction costs more, thresholds rise where the
// pictures of `objective` say that it costs least, and if that is still better than what is there,
// the raised staircases become the first of them.
Student finish_within(double limit, const StudentBuilder& builder, const Objective& objective,
                      const Objective& held_out, std::vector<Candidate>& ranked, bool reconstruct,
                      const OnProgress& progress = untold);

// A candidate and what its student is worth on the test set; what it is worth uncalibrated, and
// calibrated but not reconstructed, where that was measured too and differs.
struct Deployed {
  Candidate candidate;
  Measures measures;
  std::optional<Measures> uncalibrated, calibrated;
};

// What a search is worth on the test set. mse: the mean-square start of all layers; start: of those
// that the search is about, where it leaves others their 8 bits. candidates: as rescore() ranked
// them, none reconstructed; selected: the student of the first one's staircases that is written.
// within: it keeps within max_drop (a fraction) of the teacher's accuracy, or of full agreement
// where there are no labels.
struct TestReport {
  Measures teacher;
  Deployed mse, start;
  std::vector<Deployed> candidates;
  Deployed selected;
  bool within;
  // Where the student was fine-tuned: what it was worth before. `selected` is what it is since.
  std::optional<Measures> before_finetuning = {};
};

// Whether a student keeps within max_drop (a fraction) of its teacher's accuracy, or of full
// agreement.
bool within(const Measures& student, const Measures& teacher, double max_drop, bool labeled);

class TestSet {
 public:
  // What a network does with the pictures.
  using Recorder = std::function<Recording(const Model&)>;
  // Runs the teacher, which need not be the network that the builder makes students of. table:
  // what energies are counted with. recorder: runs networks in place of this process
  // (rl/search/spread.h).
  TestSet(const StudentBuilder& builder, const Model& teacher, const Dataset& pictures,
          const EnergyTable& table = {}, Recorder recorder = {});
  const Measures& teacher() const { return teacher_; }
  Deployed measure(const Candidate& candidate, bool also_uncalibrated) const;
  Measures measure(const Model& student) const;

 private:
  const StudentBuilder& builder_;
  const Dataset& pictures_;
  EnergyTable table_;
  Recorder record_;
  std::vector<int32_t> logits_;
  Measures teacher_;
};

// mse, start, ranked: as rescore() made them; at least one ranked. student: finish() of the first.
TestReport deploy(const TestSet& test, const Candidate& mse, const Candidate& start,
                  std::span<const Candidate> ranked, const Student& student, double max_drop,
                  bool labeled, const OnProgress& progress = untold);

}  // namespace tri
