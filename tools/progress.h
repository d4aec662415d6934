// The line that tells how far a program is: redrawn in place on a terminal, else a plain line every
// few seconds. On stderr, as all talk.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace tri {

class ProgressLine {
 public:
  // `done` of `all` (work, of any unit) and what else there is to say.
  void show(double done, double all, const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    const double pause = terminal_ ? 0.1 : 10;
    if (done < all && seconds(shown_, now) < pause) return;
    shown_ = now;
    const double left = done > 0 ? seconds(start_, now) * (all - done) / done : 0;
    const int percent = int(100 * done / all);
    std::fprintf(stderr,
                 terminal_ ? "\r%3d%% %s, %d:%02d left\033[K%s" : "%3d%% %s, %d:%02d left\n%s",
                 percent, text.c_str(), int(left) / 60, int(left) % 60,
                 terminal_ && done >= all ? "\n" : "");
  }

 private:
  using Time = std::chrono::steady_clock::time_point;
  static double seconds(Time a, Time b) { return std::chrono::duration<double>(b - a).count(); }

  const bool terminal_ = isatty(STDERR_FILENO);
  const Time start_ = std::chrono::steady_clock::now();
  Time shown_ = {};
};

}  // namespace tri
