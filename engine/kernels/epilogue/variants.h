// The bodies that the list in finish.cpp gathers, one file each.
#pragma once

#include "engine/kernels/epilogue/epilogue.h"

namespace tri {

void finish_sums_scalar(const Epilogue&, const int32_t* sums, int K, int pixels, void* y);
void finish_sums_avx2(const Epilogue&, const int32_t* sums, int K, int pixels, void* y);
void finish_sums_avx512(const Epilogue&, const int32_t* sums, int K, int pixels, void* y);

}  // namespace tri
