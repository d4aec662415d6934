// The line that tells how far a program is: a bar redrawn in place on a terminal, else a plain line
// every few seconds. On stderr, as all talk.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tools/cli/schedule.h"

namespace tri {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { end(); }

  // As the schedule's: what is to come, and that its next phase begins.
  void plan(std::vector<Phase> phases) { schedule_.plan(std::move(phases)); }
  void begin();
  // `done` of `all` of the phase at hand (work, of any unit) and what else there is to say.
  void show(double done, double all, const std::string& text);
  // Leaves a bar that is not full as it is: what follows, an error maybe, gets its own line.
  void end();

 private:
  using Time = std::chrono::steady_clock::time_point;

  const bool redraws_;
  const Time start_;
  Time shown_ = {};
  Schedule schedule_;
  bool drawn_ = false;
};

}  // namespace tri
