#include "engine/kernels/add/add.h"

#include "engine/kernels/add/variants.h"
#include "engine/kernels/dispatch/choose.h"
#include "engine/kernels/dispatch/cpu.h"

namespace tri {

const std::vector<AddVariant>& add_variants() {
  static const std::vector<AddVariant> variants = {
#ifdef __x86_64__
      {Isa::avx512, cpu_has_avx512, add_avx512},
      {Isa::avx2, cpu_has_avx2, add_avx2},
#endif
      {Isa::scalar, always, add_scalar},
  };
  return variants;
}

const AddVariant& add_variant(const std::string& isa) {
  return choose(add_variants(), isa_of(isa));
}

}  // namespace tri
