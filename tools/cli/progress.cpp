#include "tools/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace tri {
namespace {

constexpr int kBar = 20;

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

// Nothing where $NO_COLOR asks for it (no-color.org), or on a terminal without colors.
std::string color(const char* code) {
  const char *no_color = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
  const bool plain = (no_color && *no_color) || !term || std::string(term) == "dumb";
  return plain ? "" : code;
}

}  // namespace

ProgressLine::ProgressLine()
    : terminal_(isatty(STDERR_FILENO)), start_(std::chrono::steady_clock::now()) {}

void ProgressLine::end() {
  if (drawn_) std::fputs("\n", stderr);
  drawn_ = false;
}

void ProgressLine::restart() {
  end();
  start_ = std::chrono::steady_clock::now();
  shown_ = {};
}

void ProgressLine::show(double done, double all, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  const bool last = done >= all;
  if (!last && seconds(shown_, now) < (terminal_ ? 0.1 : 5)) return;
  shown_ = now;
  const double share = all > 0 ? std::clamp(done / all, 0.0, 1.0) : 1;
  const double left = share > 0 ? seconds(start_, now) * (1 - share) / share : 0;
  char head[8];
  std::snprintf(head, sizeof head, "%3d%%", int(100 * share));
  const std::string line = clock(left) + " left, " + text;
  if (!terminal_) {
    std::fprintf(stderr, "%s %s\n", head, line.c_str());
    return;
  }
  const size_t filled = size_t(kBar * share);
  const std::string bar = color("\033[32m") + std::string(filled, '#') + color("\033[0m") +
                          std::string(kBar - filled, '.');
  std::fprintf(stderr, "\r%s [%s] %s\033[K%s", head, bar.c_str(),
               line.substr(0, columns() - std::min(columns(), size_t(kBar + 9))).c_str(),
               last ? "\n" : "");
  drawn_ = !last;
}

}  // namespace tri
