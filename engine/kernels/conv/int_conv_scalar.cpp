// The reference: both kinds of integer convolution as the contract states them, and no faster.
#include <algorithm>
#include <array>
#include <vector>

#include "engine/kernels/conv/variants.h"
#include "engine/kernels/epilogue/epilogue.h"

namespace tri {
namespace {

// value[byte]: what an input byte stands for. `outside`: what is read outside the map.
void convolve(const PackedConv& conv, const ConvInput& input, const int* value, int outside,
              const Epilogue& epilogue, void* y) {
  const Layer& l = conv.layer;
  const int C = l.in.c, K = l.output.c;
  const bool depthwise = l.kind == Kind::depthwise;

#pragma omp parallel for
  for (int row = 0; row < input.n * l.output.h; ++row) {
    thread_local std::vector<int32_t> sums;
    sums.resize(size_t(K));
    const int n = row / l.output.h, oh = row % l.output.h;
    for (int ow = 0; ow < l.output.w; ++ow) {
      std::fill(sums.begin(), sums.end(), 0);
      const int8_t* w = conv.weights.data();  // goes through the rows in the order of (i, j, c)
      for (int i = 0; i < l.kernel; ++i)
        for (int j = 0; j < l.kernel; ++j) {
          const int ih = oh * l.stride + i - l.pad, iw = ow * l.stride + j - l.pad;
          const bool inside = ih >= 0 && ih < l.in.h && iw >= 0 && iw < l.in.w;
          const uint8_t* x =
              inside ? input.x + ((size_t(n) * l.in.h + ih) * l.in.w + iw) * C : nullptr;
          if (depthwise) {
            for (int k = 0; k < K; ++k) sums[k] += (x ? value[x[k]] : outside) * w[k];
            w += K;
            continue;
          }
          for (int c = 0; c < C; ++c, w += K)
            if (const int a = x ? value[x[c]] : outside)
              for (int k = 0; k < K; ++k) sums[k] += a * w[k];
        }
      finish(epilogue, sums.data(), 0, K, K, size_t(row) * l.output.w + ow, y);
    }
  }
}

}  // namespace

void int8_scalar(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                 void* y) {
  std::array<int, 256> value;
  for (int x = 0; x < 256; ++x) value[x] = x;
  convolve(conv, input, value.data(), input.pad_value, epilogue, y);
}

void lut_scalar(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  std::array<int, 256> value{};  // v1 * S1 + v2 * S2, term by term
  value[1] = input.v1, value[2] = input.v2;
  convolve(conv, input, value.data(), 0, epilogue, y);
}

}  // namespace tri
