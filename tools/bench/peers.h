// Who computes a convolution in the benchmark: this project's kernels, and the libraries beside
// them. All are made in a process of their own: see contest.h. `problems` must outlive them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/contest.h"
#include "tools/bench/problem.h"

namespace tri {

using Problems = std::vector<Problem>;

// The kernel of a kind; int8 takes the values behind a lut problem's codes. Its description is the
// instruction set.
std::unique_ptr<Contestant> our_kernel(const Problems& problems, ConvKind kind,
                                       const std::string& isa, int threads);

// OpenBLAS on the layer's matrix product, inputs already gathered into a matrix of floats, nothing
// done to the result. Not for depthwise layers.
std::unique_ptr<Contestant> sgemm_peer(const Problems& problems, int threads);

// oneDNN's int8 convolution, with bias, output scale and ReLU to 8-bit codes as ours. Its
// description is the instruction set it uses, at most AVX2 where avx2 is set.
bool has_onednn();  // was it there when this program was built?
std::unique_ptr<Contestant> onednn_peer(const Problems& problems, bool avx2, int threads);

// Multiplications of 8-bit numbers a second, in G, that registers alone sustain: vpmaddubsw,
// vpmaddwd and vpaddd in AVX2, vpdpbusd in AVX-512, tdpbusd in AMX. 0 for a CPU that has none
// of them. A convolution may exceed it, as its nominal multiplications include those outside the
// map, which are skipped, and those with zeros. Starts threads.
double peak_gmacs(const std::string& isa, int threads);

}  // namespace tri
