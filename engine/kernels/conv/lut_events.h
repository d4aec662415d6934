// lut convolution for vector registers, event-driven: only codes 1 and 2 cost anything. In spite of
// its name no table is looked up: rows of weights are added where codes are not zero.
//
// Of every row of the input map (and chunk of channels) two lists are made, of the positions
// w * chunk + c that hold a 1 and of those that hold a 2. In the map as in the packed weights the
// positions (j, c) of a kernel row follow one another, so what an output pixel needs of a list is
// one run of it, position minus origin is the weights' row, and what is outside the map costs
// nothing. Runs are copied once, padded to whole steps, and used for every block of output
// channels. Rows of weights are added two at a time: interleaved by bytes, neighbors are
// added up to sums of 16 bits, which cannot overflow (see pack_lut). S1 and S2, interleaved too,
// then meet v1 and v2 in products whose neighbors are added up to 32 bits. A piece of a block's
// weights stays in the L1 cache while a strip of pixels adds its rows to sums in memory; meanwhile
// the next piece is fetched (for one picture alone this halves the time). (Sorting a
// strip's pixels by the lengths of their runs, so that fewer branches are mispredicted, cost more
// than it saved.)
//
// `Isa` holds what differs between instruction sets: a Register and what is done with it, and
//   append(list, codes, count, code, first)  adds first + kUnit * i to the list for each of `count`
//                                            codes[i] that is `code`, and returns the list's new
//                                            end
//   shift(from, by, to)                      to[i] = from[i] + by for kSlack entries
//   pad(to, row)                             to[i] = row for kStep entries
//   entry<I>(four)                           the I-th 16 bits of four
#pragma once

#include <omp.h>

#include <cstring>

#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"

namespace tri {
namespace {

constexpr int kStrip = 256;      // pixels that a piece of the weights serves at a time, at most
constexpr int kLeastStrip = 64;  // and at least
constexpr int kStep = 8;         // rows of weights that a list of a run is padded to
constexpr int kSlack = 64;       // entries that may be written or read behind a list
constexpr int kUnit = 8;         // rows are counted in eighths: an address scales by no more on x86

// The two lists of one row and chunk, positions times kUnit modulo 2^16; starts[w] is the first
// entry of pixel w, starts[W] the end.
struct Lists {
  uint16_t* positions[2];
  uint32_t* starts[2];
};

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
      sums[2 * v] = Isa::add_pairs(sums[2 * v], Isa::low_bytes(wa, wb));
      sums[2 * v + 1] = Isa::add_pairs(sums[2 * v + 1], Isa::high_bytes(wa, wb));
    }
  };
  const auto add_four = [&](const uint16_t* list) {
    uint64_t four;  // one load: a scalar one takes the place of a vector one
    std::memcpy(&four, list, sizeof four);
    const auto row = [&](uint64_t position) {
      return weights + position * (V * sizeof(Register) / kUnit);
    };
    // What decides is how many instructions there are.
    add_pair(row(Isa::template entry<0>(four)), row(Isa::template entry<1>(four)));
    add_pair(row(Isa::template entry<2>(four)), row(Isa::template entry<3>(four)));
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

inline int entries(const Run& run) { return (run.steps[0] + run.steps[1]) * kStep; }

// Asks for weights that are added next, as their rows are read in an order that the hardware does
// not foresee: those of one run, or a part of a whole piece.
inline void fetch_run(const int8_t* weights, int width, const Run& run) {
  for (int i = 0; i < entries(run); ++i)
    __builtin_prefetch(weights + run.rows[i] * (width / kUnit), 0, 2);
}

inline void fetch_part(const int8_t* weights, size_t bytes, int part, int parts) {
  constexpr size_t kLine = 64;
  const size_t lines = bytes / kLine, end = lines * size_t(part + 1) / size_t(parts);
  for (size_t line = lines * size_t(part) / size_t(parts); line < end; ++line)
    __builtin_prefetch(weights + line * kLine, 0, 2);
}

// Some images, or some lines of the output of one, and the rows of the input that these see.
struct Strip {
  int image, images, line, lines, row, rows;
};

// The runs of a piece for a strip. lists: [image][row][chunks]; run: [pixels]; rows: [run_entries].
template <class Isa>
void make_runs(const PackedConv& conv, int piece, const Lists* lists, const Strip& strip, Run* run,
               uint16_t* rows) {
  const Layer& l = conv.layer;
  const int chunk = conv.lut.chunk, chunks = (l.in.c + chunk - 1) / chunk, W = l.output.w;
  const int kernel_row = piece / chunks * conv.lut.kernel_rows, left = l.kernel - kernel_row;
  const int kernel_rows = left < conv.lut.kernel_rows ? left : conv.lut.kernel_rows;
  const auto zeros = uint16_t(kUnit * (lut_piece_rows(conv) - 1));
  for (int line = 0; line < strip.images * strip.lines; ++line) {
    const int top = (strip.line + line % strip.lines) * l.stride - l.pad + kernel_row;
    const KernelRange inside = {top < 0 ? -top : 0,
                                l.in.h - top < kernel_rows ? l.in.h - top : kernel_rows};
    const int list_row = line / strip.lines * strip.rows + top - strip.row;
    for (int ow = 0; ow < W; ++ow, ++run) {
      const int first = ow * l.stride - l.pad;
      const KernelRange columns = kernel_inside(ow, l.in.w, l);
      const int from = first + columns.first, to = first + columns.last;
      *run = {rows, {0, 0}};
      if (from >= to) continue;
      for (int s = 0; s < 2; ++s) {
        const uint16_t* begin = rows;
        for (int i = inside.first; i < inside.last; ++i) {
          const Lists& row = lists[(list_row + i) * chunks + piece % chunks];
          const uint32_t* starts = row.starts[s];
          const uint16_t* list = row.positions[s] + starts[from];
          const int count = int(starts[to] - starts[from]);
          const auto shift = int16_t(kUnit * (i * l.kernel - first) * chunk);
          for (int j = 0; j < count; j += kSlack)  // far, so that few loops are mispredicted
            Isa::shift(list + j, shift, rows + j);
          rows += count;
        }
        Isa::pad(rows, zeros);
        run->steps[s] = int(rows - begin + kStep - 1) / kStep;
        rows += run->steps[s] * kStep - (rows - begin);
      }
    }
  }
}

// A block of V registers of channels, the first of them `channel`, for the `pixels` that begin with
// first_pixel of y. runs: [pieces][pixels]; weights: those of the block; v12: v1 and v2 by turns;
// sums: [pixels].
template <class Isa, int V>
void add_block(const PackedConv& conv, const int8_t* weights, int channel, const Run* runs,
               int pixels, typename Isa::Register v12, const Epilogue& epilogue, size_t first_pixel,
               Sums<Isa, V>* sums, void* y) {
  const int K = conv.layer.output.c, width = V * int(sizeof(typename Isa::Register));
  const int channels_end = channel + width < K ? channel + width : K;
  const int pieces = conv.lut.groups.back();
  const size_t piece_bytes = size_t(lut_piece_rows(conv)) * width;
  const int8_t* const weights_end = conv.weights.data() + conv.weights.size();

  for (size_t g = 0; g + 1 < conv.lut.groups.size(); ++g) {
    const bool first = g == 0, last = g + 2 == conv.lut.groups.size();
    for (int piece = conv.lut.groups[g]; piece < conv.lut.groups[g + 1]; ++piece) {
      const Run* run = runs + size_t(piece) * pixels;
      const int8_t* rows = weights + size_t(piece) * piece_bytes;
      // Behind a block's last piece stands the next block's first one. Of few pixels the runs are
      // less than the piece.
      const bool has_next = size_t(weights_end - rows) >= 2 * piece_bytes;
      const Run* next_run = runs + size_t((piece + 1) % pieces) * pixels;
      const auto named = next_run[pixels - 1].rows + entries(next_run[pixels - 1]) - next_run->rows;
      const bool few = named < lut_piece_rows(conv);
      for (int p = 0; p < pixels; ++p) {
        if (has_next && few) fetch_run(rows + piece_bytes, width, next_run[p]);
        if (has_next && !few) fetch_part(rows + piece_bytes, piece_bytes, p, pixels);
        const uint16_t* next = run[p].rows;
        for (int s = 0; s < 2; ++s)
          next = add_rows<Isa, V>(rows, next, run[p].steps[s], piece == conv.lut.groups[g],
                                  sums[p].of[s]);
      }
    }
    for (int p = 0; p < pixels; ++p) {
      auto& [s, total] = sums[p];
      for (int h = 0; h < 2 * V; ++h) {
        const auto add = [&, &total = total](int i, typename Isa::Register words) {
          total[i] = Isa::multiply_add(first ? typename Isa::Register{} : total[i], words, v12);
        };
        add(2 * h, Isa::low_words(s[0][h], s[1][h]));
        add(2 * h + 1, Isa::high_words(s[0][h], s[1][h]));
      }
      if (last)
        Isa::finish(epilogue, reinterpret_cast<const int32_t*>(total), channel, channels_end, K,
                    first_pixel + p, y);
    }
  }
}

// The work in parts that share nothing but what they read: strips, and of each the blocks of
// channels in some shares, where there are fewer strips than threads.
struct Parts {
  int images, lines, strips, shares;

  Parts(const Layer& l, int n, int threads) {
    const int map = l.output.h * l.output.w, each = (n * map + threads - 1) / threads;
    const int pixels = each < kLeastStrip ? kLeastStrip : each < kStrip ? each : kStrip;
    images = pixels < map ? 1 : pixels / map < n ? pixels / map : n;
    lines = pixels < map ? (pixels + l.output.w - 1) / l.output.w : l.output.h;
    strips = (n + images - 1) / images * ((l.output.h + lines - 1) / lines);
    const int blocks = (l.output.c + kLutBlock - 1) / kLutBlock;
    shares = (threads + strips - 1) / strips;
    if (shares > blocks) shares = blocks;
  }

  Strip strip(const Layer& l, int n, int number) const {
    const int in_image = (l.output.h + lines - 1) / lines;
    Strip s = {number / in_image * images, images, number % in_image * lines, lines, 0, 0};
    if (s.image + images > n) s.images = n - s.image;
    if (s.line + lines > l.output.h) s.lines = l.output.h - s.line;
    const int top = s.line * l.stride - l.pad, end = top + (s.lines - 1) * l.stride + l.kernel;
    s.row = top < 0 ? 0 : top;
    s.rows = (end < l.in.h ? end : l.in.h) - s.row;
    return s;
  }
};

template <class Isa>
void lut_convolution(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                     void* y) {
  constexpr int kBytes = sizeof(typename Isa::Register), kRegisters = kLutBlock / kBytes;
  const Layer& l = conv.layer;
  const int C = l.in.c, W = l.in.w, K = l.output.c, blocks = (K + kLutBlock - 1) / kLutBlock;
  const int chunk = conv.lut.chunk, chunks = (C + chunk - 1) / chunk,
            pieces = conv.lut.groups.back();
  const size_t weight_rows = size_t(pieces) * lut_piece_rows(conv);
  const auto v12 = Isa::words(input.v1, input.v2);

  bool lacking = false;
#pragma omp parallel
  {
    const Parts parts(l, input.n, omp_get_num_threads());
    const int most_rows = (parts.lines - 1) * l.stride + l.kernel;
    const int rows = parts.images * (most_rows < l.in.h ? most_rows : l.in.h) * chunks;
    const int most_pixels = parts.images * parts.lines * l.output.w;

    // Lists: headers, then positions and starts of each; then the runs and the sums.
    const size_t positions = size_t(round_up(W * chunk + kSlack, 32));
    const size_t starts = size_t(round_up(W + 1, 16));
    const size_t headers = (size_t(rows) * sizeof(Lists) + 63) / 64 * 64;
    const size_t per_row = 2 * (positions * sizeof(uint16_t) + starts * sizeof(uint32_t));
    const size_t entries = run_entries(conv, most_pixels);
    const size_t sums_bytes = size_t(most_pixels) * sizeof(Sums<Isa, kRegisters>);
    auto* memory = static_cast<uint8_t*>(
        scratch(sums_bytes + headers + rows * per_row +
                pieces * (most_pixels * sizeof(Run) + entries * sizeof(uint16_t))));
    if (!memory) {
#pragma omp atomic write
      lacking = true;
    }
    void* sums = memory;
    auto* lists = reinterpret_cast<Lists*>(memory + sums_bytes);
    for (int r = 0; memory && r < rows; ++r) {
      auto* p = reinterpret_cast<uint16_t*>(memory + sums_bytes + headers + r * per_row);
      auto* s = reinterpret_cast<uint32_t*>(p + 2 * positions);
      lists[r] = {{p, p + positions}, {s, s + starts}};
    }
    auto* runs = reinterpret_cast<Run*>(memory + sums_bytes + headers + rows * per_row);
    auto* run_rows = reinterpret_cast<uint16_t*>(runs + size_t(pieces) * most_pixels);

#pragma omp for schedule(dynamic)
    for (int part = 0; part < parts.strips * parts.shares; ++part) {
      if (!memory) continue;
      const Strip strip = parts.strip(l, input.n, part / parts.shares);
      const int share = part % parts.shares, pixels = strip.images * strip.lines * l.output.w;
      for (int r = 0; r < strip.images * strip.rows; ++r)
        for (int c = 0; c < chunks; ++c) {
          const size_t row =
              size_t(strip.image + r / strip.rows) * l.in.h + strip.row + r % strip.rows;
          make_lists<Isa>(input.x + row * W * C + c * chunk, W, C, chunk,
                          C - c * chunk < chunk ? C - c * chunk : chunk, lists[r * chunks + c]);
        }
      for (int piece = 0; piece < pieces; ++piece)
        make_runs<Isa>(conv, piece, lists, strip, runs + size_t(piece) * pixels,
                       run_rows + size_t(piece) * entries);
      const size_t first_pixel =
          (size_t(strip.image) * l.output.h + strip.line) * size_t(l.output.w);
      for (int b = blocks * share / parts.shares; b < blocks * (share + 1) / parts.shares; ++b) {
        const int channel = b * kLutBlock;
        const int8_t* weights = conv.weights.data() + weight_rows * channel;
        if (K - channel > kLutBlock - kBytes)
          add_block<Isa, kRegisters>(conv, weights, channel, runs, pixels, v12, epilogue,
                                     first_pixel, static_cast<Sums<Isa, kRegisters>*>(sums), y);
        else
          add_block<Isa, 1>(conv, weights, channel, runs, pixels, v12, epilogue, first_pixel,
                            static_cast<Sums<Isa, 1>*>(sums), y);
      }
    }
  }
  if (lacking) throw_out_of_memory();
}

}  // namespace
}  // namespace tri
