#include "engine/kernels/int_conv.h"

#include <cstdlib>

#include "data/file.h"
#include "engine/check.h"
#include "engine/cpu.h"
#include "engine/kernels/variants.h"

namespace tri {
namespace {

bool always() { return true; }

}  // namespace

void* scratch(size_t bytes) {
  thread_local Buffer<uint8_t> memory;
  if (memory.size() < bytes) memory.resize(bytes);
  return memory.data();
}

void* shared_scratch(size_t bytes) {
  thread_local Buffer<uint8_t> memory;
  if (memory.size() < bytes) memory.resize(bytes);
  return memory.data();
}

const std::vector<ConvVariant>& conv_variants() {
  static const std::vector<ConvVariant> variants = {
#ifdef __x86_64__
      {"avx512", ConvKind::int8, cpu_has_avx512, pack_int8_avx512, int8_avx512, cost_int8_avx512},
      {"avx512", ConvKind::lut, cpu_has_avx512, pack_lut_avx512, lut_avx512, cost_lut_avx512},
      {"avx2", ConvKind::int8, cpu_has_avx2, pack_int8_avx2, int8_avx2, cost_int8_avx2},
      {"avx2", ConvKind::lut, cpu_has_avx2, pack_lut_avx2, lut_avx2, cost_lut_avx2},
#endif
      {"scalar", ConvKind::int8, always, pack_scalar, int8_scalar, cost_scalar},
      {"scalar", ConvKind::lut, always, pack_scalar, lut_scalar, cost_scalar},
  };
  return variants;
}

const ConvVariant& conv_variant(ConvKind kind, const std::string& isa) {
  const char* variable = std::getenv("TRISEGMENT_ISA");
  const std::string wanted = !isa.empty() ? isa : variable ? variable : "";
  std::string known;
  for (const ConvVariant& v : conv_variants()) {
    if (v.kind != kind) continue;
    if (wanted.empty() ? v.runnable() : wanted == v.isa) {
      if (!v.runnable())
        throw Error("this CPU cannot run the instruction set '" + wanted + "': choose another");
      return v;
    }
    known += std::string(known.empty() ? "" : ", ") + v.isa;
  }
  throw Error("unknown instruction set '" + wanted + "' (" +
              (!isa.empty() ? "option --isa" : "environment variable TRISEGMENT_ISA") +
              "): expected one of " + known);
}

}  // namespace tri
