// int8 convolution for AVX2: blocks of 4 pixels x 16 output channels. A register of four channels'
// bytes (x0 x1 x2 x3), broadcast, is split into the 16-bit pairs (x0, x2) and (x1, x3), which
// vpmaddwd multiplies with weights packed to match: 32-bit sums, and no product can saturate.
#include <immintrin.h>

#include "engine/kernels/conv/int8_blocks.h"
#include "engine/kernels/epilogue/epilogue_avx2.h"

namespace tri {
namespace {

inline __m256i widen(const int8_t* w) {
  return _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(w)));
}

template <int P>
void pixels_x16(const Job& job, const uint8_t* const* x, const int8_t* weights, KernelRange rows,
                KernelRange columns, const int32_t* start, int32_t* sums) {
  __m256i a[P][2];
  for (int p = 0; p < P; ++p) a[p][0] = load8(start), a[p][1] = load8(start + 8);
  const __m256i low_bytes = _mm256_set1_epi16(0xff);
  const int C = job.C, kernel = job.l.kernel;
  for (int i = rows.first; i < rows.last; ++i) {
    // The positions of a kernel row lie one after another, in the map as in the weights.
    const ptrdiff_t from = (ptrdiff_t(i) * job.l.in.w + columns.first) * C;
    const ptrdiff_t to = from + ptrdiff_t(columns.last - columns.first) * C;
    const int8_t* quad = weights + (i * kernel + columns.first) * C * 16;
    for (ptrdiff_t c = from; c < to; c += 4, quad += 4 * 16) {
      const __m256i w[4] = {widen(quad), widen(quad + 16), widen(quad + 32), widen(quad + 48)};
      for (int p = 0; p < P; ++p) {
        int32_t bytes;
        std::memcpy(&bytes, x[p] + c, 4);
        const __m256i v = _mm256_set1_epi32(bytes);
        const __m256i even = _mm256_and_si256(v, low_bytes), odd = _mm256_srli_epi16(v, 8);
        for (int h = 0; h < 2; ++h) {
          a[p][h] = _mm256_add_epi32(a[p][h], _mm256_madd_epi16(even, w[h]));
          a[p][h] = _mm256_add_epi32(a[p][h], _mm256_madd_epi16(odd, w[2 + h]));
        }
      }
    }
  }
  for (int p = 0; p < P; ++p)
    for (int h = 0; h < 2; ++h)
      _mm256_store_si256(reinterpret_cast<__m256i*>(sums + p * 16 + h * 8), a[p][h]);
}

struct Avx2 {
  static constexpr int kPixels = 4, kChannels = 16;
  static Block block(int pixels, int) {
    static constexpr Block kBlocks[] = {pixels_x16<1>, pixels_x16<2>, pixels_x16<3>, pixels_x16<4>};
    return kBlocks[pixels - 1];
  }
  static void finish(const Epilogue& e, const int32_t* sums, int row, int pixels, int first,
                     int last, int K, const size_t* target, void* y) {
    for (int p = 0; p < pixels; ++p) finish_avx2(e, sums + p * row, first, last, K, target[p], y);
  }
};

}  // namespace

void int8_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  if (conv.layer.kind == Kind::depthwise)
    depthwise_avx2(conv, input, epilogue, y);
  else if (!conv.transformed.empty())
    winograd_avx2(conv, input, epilogue, y);
  else
    int8_convolution<Avx2>(conv, input, epilogue, y);
}

}  // namespace tri
