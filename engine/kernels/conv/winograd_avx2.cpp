// int8 convolution for AVX2 by Winograd's F(2x2, 3x3) in integers (Lavin and Gray, CVPR 2016): 16
// multiplications make four outputs, where nine each are due. vpmaddwd, the multiplication that is
// exact here, is what bounds the direct kernel, so this is worth 2.25 times as much.
//
// A tile of 4x4 inputs d becomes V = B'dB, of weights g U = GgG', and the outputs are A'(U * V)A,
//
//        | 1  0 -1  0 |        | 2  0  0 |         | 1  1  1  0 |
//   B' = | 0  1  1  0 |    G = | 1  1  1 |    A' = | 0  1 -1 -1 |
//        | 0 -1  1  0 |        | 1 -1  1 |
//        | 0  1  0 -1 |        | 0  0  2 |
//
// with G twice the usual one, so that all of it is integers and the result is four times the sum.
// |V| <= 510 and |U| <= 9 * 128 fit 16 bits. Sums may wrap around in 32 bits on their way: four
// times the sum fits (winograd_fits sees to it), so what is left at the end is exact.
#include <immintrin.h>
#include <omp.h>

#include <cstring>

#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"
#include "engine/kernels/epilogue/epilogue_avx2.h"

namespace tri {
namespace {

constexpr int kPoints = 16;  // of the transformed tile
constexpr int kTiles = 4;    // of a block in registers, times 16 channels
constexpr int kChannels = 16;
constexpr int kTransformed = 384 << 10;  // bytes of transformed tiles made and used at a time

inline __m256i load16(const uint8_t* x) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x)));
}

// Where a tile stands: its image and its first output.
struct Place {
  int n, oh, ow;
};

Place place(const Layer& l, int tile) {
  const int width = (l.output.w + 1) / 2, height = (l.output.h + 1) / 2;
  return {tile / (height * width), tile / width % height * 2, tile % width * 2};
}

// v: [point, `step` apart][C]. outside: [C], what is read outside the map.
void transform_input(const Layer& l, const uint8_t* x, const uint8_t* outside, Place at,
                     size_t step, int16_t* v) {
  const int C = l.in.c;
  const uint8_t* d[kPoints];
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      const int h = at.oh - l.pad + i, w = at.ow - l.pad + j;
      const bool inside = h >= 0 && h < l.in.h && w >= 0 && w < l.in.w;
      d[4 * i + j] = inside ? x + ((size_t(at.n) * l.in.h + h) * l.in.w + w) * C : outside;
    }
  for (int c = 0; c < C; c += 16) {
    __m256i t[kPoints];  // B'd
    for (int j = 0; j < 4; ++j) {
      const __m256i d0 = load16(d[j] + c), d1 = load16(d[4 + j] + c), d2 = load16(d[8 + j] + c),
                    d3 = load16(d[12 + j] + c);
      t[j] = _mm256_sub_epi16(d0, d2);
      t[4 + j] = _mm256_add_epi16(d1, d2);
      t[8 + j] = _mm256_sub_epi16(d2, d1);
      t[12 + j] = _mm256_sub_epi16(d1, d3);
    }
    const auto store = [&](int point, __m256i value) {
      _mm256_store_si256(reinterpret_cast<__m256i*>(v + point * step + c), value);
    };
    for (int i = 0; i < kPoints; i += 4) {
      store(i, _mm256_sub_epi16(t[i], t[i + 2]));
      store(i + 1, _mm256_add_epi16(t[i + 1], t[i + 2]));
      store(i + 2, _mm256_sub_epi16(t[i + 2], t[i + 1]));
      store(i + 3, _mm256_sub_epi16(t[i + 1], t[i + 3]));
    }
  }
}

// sums: [P][16] = v [P][C] times u [C / 2][16][2].
template <int P>
void multiply(const int16_t* v, const int16_t* u, int C, __m256i* sums) {
  __m256i a[P][2];
  for (int p = 0; p < P; ++p) a[p][0] = a[p][1] = _mm256_setzero_si256();
  for (int c = 0; c < C; c += 2, u += 2 * kChannels) {
    const __m256i u0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(u));
    const __m256i u1 = _mm256_load_si256(reinterpret_cast<const __m256i*>(u + kChannels));
    for (int p = 0; p < P; ++p) {
      int32_t pair;
      std::memcpy(&pair, v + size_t(p) * C + c, sizeof pair);
      const __m256i x = _mm256_set1_epi32(pair);
      a[p][0] = _mm256_add_epi32(a[p][0], _mm256_madd_epi16(x, u0));
      a[p][1] = _mm256_add_epi32(a[p][1], _mm256_madd_epi16(x, u1));
    }
  }
  for (int p = 0; p < P; ++p) sums[2 * p] = a[p][0], sums[2 * p + 1] = a[p][1];
}

using Multiply = void (*)(const int16_t*, const int16_t*, int, __m256i*);
constexpr Multiply kMultiply[kTiles + 1] = {nullptr, multiply<1>, multiply<2>, multiply<3>,
                                            multiply<4>};

// sums: [point][step] of eight channels of a tile; y: [2][2][step of 2].
void transform_output(const __m256i* sums, size_t step, __m256i* y) {
  __m256i t[8];  // A' times the sums
  for (int j = 0; j < 4; ++j) {
    const __m256i m1 = sums[(4 + j) * step], m2 = sums[(8 + j) * step];
    t[j] = _mm256_add_epi32(_mm256_add_epi32(sums[j * step], m1), m2);
    t[4 + j] = _mm256_sub_epi32(_mm256_sub_epi32(m1, m2), sums[(12 + j) * step]);
  }
  for (int i = 0; i < 2; ++i) {
    const __m256i* r = t + 4 * i;
    y[4 * i] = _mm256_srai_epi32(_mm256_add_epi32(_mm256_add_epi32(r[0], r[1]), r[2]), 2);
    y[4 * i + 2] = _mm256_srai_epi32(_mm256_sub_epi32(_mm256_sub_epi32(r[1], r[2]), r[3]), 2);
  }
}

}  // namespace

void winograd_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                   void* y) {
  const Layer& l = conv.layer;
  const int C = l.in.c, K = l.output.c, blocks = (K + kChannels - 1) / kChannels;
  const int tiles = input.n * winograd_tiles(l);
  const int fit = kTransformed / (kPoints * C * int(sizeof(int16_t))) / kTiles * kTiles;
  const int group = fit < kTiles ? kTiles : fit, groups = (tiles + group - 1) / group;
  // Threads that find no group of tiles of their own share its output channels.
  const int wanted = 4 * omp_get_max_threads();
  const int shares = groups >= wanted ? 1 : (wanted + groups - 1) / groups;
  const int parts = shares < blocks ? shares : blocks;

  bool lacking = false;
#pragma omp parallel
  {
    // The distance of two points is no multiple of 4096 bytes: those would share a set of the L1.
    const size_t step = size_t(group) * C + 32, sum_step = size_t(group + 1) * 2;
    const size_t values = kPoints * step * sizeof(int16_t);
    const size_t sum_bytes = kPoints * sum_step * sizeof(__m256i);
    const size_t place_bytes = size_t(round_up(group * int(sizeof(Place)), 64));
    auto* memory = static_cast<uint8_t*>(scratch(values + sum_bytes + place_bytes + size_t(C)));
    auto* v = reinterpret_cast<int16_t*>(memory);
    auto* sums = reinterpret_cast<__m256i*>(memory + values);
    auto* places = reinterpret_cast<Place*>(memory + values + sum_bytes);
    uint8_t* outside = memory + values + sum_bytes + place_bytes;
    if (memory) {
      std::memset(outside, input.pad_value, size_t(C));
    } else {
#pragma omp atomic write
      lacking = true;
    }
#pragma omp for schedule(dynamic)
    for (int item = 0; item < groups * parts; ++item) {
      if (!memory) continue;
      const int first = item / parts * group, part = item % parts;
      const int count = tiles - first < group ? tiles - first : group;
      for (int t = 0; t < count; ++t) {
        places[t] = place(l, first + t);
        transform_input(l, input.x, outside, places[t], step, v + size_t(t) * C);
      }
      for (int b = blocks * part / parts; b < blocks * (part + 1) / parts; ++b) {
        const int16_t* u = conv.transformed.data() + size_t(b) * kPoints * C * kChannels;
        for (int point = 0; point < kPoints; ++point, u += C * kChannels)
          for (int t = 0; t < count; t += kTiles)
            kMultiply[count - t < kTiles ? count - t : kTiles](v + point * step + size_t(t) * C, u,
                                                               C, sums + point * sum_step + 2 * t);
        const int channel = b * kChannels;
        const int end = channel + kChannels < K ? channel + kChannels : K;
        for (int t = 0; t < count; ++t) {
          const Place at = places[t];
          __m256i outputs[2 * 2 * 2];  // [2][2][16 channels]
          for (int half = 0; half < 2; ++half)
            transform_output(sums + 2 * t + half, sum_step, outputs + half);
          const int width = l.output.w - at.ow < 2 ? 1 : 2, height = l.output.h - at.oh < 2 ? 1 : 2;
          for (int i = 0; i < height; ++i)
            finish_pixels_avx2(
                epilogue, reinterpret_cast<const int32_t*>(outputs + 4 * i), kChannels, width,
                channel, end, K,
                [&](int j) {
                  return (size_t(at.n) * l.output.h + at.oh + i) * l.output.w + at.ow + j;
                },
                y);
        }
      }
    }
  }
  if (lacking) throw_out_of_memory();
}

}  // namespace tri
