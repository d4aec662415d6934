// Addition of two activations, each channel in a unit of its own (residual connections): the
// contract of every variant, and their list.
//
//   A[p][k] = a[k] * xa[p][k] + b[k] * xb[p][k] + bias[k]
//
// xa, xb: bytes 0..255, [pixels][K]. a, b: factors 0..kFactorMax, so a product fits 23 bits. Zero
// points are a part of the bias. A fits 32 bits: whoever makes factors and bias checks that. What
// becomes of A is the Epilogue's matter, the bias included. All variants agree bit for bit, for any
// number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/kernels/dispatch/isa.h"
#include "engine/kernels/epilogue/epilogue.h"

namespace tri {

struct AddFactors {
  int K;
  const int32_t *a, *b;  // [K]
};

struct AddInput {
  const uint8_t *a, *b;  // [pixels][K]; may be the same
  size_t pixels;
};

struct AddVariant {
  Isa isa;
  bool (*runnable)();  // does this CPU have what it needs?
  // y: [pixels][K] of uint8_t or int32_t. Where it holds bytes it may be one of the inputs.
  void (*run)(const AddFactors& factors, const AddInput& input, const Epilogue& epilogue, void* y);
};

// Every variant compiled in, best first.
const std::vector<AddVariant>& add_variants();

// The best that runs here, for the ISA that is named, or chosen_isa(). Throws as isa_of().
const AddVariant& add_variant(const std::string& isa = "");

}  // namespace tri
