#include "engine/cpu.h"

namespace tri {

#ifdef __x86_64__
bool cpu_has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi");
}
#ifdef EMULATE_AVX512  // see the Makefile
bool cpu_has_avx512() { return cpu_has_avx2(); }
bool cpu_has_avx512_vbmi() { return cpu_has_avx2(); }
#else
bool cpu_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}
bool cpu_has_avx512_vbmi() { return cpu_has_avx512() && __builtin_cpu_supports("avx512vbmi"); }
#endif
#else
bool cpu_has_avx2() { return false; }
bool cpu_has_avx512() { return false; }
bool cpu_has_avx512_vbmi() { return false; }
#endif

}  // namespace tri
