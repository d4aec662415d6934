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
  setenv(kSpins, "1000", 1);
  setenv(kAgain, "1", 1);
  execv("/proc/self/exe", argv);
  unsetenv(kAgain);
  unsetenv(kSpins);
#endif
}

}  // namespace tri
