#include "engine/float/loops/loops.h"

#include "engine/float/loops/variants.h"
#include "engine/kernels/dispatch/choose.h"
#include "engine/kernels/dispatch/cpu.h"

namespace tri {

const std::vector<LoopsVariant>& loops_variants() {
  static const std::vector<LoopsVariant> variants = {
#ifdef __x86_64__
      {Isa::avx512, cpu_has_avx512, &loops_avx512},
      {Isa::avx2, cpu_has_avx2, &loops_avx2},
#endif
      {Isa::scalar, always, &loops_scalar},
  };
  return variants;
}

const LoopsVariant& loops_variant(const std::string& isa) {
  return choose(loops_variants(), isa_of(isa));
}

// Called from inner loops: looked up once for every ISA that may be chosen.
const Loops& loops() {
  static const std::vector<const Loops*> best = [] {
    std::vector<const Loops*> list;
    for (int isa = 0; isa <= int(Isa::scalar); ++isa)
      list.push_back(choose(loops_variants(), Isa(isa)).loops);
    return list;
  }();
  return *best[size_t(chosen_isa())];
}

}  // namespace tri
