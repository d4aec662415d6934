// Matrix products of row-major floats, and systems of equations, by OpenBLAS on the calling thread:
// the threads are ours.
#pragma once

#include <string>

namespace tri {

enum class Transpose : bool { no, yes };

// Of the factors of a product; sums are floats always.
enum class Precision : bool { fp32, bf16 };
// Whether this CPU and the chosen ISA have products of bfloat16 (AVX512-BF16, AMX-BF16).
bool has_bf16();
const char* precision_name(Precision precision);  // fp32, bf16
// The one of that name; of an empty one bf16, where this CPU has it. Throws Error where the name is
// unknown or this CPU has it not.
Precision precision_of(const std::string& name);

// A matrix in memory, `stride` floats from row to row; it stands transposed there where said so.
struct MatrixIn {
  const float* at;
  int stride;
  Transpose transpose = Transpose::no;
};

// c [M][N] = a [M][K] * b [K][N] + beta * c, c with `stride` floats from row to row; beta: 0 or 1.
// REQUIRES: has_bf16() for Precision::bf16, which small products do without.
void gemm(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride,
          Precision precision = Precision::fp32);
// The same for matrices without gaps.
void gemm(Transpose ta, Transpose tb, int M, int N, int K, const float* a, const float* b,
          float beta, float* c, Precision precision = Precision::fp32);

// a [n][n], symmetric and given by its upper triangle -> its Cholesky factor, there. False where a
// is not positive definite; it is overwritten then too.
bool cholesky(int n, float* a);
// b [count][n]: every row becomes the x with a x = b, a as cholesky() left it.
void cholesky_solve(int n, const float* a, int count, float* b);

}  // namespace tri
