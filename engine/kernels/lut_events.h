// lut convolution for vector registers, event-driven: only codes 1 and 2 cost anything.
//
// Of every row of the input map (and chunk of channels) two lists are made, of the positions
// w * chunk + c that hold a 1 and of those that hold a 2. In the map as in the packed weights the
// taps (j, c) of a kernel row follow one another, so what an output pixel needs of a list is one
// run of it, position minus origin is the weights' row, and taps outside the map cost nothing.
// Rows of weights are added two at a time: interleaved by bytes, vpmaddubsw by ones turns them
// into sums of 16 bits, which cannot overflow (see pack_lut). S1 and S2 then meet v1 and v2 in a
// vpmaddwd. A piece of the weights stays in the cache while a strip of pixels adds its rows to
// sums in memory. (Pieces that fit the L1 were slower: their runs are too short.)
//
// `Isa` holds what differs between instruction sets: a register and what is done with it.
#pragma once

#include <immintrin.h>

#include <cstring>

#include "engine/kernels/variants.h"

namespace tri {
namespace {

constexpr int kTileCodes = 1 << 17;  // lists of so many codes are made and used before the next
constexpr int kStrip = 48;  // pixels that a piece of the weights serves at a time, at least
constexpr int kSlack = 16;  // entries that may be written or read behind a list

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

// Adds the rows `base + position` of weights, V registers wide, for the positions list .. end to
// the 16-bit sums s: [2 * V].
template <class Isa, int V>
inline void add_rows(const int8_t* weights, ptrdiff_t base, const uint16_t* list,
                     const uint16_t* end, typename Isa::Register* s) {
  using Register = typename Isa::Register;
  alignas(64) static constexpr int8_t kZeros[V * sizeof(Register)] = {};
  if (list == end) return;
  Register sums[2 * V];
  for (int h = 0; h < 2 * V; ++h) sums[h] = s[h];
  const auto add_pair = [&](const int8_t* a, const int8_t* b) {
    for (int v = 0; v < V; ++v) {
      const Register wa = Isa::load(a + v * sizeof(Register)),
                     wb = Isa::load(b + v * sizeof(Register));
      sums[2 * v] = Isa::add16(sums[2 * v], Isa::sum_pairs(Isa::low_bytes(wa, wb)));
      sums[2 * v + 1] = Isa::add16(sums[2 * v + 1], Isa::sum_pairs(Isa::high_bytes(wa, wb)));
    }
  };
  weights += base * ptrdiff_t(sizeof kZeros);
  const auto row = [=](uint16_t position) { return weights + size_t(position) * sizeof kZeros; };
  for (; list + 1 < end; list += 2) add_pair(row(list[0]), row(list[1]));
  if (list < end) add_pair(row(*list), kZeros);
  for (int h = 0; h < 2 * V; ++h) s[h] = sums[h];
}

// What the pixels of a strip have summed so far.
template <class Isa, int V>
struct Sums {
  typename Isa::Register of[2][2 * V];  // S1 and S2 of a group, 16 bits
  typename Isa::Register total[4 * V];  // v1 * S1 + v2 * S2, 32 bits
};

// Rows of output pixels, lines .. lines_end counted over the images of `lists`: [image][in.h]
// [chunks]. weights: those of a block of V registers of channels, the first of them `channel`;
// v12: v1 and v2 by turns; first_pixel: that of line 0 in y; sums: [pixels of the strip].
template <class Isa, int V>
void strip(const PackedConv& conv, const int8_t* weights, int channel, const Lists* lists,
           int lines, int lines_end, typename Isa::Register v12, const Epilogue& epilogue,
           size_t first_pixel, Sums<Isa, V>* sums, void* y) {
  const Layer& l = conv.layer;
  const int chunks = (l.in.c + conv.chunk - 1) / conv.chunk, K = l.output.c, W = l.output.w;
  const int width = V * int(sizeof(typename Isa::Register));
  const int channels_end = channel + width < K ? channel + width : K;
  const int pixels = (lines_end - lines) * W;
  std::memset(static_cast<void*>(sums), 0, size_t(pixels) * sizeof *sums);

  for (size_t g = 0; g + 1 < conv.groups.size(); ++g) {
    for (int piece = conv.groups[g]; piece < conv.groups[g + 1]; ++piece)
      for (int line = lines; line < lines_end; ++line) {
        const int h = line % l.output.h * l.stride - l.pad + piece / chunks;
        if (h < 0 || h >= l.in.h) continue;
        const Lists& row = lists[(line / l.output.h * l.in.h + h) * chunks + piece % chunks];
        Sums<Isa, V>* pixel = sums + (line - lines) * W;
        for (int ow = 0; ow < W; ++ow, ++pixel) {
          const int first = ow * l.stride - l.pad;
          const Taps columns = taps_inside(ow, l.in.w, l);
          const int from = first + columns.first, to = first + columns.last;
          if (from >= to) continue;
          const ptrdiff_t base = (ptrdiff_t(piece) * l.kernel - first) * conv.chunk;  // position 0
          for (int s = 0; s < 2; ++s)
            add_rows<Isa, V>(weights, base, row.positions[s] + row.starts[s][from],
                             row.positions[s] + row.starts[s][to], pixel->of[s]);
        }
      }
    for (int p = 0; p < pixels; ++p) {
      auto& [s, total] = sums[p];
      for (int h = 0; h < 2 * V; ++h) {
        total[2 * h] = Isa::multiply_add(total[2 * h], Isa::low_words(s[0][h], s[1][h]), v12);
        total[2 * h + 1] =
            Isa::multiply_add(total[2 * h + 1], Isa::high_words(s[0][h], s[1][h]), v12);
      }
      std::memset(static_cast<void*>(s), 0, sizeof s);
    }
  }
  for (int p = 0; p < pixels; ++p)
    Isa::finish(epilogue, reinterpret_cast<const int32_t*>(sums[p].total), channel, channels_end, K,
                first_pixel + size_t(lines) * W + p, y);
}

template <class Isa>
void lut_convolution(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                     void* y) {
  constexpr int kBytes = sizeof(typename Isa::Register);
  const Layer& l = conv.layer;
  const int C = l.in.c, H = l.in.h, W = l.in.w, K = l.output.c;
  const int chunk = conv.chunk, chunks = (C + chunk - 1) / chunk;
  const int blocks = (K + 2 * kBytes - 1) / (2 * kBytes);
  const size_t weight_rows = size_t(l.kernel) * l.kernel * chunks * chunk;
  const auto v12 = Isa::words(input.v1, input.v2);

  // Lists of a tile of images: headers, then positions and starts of each.
  const int codes = int(l.in.size()), images = codes < kTileCodes ? kTileCodes / codes : 1;
  const int tile = images < input.n ? images : input.n, rows = tile * H * chunks;
  const size_t positions = size_t(round_up(W * chunk + kSlack, 32));
  const size_t starts = size_t(round_up(W + 1, 16));
  const size_t headers = (size_t(rows) * sizeof(Lists) + 63) / 64 * 64;
  const size_t per_row = 2 * (positions * sizeof(uint16_t) + starts * sizeof(uint32_t));
  auto* memory = static_cast<uint8_t*>(shared_scratch(headers + rows * per_row));
  auto* lists = reinterpret_cast<Lists*>(memory);
  for (int r = 0; r < rows; ++r) {
    auto* p = reinterpret_cast<uint16_t*>(memory + headers + r * per_row);
    auto* s = reinterpret_cast<uint32_t*>(p + 2 * positions);
    lists[r] = {{p, p + positions}, {s, s + starts}};
  }

  const int height = (kStrip + l.output.w - 1) / l.output.w;  // lines of a strip
#pragma omp parallel
  {
    void* sums = scratch(size_t(height) * l.output.w * sizeof(Sums<Isa, 2>));
    for (int n = 0; n < input.n; n += tile) {
      const int count = n + tile < input.n ? tile : input.n - n;
#pragma omp for
      for (int r = 0; r < count * H; ++r)
        for (int c = 0; c < chunks; ++c)
          make_lists(input.x + (size_t(n) * H + r) * W * C + c * chunk, W, C, chunk,
                     C - c * chunk < chunk ? C - c * chunk : chunk, lists[r * chunks + c]);
      const int lines = count * l.output.h, strips = (lines + height - 1) / height;
#pragma omp for schedule(dynamic)
      for (int item = 0; item < blocks * strips; ++item) {
        const int channel = item / strips * 2 * kBytes, line = item % strips * height;
        const int end = line + height < lines ? line + height : lines;
        const int8_t* weights = conv.weights.data() + weight_rows * channel;
        const size_t first_pixel = size_t(n) * l.output.h * l.output.w;
        if (K - channel > kBytes)
          strip<Isa, 2>(conv, weights, channel, lists, line, end, v12, epilogue, first_pixel,
                        static_cast<Sums<Isa, 2>*>(sums), y);
        else
          strip<Isa, 1>(conv, weights, channel, lists, line, end, v12, epilogue, first_pixel,
                        static_cast<Sums<Isa, 1>*>(sums), y);
      }
    }
  }
}

}  // namespace
}  // namespace tri
