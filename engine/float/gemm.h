// Matrix products of row-major floats, and systems of equations, by OpenBLAS on the calling thread:
// the threads are ours.
#pragma once

namespace tri {

enum class Transpose : bool { no, yes };

// A matrix in memory, `stride` floats from row to row; it stands transposed there where said so.
struct MatrixIn {
  const float* at;
  int stride;
  Transpose transpose = Transpose::no;
};

// c [M][N] = a [M][K] * b [K][N] + beta * c, c with `stride` floats from row to row.
void gemm(int M, int N, int K, MatrixIn a, MatrixIn b, float beta, float* c, int stride);
// The same for matrices without gaps.
void gemm(Transpose ta, Transpose tb, int M, int N, int K, const float* a, const float* b,
          float beta, float* c);

// a [n][n], symmetric and given by its upper triangle -> its Cholesky factor, there. False where a
// is not positive definite; it is overwritten then too.
bool cholesky(int n, float* a);
// b [count][n]: every row becomes the x with a x = b, a as cholesky() left it.
void cholesky_solve(int n, const float* a, int count, float* b);

}  // namespace tri
