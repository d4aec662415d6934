// int8 convolution for AVX2: blocks of 4 pixels x 16 output channels. vpmaddubsw multiplies four
// channels' bytes, broadcast, and adds two products in 16 bits; those of four more channels may be
// added there too, then vpmaddwd by ones makes sums of 32 bits. What of the weights would not fit
// 16 bits stands in a list of its own, Excess, so that all sums are exact.
#include <immintrin.h>

#include "engine/kernels/conv/int8_blocks.h"
#include "engine/kernels/epilogue/epilogue_avx2.h"

namespace tri {
namespace {

// Of four channels' bytes and eight outputs' weights.
inline __m256i products(const uint8_t* x, const int8_t* w) {
  int32_t bytes;
  std::memcpy(&bytes, x, sizeof bytes);
  return _mm256_maddubs_epi16(_mm256_set1_epi32(bytes),
                              _mm256_load_si256(reinterpret_cast<const __m256i*>(w)));
}

// Adds Q times four channels, from x[p] + c on.
template <int P, int Q>
inline void add_quads(const uint8_t* const* x, ptrdiff_t c, const int8_t* w, __m256i (*a)[2]) {
  for (int p = 0; p < P; ++p)
    for (int h = 0; h < 2; ++h) {
      __m256i words = products(x[p] + c, w + 32 * h);
      if (Q == 2) words = _mm256_add_epi16(words, products(x[p] + c + 4, w + 64 + 32 * h));
      a[p][h] = _mm256_add_epi32(a[p][h], _mm256_madd_epi16(words, _mm256_set1_epi16(1)));
    }
}

template <int P, int Q>
void pixels_x16(const Job& job, const uint8_t* const* x, int channel, KernelRange rows,
                KernelRange columns, const int32_t* start, int32_t* sums) {
  __m256i a[P][2];
  for (int p = 0; p < P; ++p) a[p][0] = load8(start), a[p][1] = load8(start + 8);
  const int C = job.C, kernel = job.l.kernel, first = channel / 16 * kernel * kernel;
  for (int i = rows.first; i < rows.last; ++i) {
    // The positions of a kernel row lie one after another, in the map as in the weights.
    const ptrdiff_t from = (ptrdiff_t(i) * job.l.in.w + columns.first) * C;
    const ptrdiff_t to = from + ptrdiff_t(columns.last - columns.first) * C;
    const int8_t* w =
        job.conv.weights.data() + ptrdiff_t(first + i * kernel + columns.first) * C * 16;
    for (ptrdiff_t c = from; c < to; c += 4 * Q, w += 64 * Q) add_quads<P, Q>(x, c, w, a);
  }
  // Where all columns are inside, rows lie one after another too.
  const bool whole = columns.first == 0 && columns.last == kernel;
  const auto& [weights, places, begin] = job.conv.excess;
  for (int i = rows.first; i < rows.last; i = whole ? rows.last : i + 1) {
    const int32_t end = begin[first + (whole ? rows.last - 1 : i) * kernel + columns.last];
    for (int32_t e = begin[first + i * kernel + columns.first]; e < end; ++e)
      add_quads<P, 1>(x, places[e], weights.data() + 64 * ptrdiff_t(e), a);
  }
  for (int p = 0; p < P; ++p)
    for (int h = 0; h < 2; ++h)
      _mm256_store_si256(reinterpret_cast<__m256i*>(sums + p * 16 + h * 8), a[p][h]);
}

template <int Q>
constexpr Block kBlocks[] = {pixels_x16<1, Q>, pixels_x16<2, Q>, pixels_x16<3, Q>,
                             pixels_x16<4, Q>};

struct Avx2 {
  static constexpr int kPixels = 4, kChannels = 16;
  static Block block(const PackedConv& conv, int pixels, int) {
    return (conv.together == 8 ? kBlocks<2> : kBlocks<1>)[pixels - 1];
  }
  static void finish(const Epilogue& e, const int32_t* sums, int row, int pixels, int first,
                     int last, int K, const size_t* target, void* y) {
    finish_pixels_avx2(
        e, sums, row, pixels, first, last, K, [=](int p) { return target[p]; }, y);
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
