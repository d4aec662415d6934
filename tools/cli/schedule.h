// How far a program is and how long it will take, from a plan of its phases and what they turn out
// to take. Times are seconds since it started, given by the caller; drawing is left to progress.h.
#pragma once

#include <string>
#include <vector>

namespace tri {

// A part of a program's work, and the seconds that it is expected to take.
struct Phase {
  std::string name;
  double seconds;
};

class Schedule {
 public:
  // What is to come, in order; begin() goes on to the first one. Without a plan all work is one
  // phase of unknown length.
  void plan(std::vector<Phase> phases);
  // The phase at hand is over, the next one begins.
  void begin(double now);
  bool in_last() const { return at_ == phases_.size(); }

  // part: of the phase at hand that is done, 0..1. What it has taken so far is carried on; later
  // phases take their plan, stretched as this one is.
  double seconds_left(double now, double part) const;
  // Of the whole that is done, 0..1; it never falls, and is 1 at the very end alone.
  double share(double now, double part);

 private:
  std::vector<Phase> phases_;
  size_t at_ = 0;  // phases begun
  double begin_ = 0, most_ = 0;
};

}  // namespace tri
