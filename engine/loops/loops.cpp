#include "engine/loops/loops.h"

#include <cstdlib>

#include "engine/loops/variants.h"

namespace tri {

const std::vector<const Loops*>& loops_variants() {
  static const std::vector<const Loops*> variants = [] {
    std::vector<const Loops*> list;
#ifdef __x86_64__
    // All that the Makefile compiles *_avx512 objects for.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vnni"))
      list.push_back(&loops_avx512);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      list.push_back(&loops_avx2);
#endif
    list.push_back(&loops_scalar);
    return list;
  }();
  return variants;
}

const Loops& loops() {
  static const Loops& chosen = []() -> const Loops& {
    const char* wanted = std::getenv("TRISEGMENT_ISA");
    for (const Loops* variant : loops_variants())
      if (wanted && wanted == std::string(variant->isa)) return *variant;
    // Names that only the integer kernels know leave the floats their best.
    return *loops_variants().front();
  }();
  return chosen;
}

}  // namespace tri
