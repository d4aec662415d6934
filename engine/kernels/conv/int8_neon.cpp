// int8 convolution for NEON without dot products: products of 16 bits, neighbors added to sums
// of 32.
#include "engine/kernels/conv/int8_neon.h"

namespace tri {
namespace {

struct Widened {
  static constexpr int kPixels = 3, kSums = 8;
  static void add(int32x4_t (&sums)[kSums], int8x16_t x, const int8x16_t (&w)[4]) {
    for (int b = 0; b < 4; ++b) {
      sums[2 * b] = vpadalq_s16(sums[2 * b], vmull_s8(vget_low_s8(x), vget_low_s8(w[b])));
      sums[2 * b + 1] = vpadalq_s16(sums[2 * b + 1], vmull_high_s8(x, w[b]));
    }
  }
  static int32x4_t total(const int32x4_t (&sums)[kSums], int i) {
    return vpaddq_s32(sums[2 * i], sums[2 * i + 1]);
  }
};

}  // namespace

void int8_neon(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  int8_by<Widened>(conv, input, epilogue, y);
}

}  // namespace tri
