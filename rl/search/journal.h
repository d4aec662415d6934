// Write-ahead log of searches, the journal: what every update's evaluation returned, in a file.
// What the numbers are for is left to rl/search/search.h.
//
// A search depends on its arguments alone, so one that was broken off goes on by replay: it runs
// again on the journal's rewards, with no student to run, until they are used up, and then on new
// ones. No algorithm has a state to save, and the result is that of an unbroken run.
//
// The file is lines of text, each with a checksum in front: a format line, the binding (what the
// rewards depend on), then one line an update, flushed to the disk before the update is reported.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/base/file.h"
#include "data/base/lock.h"
#include "distill/judge/reward.h"
#include "engine/arithmetic/trisegment.h"

namespace tri {

// One update of a search: what was evaluated, and what that returned.
struct Evaluation {
  uint64_t students = 0;           // hash() of the parameter sets
  RewardParts mse{};               // of the start, on the same pictures
  std::vector<RewardParts> parts;  // one a parameter set
  double seconds = 0;              // that the search has taken, this update included

  static uint64_t hash(const std::vector<StaircaseSet>& students);
};

class Journal {
 public:
  // Names and values, as an error tells them: "--batch", "64". No line breaks.
  using Binding = std::vector<std::pair<std::string, std::string>>;

  Journal() = default;  // in memory alone
  // resume: goes on after what `file` holds, if it is there; a last line that a kill or a crash cut
  // off is dropped. Throws Error where the file is damaged, or is bound to anything else (the error
  // says what differs). That one process has it at a time is left to the
  // lock of its folder, which must live as long.
  // Else `file` stays as it is until the first update, and is then kept as `file`.old.
  Journal(std::filesystem::path file, Binding binding, bool resume, const Lock* lock = nullptr);

  // The updates of one search so far, in order.
  const std::vector<Evaluation>& of(const std::string& algorithm, uint64_t seed) const;
  int updates() const;  // of all searches
  // Adds the search's next update. Throws Error, for want of room maybe or where the lock is lost;
  // what was in the file before then stays valid.
  void append(const std::string& algorithm, uint64_t seed, Evaluation evaluation);

 private:
  void read();

  std::filesystem::path file_;
  Binding binding_;
  const Lock* lock_ = nullptr;
  std::optional<GrowingFile> growing_;  // from the first update on
  std::map<std::pair<std::string, uint64_t>, std::vector<Evaluation>> searches_;
};

}  // namespace tri
