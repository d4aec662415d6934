// int8 convolution in blocks of pixels x output channels that stay in registers while all
// positions of the kernel and channels are summed. Pixels of a block have the same positions inside
// the map; the others are skipped, since what they add is the same for the whole block.
//
// `Isa` holds what differs between instruction sets: the largest block, kPixels x kChannels, the
// blocks themselves (channels a multiple of 16) and the epilogue.
#pragma once

#include <omp.h>

#include <cstring>

#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"

namespace tri {
namespace {

// Output positions [begin, end) along one axis that have the same kernel positions inside the map.
struct Range {
  int begin, end;
  KernelRange inside;
};

Range range_from(int o, int outputs, int size, const Layer& l) {
  const KernelRange inside = kernel_inside(o, size, l);
  int end = o + 1;
  while (end < outputs && kernel_inside(end, size, l) == inside) ++end;
  return {o, end, inside};
}

struct Job {
  const Layer& l;
  const uint8_t* x;  // [n][in.h][in.w][C], C a multiple of 4
  int C, n;
  const PackedConv& conv;
  int pad_value;
  const Epilogue& epilogue;
  void* y;
};

// x: where kernel position (0, 0) of each pixel falls (it may be outside); channel: the block's
// first; sums: [pixels][channels], set to `start` plus the positions inside.
using Block = void (*)(const Job&, const uint8_t* const* x, int channel, KernelRange rows,
                       KernelRange columns, const int32_t* start, int32_t* sums);

// What the positions outside the map add to channels first .. first+count-1.
void outside(const Job& job, KernelRange rows, KernelRange columns, int first, int count,
             int32_t* start) {
  std::memset(start, 0, size_t(count) * sizeof *start);
  if (job.pad_value == 0) return;
  const int K16 = round_up(job.l.output.c, 16);
  for (int i = 0; i < job.l.kernel; ++i)
    for (int j = 0; j < job.l.kernel; ++j) {
      if (i >= rows.first && i < rows.last && j >= columns.first && j < columns.last) continue;
      const int32_t* sum = job.conv.position_sums.data() + (i * job.l.kernel + j) * K16 + first;
      for (int k = 0; k < count; ++k) start[k] += job.pad_value * sum[k];
    }
}

// Pixels first .. last-1, counted over the batch, of the rectangle rows x columns; a block's
// channels.
template <class Isa>
void tile(const Job& job, Range rows, Range columns, int first, int last, int channel) {
  const Layer& l = job.l;
  const int left = l.output.c - channel, count = left < Isa::kChannels ? left : Isa::kChannels;
  const int width = round_up(count, 16);
  const int height = rows.end - rows.begin, breadth = columns.end - columns.begin;
  alignas(64) int32_t start[Isa::kChannels], sums[Isa::kPixels * Isa::kChannels];
  outside(job, rows.inside, columns.inside, channel, width, start);

  int ow = first % breadth, oh = first / breadth % height, n = first / breadth / height;
  for (int pixel = first; pixel < last; pixel += Isa::kPixels) {
    const int pixels = last - pixel < Isa::kPixels ? last - pixel : Isa::kPixels;
    const uint8_t* x[Isa::kPixels];
    size_t target[Isa::kPixels];
    for (int p = 0; p < pixels; ++p) {
      const int h = rows.begin + oh, v = columns.begin + ow;
      const ptrdiff_t line = ptrdiff_t(n) * l.in.h + h * l.stride - l.pad;
      x[p] = job.x + (line * l.in.w + v * l.stride - l.pad) * job.C;
      target[p] = (size_t(n) * l.output.h + h) * l.output.w + v;
      if (++ow == breadth) {
        ow = 0;
        if (++oh == height) oh = 0, ++n;
      }
    }
    Isa::block(job.conv, pixels, width)(job, x, channel, rows.inside, columns.inside, start, sums);
    Isa::finish(job.epilogue, sums, width, pixels, channel, channel + count, l.output.c, target,
                job.y);
  }
}

// Calls f(rows, columns) for the rectangles of output pixels that have the same kernel positions
// inside the map.
template <class Do>
void for_each_rectangle(const Layer& l, Do f) {
  for (int oh = 0; oh < l.output.h;) {
    const Range rows = range_from(oh, l.output.h, l.in.h, l);
    for (int ow = 0; ow < l.output.w;) {
      const Range columns = range_from(ow, l.output.w, l.in.w, l);
      f(rows, columns);
      ow = columns.end;
    }
    oh = rows.end;
  }
}

template <class Isa>
void int8_convolution(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                      void* y) {
  constexpr int kTile = 24 * Isa::kPixels;  // pixels that one run over a block's weights serves
  const Layer& l = conv.layer;
  const int C = round_up(l.in.c, 4), pixels = input.n * l.in.h * l.in.w;
  uint8_t* widened =
      C == l.in.c ? nullptr : static_cast<uint8_t*>(shared_scratch(size_t(pixels) * C));
  const Job job{l, widened ? widened : input.x, C, input.n, conv, input.pad_value, epilogue, y};
  const int blocks = (l.output.c + Isa::kChannels - 1) / Isa::kChannels;

#pragma omp parallel
  {
    if (widened) {
#pragma omp for
      for (int p = 0; p < pixels; ++p) {  // the channels added have weights of 0
        std::memcpy(widened + size_t(p) * C, input.x + size_t(p) * l.in.c, size_t(l.in.c));
        std::memset(widened + size_t(p) * C + l.in.c, 0, size_t(C - l.in.c));
      }
    }
    const bool few = input.n * l.output.h * l.output.w <= kTile;
    if (few && blocks >= omp_get_num_threads()) {  // weights are read once, for all rectangles
#pragma omp for schedule(dynamic)
      for (int block = 0; block < blocks; ++block)
        for_each_rectangle(l, [&](Range rows, Range columns) {
          tile<Isa>(job, rows, columns, 0,
                    input.n * (rows.end - rows.begin) * (columns.end - columns.begin),
                    block * Isa::kChannels);
        });
    } else {
      for_each_rectangle(l, [&](Range rows, Range columns) {
        const int count = input.n * (rows.end - rows.begin) * (columns.end - columns.begin);
        const int tiles = (count + kTile - 1) / kTile;
#pragma omp for schedule(dynamic) nowait
        for (int item = 0; item < tiles * blocks; ++item) {
          const int first = item / blocks * kTile;
          tile<Isa>(job, rows, columns, first, first + kTile < count ? first + kTile : count,
                    item % blocks * Isa::kChannels);
        }
      });
    }
  }
}

}  // namespace
}  // namespace tri
