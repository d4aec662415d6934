// lut convolution for AVX2, event-driven: only codes 1 and 2 cost anything.
//
// Of every row of the input map (and chunk of channels) two lists are made, of the positions
// w * chunk + c that hold a 1 and of those that hold a 2. In the map as in the packed weights the
// taps (j, c) of a kernel row follow one another, so what an output pixel needs of a list is one
// run of it, position minus origin is the weights' row, and taps outside the map cost nothing.
// Rows of weights are added two at a time: interleaved by bytes, vpmaddubsw by ones turns them
// into sums of 16 bits, which cannot overflow (see pack_lut_avx2). S1 and S2 then meet v1 and v2
// in a vpmaddwd.
#include <immintrin.h>

#include <cstring>

#include "engine/kernels/epilogue_avx2.h"
#include "engine/kernels/variants.h"

namespace tri {
namespace {

constexpr int kTileCodes = 1 << 17;  // lists of so many codes are made and used before the next
constexpr int kSlack = 16;           // entries that may be written or read behind a list

// For each 8-bit mask the places of its ones.
struct Places {
  alignas(8) uint8_t of[256][8];
  constexpr Places() : of{} {
    for (int mask = 0; mask < 256; ++mask)
      for (int bit = 0, n = 0; bit < 8; ++bit)
        if (mask >> bit & 1) of[mask][n++] = uint8_t(bit);
  }
};
constexpr Places kPlaces;

// The two lists of one row and chunk; starts[w] is the first entry of pixel w, starts[W] the end.
struct Lists {
  uint16_t* positions[2];
  uint32_t* starts[2];
};

inline uint16_t* append(uint16_t* list, int mask, int first) {
  const __m128i places =
      _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(kPlaces.of[mask])));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(list),
                   _mm_add_epi16(places, _mm_set1_epi16(int16_t(first))));
  return list + __builtin_popcount(unsigned(mask));
}

// x: [W][C], from the chunk's first channel on; `count` of its `chunk` channels exist.
void make_lists(const uint8_t* x, int W, int C, int chunk, int count, const Lists& lists) {
  uint16_t* end[2] = {lists.positions[0], lists.positions[1]};
  const __m128i ones = _mm_set1_epi8(1), twos = _mm_set1_epi8(2);
  for (int w = 0; w < W; ++w, x += C) {
    for (int s = 0; s < 2; ++s) lists.starts[s][w] = uint32_t(end[s] - lists.positions[s]);
    for (int c = 0; c < count; c += 8) {
      uint64_t eight = 0;
      std::memcpy(&eight, x + c, size_t(count - c < 8 ? count - c : 8));
      const __m128i codes = _mm_cvtsi64_si128(int64_t(eight));
      end[0] = append(end[0], _mm_movemask_epi8(_mm_cmpeq_epi8(codes, ones)), w * chunk + c);
      end[1] = append(end[1], _mm_movemask_epi8(_mm_cmpeq_epi8(codes, twos)), w * chunk + c);
    }
  }
  for (int s = 0; s < 2; ++s) lists.starts[s][W] = uint32_t(end[s] - lists.positions[s]);
}

inline __m256i load32(const int8_t* p) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
}

// Adds two rows of weights, V registers wide, to s.
template <int V>
inline void add_pair(const int8_t* a, const int8_t* b, __m256i (&s)[2 * V]) {
  const __m256i ones = _mm256_set1_epi8(1);
  for (int v = 0; v < V; ++v) {
    const __m256i wa = load32(a + 32 * v), wb = load32(b + 32 * v);
    const __m256i low = _mm256_unpacklo_epi8(wa, wb), high = _mm256_unpackhi_epi8(wa, wb);
    s[2 * v] = _mm256_add_epi16(s[2 * v], _mm256_maddubs_epi16(ones, low));
    s[2 * v + 1] = _mm256_add_epi16(s[2 * v + 1], _mm256_maddubs_epi16(ones, high));
  }
}

// Adds the rows `base + position` of weights for the positions list .. end.
template <int V>
inline void add_rows(const int8_t* weights, ptrdiff_t base, const uint16_t* list,
                     const uint16_t* end, __m256i (&s)[2 * V]) {
  alignas(32) static constexpr int8_t kZeros[32 * V] = {};
  const auto row = [=](uint16_t position) { return weights + (base + position) * (32 * V); };
  for (; list + 1 < end; list += 2) add_pair<V>(row(list[0]), row(list[1]), s);
  if (list < end) add_pair<V>(row(*list), kZeros, s);
}

// sums += v1 * s1 + v2 * s2; v12: v1 and v2 by turns.
template <int V>
inline void flush(const __m256i (&s1)[2 * V], const __m256i (&s2)[2 * V], __m256i v12,
                  __m256i* sums) {
  for (int h = 0; h < 2 * V; ++h) {
    const __m256i low = _mm256_unpacklo_epi16(s1[h], s2[h]);
    const __m256i high = _mm256_unpackhi_epi16(s1[h], s2[h]);
    sums[2 * h] = _mm256_add_epi32(sums[2 * h], _mm256_madd_epi16(low, v12));
    sums[2 * h + 1] = _mm256_add_epi32(sums[2 * h + 1], _mm256_madd_epi16(high, v12));
  }
}

// One row of output pixels. weights: those of a block of 32 * V channels, the first of them
// `channel`; lists: of the image, [in.h][chunks].
template <int V>
void output_row(const PackedConv& conv, const int8_t* weights, int channel, const Lists* lists,
                int oh, __m256i v12, const Epilogue& epilogue, size_t pixel, void* y) {
  const Layer& l = conv.layer;
  const int chunks = (l.in.c + conv.chunk - 1) / conv.chunk, K = l.output.c;
  const int channels_end = channel + 32 * V < K ? channel + 32 * V : K;
  const int groups = int(conv.groups.size()) - 1;
  const Taps rows = taps_inside(oh, l.in.h, l);
  const int first_row = oh * l.stride - l.pad;

  for (int ow = 0; ow < l.output.w; ++ow, ++pixel) {
    const Taps columns = taps_inside(ow, l.in.w, l);
    const int first_column = ow * l.stride - l.pad;
    const int from = first_column + columns.first, to = first_column + columns.last;
    __m256i sums[4 * V];
    for (__m256i& sum : sums) sum = _mm256_setzero_si256();
    if (from < to)
      for (int g = 0; g < groups; ++g) {
        __m256i s1[2 * V], s2[2 * V];
        for (int h = 0; h < 2 * V; ++h) s1[h] = s2[h] = _mm256_setzero_si256();
        int i = conv.groups[g] / chunks, chunk = conv.groups[g] % chunks;
        for (int piece = conv.groups[g]; piece < conv.groups[g + 1]; ++piece) {
          if (i >= rows.first && i < rows.last) {
            const Lists& row = lists[(first_row + i) * chunks + chunk];
            const ptrdiff_t base =
                (ptrdiff_t(piece) * l.kernel - first_column) * conv.chunk;  // of position 0
            add_rows<V>(weights, base, row.positions[0] + row.starts[0][from],
                        row.positions[0] + row.starts[0][to], s1);
            add_rows<V>(weights, base, row.positions[1] + row.starts[1][from],
                        row.positions[1] + row.starts[1][to], s2);
          }
          if (++chunk == chunks) chunk = 0, ++i;
        }
        flush<V>(s1, s2, v12, sums);
      }
    finish_avx2(epilogue, reinterpret_cast<const int32_t*>(sums), channel, channels_end, K, pixel,
                y);
  }
}

}  // namespace

void lut_avx2(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  const Layer& l = conv.layer;
  const int C = l.in.c, H = l.in.h, W = l.in.w, K = l.output.c;
  const int chunk = conv.chunk, chunks = (C + chunk - 1) / chunk;
  const int blocks = (K + kLutBlock - 1) / kLutBlock;
  const size_t weight_rows = size_t(l.kernel) * l.kernel * chunks * chunk;
  const __m256i v12 = _mm256_set1_epi32(input.v2 << 16 | input.v1);

  // Lists of a tile of images: headers, then positions and starts of each.
  const int codes = int(l.in.size()), images = codes < kTileCodes ? kTileCodes / codes : 1;
  const int tile = images < input.n ? images : input.n, rows = tile * H * chunks;
  const size_t positions = size_t(round_up(W * chunk + kSlack, 32));
  const size_t starts = size_t(round_up(W + 1, 16));
  const size_t headers = (size_t(rows) * sizeof(Lists) + 63) / 64 * 64;
  const size_t per_row = 2 * (positions * sizeof(uint16_t) + starts * sizeof(uint32_t));
  auto* memory = static_cast<uint8_t*>(scratch(headers + rows * per_row));
  auto* lists = reinterpret_cast<Lists*>(memory);
  for (int r = 0; r < rows; ++r) {
    auto* p = reinterpret_cast<uint16_t*>(memory + headers + r * per_row);
    auto* s = reinterpret_cast<uint32_t*>(p + 2 * positions);
    lists[r] = {{p, p + positions}, {s, s + starts}};
  }

#pragma omp parallel
  for (int n = 0; n < input.n; n += tile) {
    const int count = n + tile < input.n ? tile : input.n - n;
#pragma omp for
    for (int r = 0; r < count * H; ++r)
      for (int c = 0; c < chunks; ++c)
        make_lists(input.x + (size_t(n) * H + r) * W * C + c * chunk, W, C, chunk,
                   C - c * chunk < chunk ? C - c * chunk : chunk, lists[r * chunks + c]);
    const int lines = count * l.output.h;
#pragma omp for schedule(dynamic, 8)
    for (int item = 0; item < blocks * lines; ++item) {
      const int channel = item / lines * kLutBlock, line = item % lines;
      const auto row = K - channel > 32 ? output_row<2> : output_row<1>;
      row(conv, conv.weights.data() + weight_rows * channel, channel,
          lists + line / l.output.h * H * chunks, line % l.output.h, v12, epilogue,
          (size_t(n) * l.output.h + line) * l.output.w, y);
    }
  }
}

}  // namespace tri
