// The line that tells how far a program is: a bar redrawn in place on a terminal, else a plain line
// every few seconds. On stderr, as all talk.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tri {

// A part of a program's work, and the seconds that it is expected to take.
struct Phase {
  std::string name;
  double seconds;
};

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { end(); }

  // What is to come, in order; begin() goes on to the first one. Without a plan all work is one
  // phase of unknown length.
  void plan(std::vector<Phase> phases);
  // The phase at hand is over, the next one begins.
  void begin();
  // `done` of `all` of the phase at hand (work, of any unit) and what else there is to say. The
  // time left is what the phase has taken so far, carried on, and the plan of the later ones,
  // stretched as those before were.
  void show(double done, double all, const std::string& text);
  // Leaves a bar that is not full as it is: what follows, an error maybe, gets its own line.
  void end();

 private:
  using Time = std::chrono::steady_clock::time_point;
  double seconds_left(Time now, double share) const;

  const bool redraws_;
  Time start_, begin_, shown_ = {};  // of the program, the phase, the last line
  std::vector<Phase> phases_;
  size_t at_ = 0;    // phases begun
  double most_ = 0;  // of the whole that was shown as done
  bool drawn_ = false;
};

}  // namespace tri
