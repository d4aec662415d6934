// Matrix products whose factors are rounded to bfloat16 (the upper half of a float), with sums in
// floats: two multiplications where AVX-512 does one of floats. Training bears it (Kalamkar et al.,
// A Study of BFLOAT16 for Deep Learning Training, 2019).
#pragma once

#include "engine/float/gemm.h"

namespace tri {

// As gemm() of floats. REQUIRES: the chosen ISA is AVX-512 or above, and has_bf16().
void gemm_bf16(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride);

}  // namespace tri
