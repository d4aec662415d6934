// Epilogues of sums that stand in memory, as calibration leaves them: the contract of every
// variant, and their list.
//
//   y[pixel][k] = epilogue(sums[pixel][k]), pixel < pixels, k < K
//
// Where y holds accumulators, it may be the same memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernels/dispatch/isa.h"
#include "engine/kernels/epilogue/epilogue.h"

namespace tri {

struct FinishVariant {
  Isa isa;
  bool (*runnable)();  // does this CPU have what it needs?
  void (*run)(const Epilogue& e, const int32_t* sums, int K, int pixels, void* y);
};

// Every variant compiled in, best first.
const std::vector<FinishVariant>& finish_variants();

// By the best variant that runs here, for chosen_isa(), and by all threads.
void finish_all(const Epilogue& e, const int32_t* sums, int K, size_t pixels, void* y);

}  // namespace tri
