#include "tools/cli/process.h"

#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>

namespace tri {

void wait_briefly([[maybe_unused]] char** argv) {
#ifdef __linux__
  constexpr const char *kSpins = "GOMP_SPINCOUNT", *kAgain = "TRISEGMENT_STARTED_AGAIN";
  if (std::getenv(kAgain)) {
    unsetenv(kAgain);
    unsetenv(kSpins);
    return;
  }
  if (std::getenv(kSpins) || std::getenv("OMP_WAIT_POLICY")) return;
  if (getauxval(AT_BASE) == 0) return;  // started as an argument of the loader, which exe then is
  // Some microseconds: alone as fast as with libgomp's 300,000, and beside another program at half
  // the speed, where 10,000 fall behind that and 300,000 reach a third.
  setenv(kSpins, "1000", 1);
  setenv(kAgain, "1", 1);
  execv("/proc/self/exe", argv);
  unsetenv(kAgain);
  unsetenv(kSpins);
#endif
}

}  // namespace tri
