#include "tools/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace tri {
namespace {

constexpr size_t kBar = 20, kBarFrom = 60;  // columns: of the bar; of a terminal that has one

double seconds(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

// "1:02:03" or "2:03".
std::string clock(double seconds) {
  const int s = int(std::min(seconds, 1e8));
  char text[32];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%d:%02d", s / 60, s % 60);
  return text;
}

// A line longer than the terminal is wide would wrap, and could not be redrawn.
size_t columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

// Whether stderr is a terminal that obeys escape sequences.
bool redraws() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) && term && *term && std::string(term) != "dumb";
}

// Nothing where $NO_COLOR asks for it (no-color.org).
std::string color(const char* code) {
  const char* no_color = std::getenv("NO_COLOR");
  return no_color && *no_color ? "" : code;
}

// " [####....]" where the terminal has room for it beside some words.
std::string bar(double share, size_t columns) {
  if (columns < kBarFrom) return "";
  const size_t filled = size_t(kBar * share);
  return " [" + color("\033[32m") + std::string(filled, '#') + color("\033[0m") +
         std::string(kBar - filled, '.') + "]";
}

}  // namespace

ProgressLine::ProgressLine() : redraws_(redraws()), start_(std::chrono::steady_clock::now()) {}

void ProgressLine::begin() {
  end();
  schedule_.begin(seconds(start_, std::chrono::steady_clock::now()));
  shown_ = {};
}

void ProgressLine::end() {
  if (drawn_) std::fputs("\n", stderr);
  drawn_ = false;
}

void ProgressLine::show(double done, double all, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  const double part = all > 0 ? std::clamp(done / all, 0.0, 1.0) : 1;
  const bool last = part == 1 && schedule_.in_last();
  if (!last && seconds(shown_, now) < (redraws_ ? 0.1 : 5)) return;
  shown_ = now;
  const double left = schedule_.seconds_left(seconds(start_, now), part);
  const double share = schedule_.share(seconds(start_, now), part);
  char head[8];
  std::snprintf(head, sizeof head, "%3d%%", int(100 * share));
  const std::string line = clock(left) + " left, " + text;
  if (!redraws_) {
    std::fprintf(stderr, "%s %s\n", head, line.c_str());
    return;
  }
  const size_t width = columns(), taken = 5 + (width < kBarFrom ? 0 : kBar + 3);
  std::fprintf(stderr, "\r%s%s %s\033[K%s", head, bar(share, width).c_str(),
               line.substr(0, width - std::min(width, taken + 1)).c_str(), last ? "\n" : "");
  drawn_ = !last;
}

}  // namespace tri
