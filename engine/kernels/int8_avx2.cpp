// int8 convolution for AVX2: blocks of 4 pixels x 16 output channels in registers, all taps and
// channels summed before they leave. A register of four channels' bytes (x0 x1 x2 x3), broadcast,
// is split into the 16-bit pairs (x0, x2) and (x1, x3), which vpmaddwd multiplies with weights
// packed to match: 32-bit sums, and no product can saturate. Pixels of a block have the same taps
// inside the map; the others are skipped, since what they add is the same for the whole block.
#include <immintrin.h>

#include <cstring>

#include "engine/kernels/epilogue_avx2.h"
#include "engine/kernels/variants.h"

namespace tri {
namespace {

constexpr int kPixels = 4, kChannels = 16;
constexpr int kTile = 24 * kPixels;  // pixels that one run over a block's weights serves

// Output positions [begin, end) along one axis that share their taps inside the map.
struct Range {
  int begin, end;
  Taps taps;
};

Range range_from(int o, int outputs, int size, const Layer& l) {
  const Taps taps = taps_inside(o, size, l);
  int end = o + 1;
  while (end < outputs && taps_inside(end, size, l) == taps) ++end;
  return {o, end, taps};
}

struct Job {
  const Layer& l;
  const uint8_t* x;  // [n][in.h][in.w][C], C a multiple of 4
  int C, n;
  const int8_t* weights;
  const int32_t* tap_sums;
  int pad_value;
  const Epilogue& epilogue;
  void* y;
};

inline __m256i widen(const int8_t* w) {
  return _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(w)));
}

// x: where tap (0, 0) of each pixel stands (it may be outside); weights: this block's, from tap (0,
// 0); sums: [P][16], set to `start` plus the taps inside.
template <int P>
void block(const Job& job, const uint8_t* const* x, const int8_t* weights, Taps rows, Taps columns,
           const int32_t* start, int32_t* sums) {
  __m256i a[P][2];
  for (int p = 0; p < P; ++p) a[p][0] = load8(start), a[p][1] = load8(start + 8);
  const __m256i low_bytes = _mm256_set1_epi16(0xff);
  const int C = job.C, kernel = job.l.kernel;
  for (int i = rows.first; i < rows.last; ++i) {
    // The taps of a kernel row lie one after another, in the map as in the weights.
    const ptrdiff_t from = (ptrdiff_t(i) * job.l.in.w + columns.first) * C;
    const ptrdiff_t to = from + ptrdiff_t(columns.last - columns.first) * C;
    const int8_t* quad = weights + (i * kernel + columns.first) * C * kChannels;
    for (ptrdiff_t c = from; c < to; c += 4, quad += 4 * kChannels) {
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
      _mm256_store_si256(reinterpret_cast<__m256i*>(sums + p * kChannels + h * 8), a[p][h]);
}

using Block = void (*)(const Job&, const uint8_t* const*, const int8_t*, Taps, Taps, const int32_t*,
                       int32_t*);
constexpr Block kBlocks[kPixels + 1] = {nullptr, block<1>, block<2>, block<3>, block<4>};

// What the taps outside the map add to channels first .. first+15.
void outside(const Job& job, Taps rows, Taps columns, int first, int32_t* start) {
  std::memset(start, 0, kChannels * sizeof *start);
  if (job.pad_value == 0) return;
  const int K16 = round_up(job.l.output.c, kChannels);
  for (int i = 0; i < job.l.kernel; ++i)
    for (int j = 0; j < job.l.kernel; ++j) {
      if (i >= rows.first && i < rows.last && j >= columns.first && j < columns.last) continue;
      const int32_t* sum = job.tap_sums + (i * job.l.kernel + j) * K16 + first;
      for (int k = 0; k < kChannels; ++k) start[k] += job.pad_value * sum[k];
    }
}

// Pixels first .. last-1, counted over the batch, of the rectangle rows x columns; 16 channels.
void tile(const Job& job, Range rows, Range columns, int first, int last, int channel) {
  const Layer& l = job.l;
  const int8_t* w = job.weights + size_t(channel) * l.kernel * l.kernel * job.C;
  const int channels_end = channel + kChannels < l.output.c ? channel + kChannels : l.output.c;
  const int height = rows.end - rows.begin, width = columns.end - columns.begin;
  alignas(32) int32_t start[kChannels], sums[kPixels * kChannels];
  outside(job, rows.taps, columns.taps, channel, start);

  int ow = first % width, oh = first / width % height, n = first / width / height;
  for (int pixel = first; pixel < last; pixel += kPixels) {
    const int count = last - pixel < kPixels ? last - pixel : kPixels;
    const uint8_t* x[kPixels];
    size_t target[kPixels];
    for (int p = 0; p < count; ++p) {
      const int h = rows.begin + oh, v = columns.begin + ow;
      const ptrdiff_t line = ptrdiff_t(n) * l.in.h + h * l.stride - l.pad;
      x[p] = job.x + (line * l.in.w + v * l.stride - l.pad) * job.C;
      target[p] = (size_t(n) * l.output.h + h) * l.output.w + v;
      if (++ow == width) {
        ow = 0;
        if (++oh == height) oh = 0, ++n;
      }
    }
    kBlocks[count](job, x, w, rows.taps, columns.taps, start, sums);
    for (int p = 0; p < count; ++p)
      finish_avx2(job.epilogue, sums + p * kChannels, channel, channels_end, l.output.c, target[p],
                  job.y);
  }
}

}  // namespace

void int8_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  const Layer& l = conv.layer;
  if (l.kind == Kind::depthwise) return depthwise_avx2(conv, input, epilogue, y);
  const int C = round_up(l.in.c, 4), pixels = input.n * l.in.h * l.in.w;
  uint8_t* widened = C == l.in.c ? nullptr : static_cast<uint8_t*>(scratch(size_t(pixels) * C));
  const Job job{l,
                widened ? widened : input.x,
                C,
                input.n,
                conv.weights.data(),
                conv.sums.data(),
                input.pad_value,
                epilogue,
                y};
  const int blocks = (l.output.c + kChannels - 1) / kChannels;

#pragma omp parallel
  {
    if (widened) {
#pragma omp for
      for (int p = 0; p < pixels; ++p) {  // the channels added have weights of 0
        std::memcpy(widened + size_t(p) * C, input.x + size_t(p) * l.in.c, size_t(l.in.c));
        std::memset(widened + size_t(p) * C + l.in.c, 0, size_t(C - l.in.c));
      }
    }
    for (int oh = 0; oh < l.output.h;) {
      const Range rows = range_from(oh, l.output.h, l.in.h, l);
      for (int ow = 0; ow < l.output.w;) {
        const Range columns = range_from(ow, l.output.w, l.in.w, l);
        const int count = input.n * (rows.end - rows.begin) * (columns.end - columns.begin);
        const int tiles = (count + kTile - 1) / kTile;
#pragma omp for schedule(dynamic) nowait
        for (int item = 0; item < tiles * blocks; ++item) {
          const int first = item / blocks * kTile;
          tile(job, rows, columns, first, first + kTile < count ? first + kTile : count,
               item % blocks * kChannels);
        }
        ow = columns.end;
      }
      oh = rows.end;
    }
  }
}

}  // namespace tri
