#include "engine/kernels/conv/int_conv.h"

#include <new>

#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"
#include "engine/kernels/dispatch/choose.h"
#include "engine/kernels/dispatch/cpu.h"

namespace tri {

void* scratch(size_t bytes) noexcept try {
  thread_local Buffer<uint8_t> memory;
  if (memory.size() < bytes) memory.resize(bytes);
  return memory.data();
} catch (const std::bad_alloc&) {
  return nullptr;
}

void throw_out_of_memory() { throw std::bad_alloc(); }

void* shared_scratch(size_t bytes) {
  thread_local Buffer<uint8_t> memory;
  if (memory.size() < bytes) memory.resize(bytes);
  return memory.data();
}

const std::vector<ConvVariant>& conv_variants() {
  static const std::vector<ConvVariant> variants = {
#ifdef __x86_64__
      {Isa::amx, ConvKind::int8, cpu_has_amx, pack_int8_amx, int8_amx, cost_int8_amx},
      {Isa::avx512, ConvKind::int8, cpu_has_avx512, pack_int8_avx512, int8_avx512,
       cost_int8_avx512},
      {Isa::avx512, ConvKind::lut, cpu_has_avx512, pack_lut_avx512, lut_avx512, cost_lut_avx512},
      {Isa::avx2, ConvKind::int8, cpu_has_avx2, pack_int8_avx2, int8_avx2, cost_int8_avx2},
      {Isa::avx2, ConvKind::lut, cpu_has_avx2, pack_lut_avx2, lut_avx2, cost_lut_avx2},
#elif defined __aarch64__
      {Isa::dotprod, ConvKind::int8, cpu_has_dotprod, pack_int8_neon, int8_dotprod,
       cost_int8_dotprod},
      {Isa::neon, ConvKind::int8, cpu_has_neon, pack_int8_neon, int8_neon, cost_int8_neon},
      {Isa::neon, ConvKind::lut, cpu_has_neon, pack_lut_neon, lut_neon, cost_lut_neon},
#endif
      {Isa::scalar, ConvKind::int8, always, pack_scalar, int8_scalar, cost_scalar},
      {Isa::scalar, ConvKind::lut, always, pack_scalar, lut_scalar, cost_scalar},
  };
  return variants;
}

const ConvVariant& conv_variant(ConvKind kind, const std::string& isa) {
  return choose(conv_variants(), kind, isa_of(isa));
}

}  // namespace tri
