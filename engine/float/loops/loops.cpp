#include "engine/float/loops/loops.h"

#include <cstdlib>

#include "data/base/file.h"
#include "engine/kernels/dispatch/cpu.h"
#include "engine/float/loops/variants.h"

namespace tri {

const std::vector<const Loops*>& loops_variants() {
  static const std::vector<const Loops*> variants = [] {
    std::vector<const Loops*> list;
#ifdef __x86_64__
    if (cpu_has_amx()) list.push_back(&loops_amx);
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
    if (!wanted || !*wanted) return *loops_variants().front();
    std::string known;
    for (const Loops* variant : loops_variants()) {
      if (variant->isa == std::string(wanted)) return *variant;
      known += std::string(known.empty() ? "" : ", ") + variant->isa;
    }
    throw Error("unknown instruction set '" + std::string(wanted) +
                "' (environment variable TRISEGMENT_ISA): this CPU runs " + known);
  }();
  return chosen;
}

}  // namespace tri
