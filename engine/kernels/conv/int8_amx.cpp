// int8 convolution for AMX, whose tiles hold 16 pixels x 64 bytes of their patches, or 64 rows of
// the weights x 16 output channels, and sum what both multiply to. A patch is what
// lies under the kernel at a pixel, what is outside the map too: every layer is a product of
// matrices.
#include <omp.h>

#include <cstring>

#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"
#include "engine/kernels/dispatch/tiles_amx.h"
#include "engine/kernels/epilogue/epilogue_avx512.h"

namespace tri {
namespace {

constexpr int kPixels = 32, kChannels = 32;  // of a block
constexpr int kRun = 8 * kPixels;            // pixels whose patches are copied at once
constexpr int kTileBytes = 1024;

void copy(const uint8_t* from, int bytes, uint8_t* to) {
  for (; bytes >= 64; bytes -= 64, from += 64, to += 64)
    _mm512_storeu_si512(to, _mm512_loadu_si512(from));
  const __mmask64 rest = (__mmask64(1) << bytes) - 1;
  if (bytes > 0) _mm512_mask_storeu_epi8(to, rest, _mm512_maskz_loadu_epi8(rest, from));
}

// The patches of output pixels (oh, first) .. (oh, last - 1), `stride` bytes apart: one row of the
// kernel after the other, as most of these are neighbors in the map. map: [in.h][in.w][C].
void copy_row(const Layer& l, const uint8_t* map, int oh, int first, int last, uint8_t pad,
              ptrdiff_t stride, uint8_t* to) {
  const int C = l.in.c, row = l.kernel * C;
  const KernelRange rows = kernel_inside(oh, l.in.h, l);
  for (int i = 0; i < l.kernel; ++i, to += row) {
    const bool inside = i >= rows.first && i < rows.last;
    const ptrdiff_t line = ptrdiff_t(oh * l.stride - l.pad + i) * l.in.w;
    uint8_t* at = to;
    for (int ow = first; ow < last; ++ow, at += stride) {
      const KernelRange columns = kernel_inside(ow, l.in.w, l);
      const bool whole = inside && columns.first == 0 && columns.last == l.kernel;
      const ptrdiff_t start = line + ow * l.stride - l.pad + columns.first;
      if (!whole) std::memset(at, pad, size_t(row));
      if (inside && columns.first < columns.last)
        copy(map + start * C, (columns.last - columns.first) * C, at + columns.first * C);
    }
  }
}

// The patches of pixels first .. last-1 of the batch.
void copy_patches(const Layer& l, const ConvInput& input, int first, int last, ptrdiff_t stride,
                  uint8_t* to) {
  const int W = l.output.w;
  for (int pixel = first; pixel < last;) {
    const int row = pixel / W, ow = pixel % W;
    const int count = W - ow < last - pixel ? W - ow : last - pixel;
    copy_row(l, input.x + size_t(row / l.output.h) * l.in.size(), row % l.output.h, ow, ow + count,
             input.pad_value, stride, to);
    pixel += count, to += count * stride;
  }
}

// Sums [32 pixels][kChannels] of 16 channels, or of 32. x: the patches, so many bytes apart; w: the
// weights, `steps` tiles for each 16 channels.
template <int Tiles>
void block(const uint8_t* x, ptrdiff_t stride, const int8_t* w, int steps, int32_t* sums) {
  const ptrdiff_t next = ptrdiff_t(steps) * kTileBytes;
  before_tile_loads();
  _tile_zero(0);
  _tile_zero(1);
  if constexpr (Tiles == 2) {
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int s = 0; s < steps; ++s, x += 64, w += kTileBytes) {
    _tile_loadd(4, x, stride);
    _tile_loadd(6, w, 64);
    _tile_dpbusd(0, 4, 6);
    _tile_loadd(5, x + 16 * stride, stride);
    _tile_dpbusd(1, 5, 6);
    if constexpr (Tiles == 2) {
      _tile_loadd(7, w + next, 64);
      _tile_dpbusd(2, 4, 7);
      _tile_dpbusd(3, 5, 7);
    }
  }
  constexpr int kRow = kChannels * sizeof(int32_t);
  _tile_stored(0, sums, kRow);
  _tile_stored(1, sums + 16 * kChannels, kRow);
  if constexpr (Tiles == 2) {
    _tile_stored(2, sums + 16, kRow);
    _tile_stored(3, sums + 16 * kChannels + 16, kRow);
  }
}

// Pixels first .. last-1 of the batch, channels from .. to-1, `from` a multiple of kChannels.
// room: memory for the patches of a run, `stride` bytes apart.
void run(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, int first,
         int last, int from, int to, ptrdiff_t stride, uint8_t* room, void* y) {
  const Layer& l = conv.layer;
  const int K = l.output.c, steps = (l.rows() + 63) / 64;
  const uint8_t* x = room;
  if (l.kernel == 1 && l.stride == 1 && l.pad == 0 && l.in.c % 64 == 0 && last - first == kRun)
    x = input.x + ptrdiff_t(first) * l.in.c, stride = l.in.c;  // they are patches already
  else
    copy_patches(l, input, first, last, stride, room);

  alignas(64) int32_t sums[kPixels * kChannels];
  for (int k = from; k < to; k += kChannels) {
    const int8_t* w = conv.weights.data() + ptrdiff_t(k) / 16 * steps * kTileBytes;
    const int end = to - k < kChannels ? to : k + kChannels;
    for (int pixel = first; pixel < last; pixel += kPixels) {
      (end - k > 16 ? block<2> : block<1>)(x + (pixel - first) * stride, stride, w, steps, sums);
      const int count = last - pixel < kPixels ? last - pixel : kPixels;
      finish_pixels_avx512(
          epilogue, sums, kChannels, count, k, end, K, [=](int p) { return size_t(pixel + p); }, y);
    }
  }
}

}  // namespace

void int8_amx(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  const Layer& l = conv.layer;
  if (l.kind == Kind::depthwise) return depthwise_avx512(conv, input, epilogue, y);
  const int pixels = input.n * l.output.h * l.output.w, runs = (pixels + kRun - 1) / kRun;
  // An odd number of cache lines, so that the patches of a tile do not share a set of the cache.
  const ptrdiff_t stride = round_up(l.rows(), 64) | 64;
  bool lacking = false;
#pragma omp parallel
  {
    // Where there are few runs, threads share their channels.
    const int threads = omp_get_num_threads(), blocks = (l.output.c + kChannels - 1) / kChannels;
    const int wanted = threads == 1 ? 1 : (4 * threads + runs - 1) / runs;
    const int shares = wanted < blocks ? wanted : blocks;
    auto* room = static_cast<uint8_t*>(scratch(size_t(kRun) * size_t(stride)));
    if (!room) {
#pragma omp atomic write
      lacking = true;
    }
    const Tiles tiles;
#pragma omp for schedule(dynamic)
    for (int item = 0; item < runs * shares; ++item) {
      if (!room) continue;
      const int first = item / shares * kRun, share = item % shares;
      const int last = first + kRun < pixels ? first + kRun : pixels;
      const int from = blocks * share / shares * kChannels;
      const int to = blocks * (share + 1) / shares * kChannels;
      run(conv, input, epilogue, first, last, from, to < l.output.c ? to : l.output.c, stride, room,
          y);
    }
  }
  if (lacking) throw_out_of_memory();
}

}  // namespace tri
