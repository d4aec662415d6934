#include "engine/kernels/dispatch/cpu.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined __aarch64__
#include <sys/auxv.h>
#endif

namespace tri {

#ifdef __x86_64__
bool cpu_has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi");
}
#ifdef EMULATE_AVX512  // see the Makefile
bool cpu_has_avx512() { return cpu_has_avx2(); }
bool cpu_has_avx512_vbmi() { return cpu_has_avx2(); }
bool cpu_has_avx512_bf16() { return cpu_has_avx2(); }
bool cpu_has_amx() { return cpu_has_avx2(); }
#else
bool cpu_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}
bool cpu_has_avx512_vbmi() { return cpu_has_avx512() && __builtin_cpu_supports("avx512vbmi"); }
bool cpu_has_avx512_bf16() { return cpu_has_avx512() && __builtin_cpu_supports("avx512bf16"); }

// Linux lets a process use the tiles when it has asked for their state to be kept.
bool cpu_has_amx() {
  static const bool granted = [] {
    constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XTILEDATA
    unsigned a, b, c, d;
    constexpr unsigned kTiles = 1 << 24, kInt8 = 1 << 25, kBf16 = 1 << 22,
                       kAll = kTiles | kInt8 | kBf16;
    return cpu_has_avx512_vbmi() && cpu_has_avx512_bf16() &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kAll) == kAll &&
           syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  }();
  return granted;
}
#endif
#else
bool cpu_has_avx2() { return false; }
bool cpu_has_avx512() { return false; }
bool cpu_has_avx512_vbmi() { return false; }
bool cpu_has_avx512_bf16() { return false; }
bool cpu_has_amx() { return false; }
#endif

#ifdef __aarch64__
bool cpu_has_neon() { return true; }
bool cpu_has_dotprod() { return getauxval(AT_HWCAP) & HWCAP_ASIMDDP; }
#else
bool cpu_has_neon() { return false; }
bool cpu_has_dotprod() { return false; }
#endif

}  // namespace tri
