// The line that tells how far a program is: a bar redrawn in place on a terminal, else a plain line
// every few seconds. On stderr, as all talk.
#pragma once

#include <chrono>
#include <string>

namespace tri {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { end(); }

  // Leaves a bar that is not full as it is: what follows, an error maybe, gets its own line.
  void end();
  // `done` of `all` (work, of any unit) and what else there is to say.
  void show(double done, double all, const std::string& text);
  // From here on as a new line: for the next piece of work.
  void restart();

 private:
  using Time = std::chrono::steady_clock::time_point;
  const bool terminal_;
  Time start_, shown_ = {};
  bool drawn_ = false;
};

}  // namespace tri
