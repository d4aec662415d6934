// int8 convolution for NEON with dot products (Armv8.2's SDOT): four products are added at a time.
#include "engine/kernels/conv/int8_neon.h"

namespace tri {
namespace {

struct Dot {
  static constexpr int kPixels = 6, kSums = 4;
  static void add(int32x4_t (&sums)[kSums], int8x16_t x, const int8x16_t (&w)[4]) {
    for (int b = 0; b < 4; ++b) sums[b] = vdotq_s32(sums[b], w[b], x);
  }
  static int32x4_t total(const int32x4_t (&sums)[kSums], int i) { return sums[i]; }
};

}  // namespace

void int8_dotprod(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                  void* y) {
  int8_by<Dot>(conv, input, epilogue, y);
}

}  // namespace tri
