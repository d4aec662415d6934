// Matrix products of row-major floats, by OpenBLAS on the calling thread: the threads are ours.
#pragma once

namespace tri {

enum class Transpose : bool { no, yes };

// c [M][N] = a [M][K] * b [K][N] + beta * c; a (b) stands transposed in memory where said so.
void gemm(Transpose ta, Transpose tb, int M, int N, int K, const float* a, const float* b,
          float beta, float* c);

}  // namespace tri
