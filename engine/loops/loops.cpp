#include "engine/loops/loops.h"

#include <cstdlib>

#include "engine/cpu.h"
#include "engine/loops/variants.h"

namespace tri {

const std::vector<const Loops*>& loops_variants() {
  static const std::vector<const Loops*> variants = [] {
    std::vector<const Loops*> list;
#ifdef __x86_64__
    if (cpu_has_avx512()) list.push_back(&loops_avx512);
    if (cpu_has_avx2()) list.push_back(&loops_avx2);
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
