// lut convolution for vector registers, event-driven: only codes 1 and 2 cost anything.
//
// Of every row of the input map (and chunk of channels) two lists are made, of the positions
// w * chunk + c that hold a 1 and of those that hold a 2. In the map as in the packed weights the
// taps (j, c) of a kernel row follow one another, so what an output pixel needs of a list is one
// run of it, position minus origin is the weights' row, and taps outside the map cost nothing.
// Runs are copied once, padded to whole steps, and used for every block of output channels.
// Rows of weights are added two at a time: interleaved by bytes, vpmaddubsw by ones turns them
// into sums of 16 bits, which cannot overflow (see pack_lut). S1 and S2 then meet v1 and v2 in a
// vpmaddwd. A piece of a block's weights stays in the L1 cache while a strip of pixels adds its
// rows to sums in memory. (Sorting a strip's pixels by the lengths of their runs, so that fewer
// branches are mispredicted, cost more than it saved.)
//
// `Isa` holds what differs between instruction sets: a register and what is done with it, and
//   append(list, codes, count, code, first)  adds first + kUnit * i to the list for each of `count`
//                                            codes[i] that is `code`, and returns the list's new end
//   shift(from, by, to)                      to[i] = from[i] + by for kSlack entries
#pragma once

#include <immintrin.h>

#include <cstring>

#include "engine/kernels/variants.h"

namespace tri {
namespace {

constexpr int kTileCodes = 1 << 17;  // lists of so many codes are made and used before the next
constexpr int kStrip = 256;  // pixels that a piece of the weights serves at a time, at least
constexpr int kStep = 8;     // rows of weights that a list of a run is padded to
constexpr int kSlack = 64;   // entries that may be written or read behind a list
constexpr int kUnit = 8;     // rows are counted in eighths, x86 scales by no more

// The two lists of one row and chunk, positions times kUnit modulo 2^16; starts[w] is the first
// entry of pixel w, starts[W] the end.
struct Lists {
  uint16_t* positions[2];
  uint32_t* starts[2];
};

// Sixteen codes of which `count` exist; the others are 0.
inline __m128i load16(const uint8_t* codes, int count) {
  uint8_t some[16] = {};
  if (count < 16) codes = static_cast<uint8_t*>(std::memcpy(some, codes, size_t(count)));
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
}

// x: [W][C], from the chunk's first channel on; `count` of its `chunk` channels exist.
template <class Isa>
void make_lists(const uint8_t* x, int W, int C, int chunk, int count, const Lists& lists) {
  uint16_t* end[2] = {lists.positions[0], lists.positions[1]};
  for (int w = 0; w < W; ++w, x += C) {
    for (int s = 0; s < 2; ++s) {
      lists.starts[s][w] = uint32_t(end[s] - lists.positions[s]);
      end[s] = Isa::append(end[s], x, count, s + 1, kUnit * w * chunk);
    }
  }
  for (int s = 0; s < 2; ++s) lists.starts[s][W] = uint32_t(end[s] - lists.positions[s]);
}

// What one pixel adds of a piece: first the rows of weights under code 1, then those under code 2,
// times kUnit, each padded to whole steps by the row of zeros behind the piece.
struct Run {
  const uint16_t* rows;
  int steps[2];
};

// Entries that the runs of so many pixels may take.
inline size_t run_entries(const PackedConv& conv, int pixels) {
  return size_t(pixels) * (round_up(lut_piece_rows(conv), kStep) + kStep) + kSlack;
}

// Adds steps * kStep rows of weights, V registers wide, to the 16-bit sums s: [2 * V], which are 0
// where they are fresh. Returns the end of the rows.
template <class Isa, int V>
inline const uint16_t* add_rows(const int8_t* weights, const uint16_t* rows, int steps, bool fresh,
                                typename Isa::Register* s) {
  using Register = typename Isa::Register;
  Register sums[2 * V];
  for (int h = 0; h < 2 * V; ++h) sums[h] = fresh ? Register{} : s[h];
  const auto add_pair = [&](const int8_t* a, const int8_t* b) {
    for (int v = 0; v < V; ++v) {
      const Register wa = Isa::load(a + v * sizeof(Register)),
                     wb = Isa::load(b + v * sizeof(Register));
      sums[2 * v] = Isa::add16(sums[2 * v], Isa::sum_pairs(Isa::low_bytes(wa, wb)));
      sums[2 * v + 1] = Isa::add16(sums[2 * v + 1], Isa::sum_pairs(Isa::high_bytes(wa, wb)));
    }
  };
  const auto add_four = [&](const uint16_t* list) {
    uint64_t four;  // one load: a scalar one takes the place of a vector one
    std::memcpy(&four, list, sizeof four);
    const auto row = [&](uint64_t position) {
      return weights + position * (V * sizeof(Register) / kUnit);
    };
    // In one instruction each; what decides is how many there are.
    add_pair(row(uint16_t(four)), row(_bextr_u64(four, 16, 16)));
    add_pair(row(_bextr_u64(four, 32, 16)), row(four >> 48));
  };
  for (; steps > 0; --steps, rows += kStep) {
    add_four(rows);
    add_four(rows + 4);
  }
  for (int h = 0; h < 2 * V; ++h) s[h] = sums[h];
  return rows;
}

// What the pixels of a strip have summed so far.
template <class Isa, int V>
struct Sums {
  typename Isa::Register of[2][2 * V];  // S1 and S2 of a group, 16 bits
  typename Isa::Register total[4 * V];  // v1 * S1 + v2 * S2, 32 bits
};

// The runs of a piece for the output rows lines .. lines_end, counted over the images of `lists`:
// [image][in.h][chunks]. run: [pixels]; rows: [run_entries].
template <class Isa>
void make_runs(const PackedConv& conv, int piece, const Lists* lists, int lines, int lines_end,
               Run* run, uint16_t* rows) {
  const Layer& l = conv.layer;
  const int chunk = conv.chunk, chunks = (l.in.c + chunk - 1) / chunk, W = l.output.w;
  const int first_row = piece / chunks * conv.kernel_rows;
  const __m128i zeros = _mm_set1_epi16(int16_t(kUnit * (lut_piece_rows(conv) - 1)));
  for (int line = lines; line < lines_end; ++line) {
    const int top = line % l.output.h * l.stride - l.pad + first_row;
    const Taps inside = {top < 0 ? -top : 0,
                         l.in.h - top < conv.kernel_rows ? l.in.h - top : conv.kernel_rows};
    const int image_top = line / l.output.h * l.in.h + top;
    for (int ow = 0; ow < W; ++ow, ++run) {
      const int first = ow * l.stride - l.pad;
      const Taps columns = taps_inside(ow, l.in.w, l);
      const int from = first + columns.first, to = first + columns.last;
      *run = {rows, {0, 0}};
      if (from >= to) continue;
      for (int s = 0; s < 2; ++s) {
        const uint16_t* begin = rows;
        for (int i = inside.first; i < inside.last; ++i) {
          const Lists& row = lists[(image_top + i) * chunks + piece % chunks];
          const uint32_t* starts = row.starts[s];
          const uint16_t* list = row.positions[s] + starts[from];
          const int count = int(starts[to] - starts[from]);
          const auto shift = int16_t(kUnit * (i * l.kernel - first) * chunk);
          for (int j = 0; j < count; j += kSlack)  // far, so that few loops are mispredicted
            Isa::shift(list + j, shift, rows + j);
          rows += count;
        }
        _mm_storeu_si128(reinterpret_cast<__m128i*>(rows), zeros);
        run->steps[s] = int(rows - begin + kStep - 1) / kStep;
        rows += run->steps[s] * kStep - (rows - begin);
      }
    }
  }
}

// Rows of output pixels, lines .. lines_end. runs: [pieces][strip_pixels]; weights: those of a
// block of V registers of channels, the first of them `channel`; v12: v1 and v2 by turns;
// first_pixel: that of line 0 in y; sums: [pixels of the strip].
template <class Isa, int V>
void strip(const PackedConv& conv, const int8_t* weights, int channel, const Run* runs,
           int strip_pixels, int lines, int lines_end, typename Isa::Register v12,
           const Epilogue& epilogue, size_t first_pixel, Sums<Isa, V>* sums, void* y) {
  const Layer& l = conv.layer;
  const int K = l.output.c, W = l.output.w;
  const int width = V * int(sizeof(typename Isa::Register));
  const int channels_end = channel + width < K ? channel + width : K;
  const int pixels = (lines_end - lines) * W;

  for (size_t g = 0; g + 1 < conv.groups.size(); ++g) {
    const bool first = g == 0, last = g + 2 == conv.groups.size();
    for (int piece = conv.groups[g]; piece < conv.groups[g + 1]; ++piece) {
      const Run* run = runs + size_t(piece) * strip_pixels;
      const int8_t* rows = weights + size_t(piece) * lut_piece_rows(conv) * width;
      for (int p = 0; p < pixels; ++p) {
        const uint16_t* next = run[p].rows;
        for (int s = 0; s < 2; ++s)
          next = add_rows<Isa, V>(rows, next, run[p].steps[s], piece == conv.groups[g],
                                  sums[p].of[s]);
      }
    }
    for (int p = 0; p < pixels; ++p) {
      auto& [s, total] = sums[p];
      for (int h = 0; h < 2 * V; ++h) {
        const auto add = [&](int i, typename Isa::Register words) {
          total[i] = Isa::multiply_add(first ? typename Isa::Register{} : total[i], words, v12);
        };
        add(2 * h, Isa::low_words(s[0][h], s[1][h]));
        add(2 * h + 1, Isa::high_words(s[0][h], s[1][h]));
      }
      if (last)
        Isa::finish(epilogue, reinterpret_cast<const int32_t*>(total), channel, channels_end, K,
                    first_pixel + size_t(lines) * W + p, y);
    }
  }
}

template <class Isa>
void lut_convolution(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                     void* y) {
  constexpr int kBytes = sizeof(typename Isa::Register), kRegisters = kLutBlock / kBytes;
  const Layer& l = conv.layer;
  const int C = l.in.c, H = l.in.h, W = l.in.w, K = l.output.c;
  const int chunk = conv.chunk, chunks = (C + chunk - 1) / chunk, pieces = conv.groups.back();
  const int blocks = (K + kLutBlock - 1) / kLutBlock;
  const size_t weight_rows = size_t(pieces) * lut_piece_rows(conv);
  const auto v12 = Isa::words(input.v1, input.v2);

  const int codes = int(l.in.size()), images = codes < kTileCodes ? kTileCodes / codes : 1;
  const int tile = images < input.n ? images : input.n, rows = tile * H * chunks;
  const int height = (kStrip + l.output.w - 1) / l.output.w;  // lines of a strip
  const int strip_pixels = height * l.output.w;
  const size_t strip_pieces = size_t((tile * l.output.h + height - 1) / height) * pieces;

  // Lists of a tile of images: headers, then positions and starts of each; then the runs.
  const size_t positions = size_t(round_up(W * chunk + kSlack, 32));
  const size_t starts = size_t(round_up(W + 1, 16));
  const size_t headers = (size_t(rows) * sizeof(Lists) + 63) / 64 * 64;
  const size_t per_row = 2 * (positions * sizeof(uint16_t) + starts * sizeof(uint32_t));
  const size_t entries = run_entries(conv, strip_pixels);
  auto* memory = static_cast<uint8_t*>(
      shared_scratch(headers + rows * per_row +
                     strip_pieces * (strip_pixels * sizeof(Run) + entries * sizeof(uint16_t))));
  auto* lists = reinterpret_cast<Lists*>(memory);
  for (int r = 0; r < rows; ++r) {
    auto* p = reinterpret_cast<uint16_t*>(memory + headers + r * per_row);
    auto* s = reinterpret_cast<uint32_t*>(p + 2 * positions);
    lists[r] = {{p, p + positions}, {s, s + starts}};
  }
  auto* runs = reinterpret_cast<Run*>(memory + headers + rows * per_row);
  auto* run_rows = reinterpret_cast<uint16_t*>(runs + strip_pieces * strip_pixels);

#pragma omp parallel
  {
    void* sums = scratch(size_t(strip_pixels) * sizeof(Sums<Isa, kRegisters>));
    for (int n = 0; n < input.n; n += tile) {
      const int count = n + tile < input.n ? tile : input.n - n;
#pragma omp for
      for (int r = 0; r < count * H; ++r)
        for (int c = 0; c < chunks; ++c)
          make_lists<Isa>(input.x + (size_t(n) * H + r) * W * C + c * chunk, W, C, chunk,
                     C - c * chunk < chunk ? C - c * chunk : chunk, lists[r * chunks + c]);
      const int lines = count * l.output.h, strips = (lines + height - 1) / height;
      const auto strip_end = [&](int line) {
        return line + height < lines ? line + height : lines;
      };
#pragma omp for
      for (int item = 0; item < strips * pieces; ++item) {
        const int line = item / pieces * height;
        make_runs<Isa>(conv, item % pieces, lists, line, strip_end(line),
                  runs + size_t(item) * strip_pixels, run_rows + item * entries);
      }
#pragma omp for schedule(dynamic)
      for (int item = 0; item < blocks * strips; ++item) {
        const int channel = item / strips * kLutBlock, line = item % strips * height;
        const int8_t* weights = conv.weights.data() + weight_rows * channel;
        const Run* strip_runs = runs + size_t(item % strips) * pieces * strip_pixels;
        const size_t first_pixel = size_t(n) * l.output.h * l.output.w;
        if (K - channel > kLutBlock - kBytes)
          strip<Isa, kRegisters>(conv, weights, channel, strip_runs, strip_pixels, line,
                                 strip_end(line), v12, epilogue, first_pixel,
                                 static_cast<Sums<Isa, kRegisters>*>(sums), y);
        else
          strip<Isa, 1>(conv, weights, channel, strip_runs, strip_pixels, line, strip_end(line),
                        v12, epilogue, first_pixel, static_cast<Sums<Isa, 1>*>(sums), y);
      }
    }
  }
}

}  // namespace
}  // namespace tri
