// Matrix products whose factors are rounded to bfloat16 (the upper half of a float), with sums in
// floats: two multiplications where AVX-512 does one of floats, 16 where AMX has tiles. Training
// bears it (Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019).
#pragma once

#include "engine/float/gemm.h"

namespace tri {

// As gemm() of floats. REQUIRES: has_bf16(), and for _amx the chosen ISA is AMX.
void gemm_bf16_avx512(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c,
                      int stride);
void gemm_bf16_amx(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride);

}  // namespace tri
