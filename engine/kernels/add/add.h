// Residual addition of codes: the contract of every variant, and their list.
//
//   A[p][k] = fa[k] * a[p][k] + fb[k] * b[p][k] + bias[k]
//
// A is an exact 32-bit integer (checked where numbers come in); what becomes of it is the Epilogue's
// matter, as for convolutions.
#pragma once

#include <string>
#include <vector>

#include "engine/kernels/conv/int_conv.h"

namespace tri {

struct AddFactors {
  int K = 0;
  std::vector<int32_t> fa, fb;  // [K]
};

struct AddInput {
  const uint8_t *a, *b;  // [pixels][K]
  size_t pixels;
};

struct AddVariant {
  const char* isa;
  bool (*runnable)();
  void (*run)(const AddFactors& factors, const AddInput& input, const Epilogue& epilogue, void* y);
};

const std::vector<AddVariant>& add_variants();
const AddVariant& add_variant(const std::string& isa = "");

}  // namespace tri
