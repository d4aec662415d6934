// int8 convolution for NEON, blocks of some pixels x 16 output channels. Codes less 128 are
// signed, as weights are; 128 times the sums of the weights make up for it.
//
// `Products` holds what differs between its instructions:
//   kPixels             of the largest block, at most 6: its sums fit the 32 registers
//   kSums               registers of sums a pixel
//   add(sums, x, w)     adds the products of four codes, repeated, with [16 k][4 c] weights
//   total(sums, i)      the sums of channels 4 i .. 4 i + 3
#pragma once

#include <arm_neon.h>

#include "engine/kernels/conv/int8_blocks.h"

namespace tri {
namespace {

template <class Products, int P>
void pixels_x_16(const Job& job, const uint8_t* const* x, int channel, KernelRange rows,
                 KernelRange columns, const int32_t* start, int32_t* sums) {
  const int C = job.C, kernel = job.l.kernel, K16 = round_up(job.l.output.c, 16);
  const int8_t* weights = job.conv.weights.data() + size_t(channel) * kernel * kernel * C;
  int32x4_t all[4], a[P][Products::kSums] = {};
  for (int i = 0; i < 4; ++i) all[i] = vld1q_s32(start + 4 * i);
  for (int i = rows.first; i < rows.last; ++i) {
    const int32_t* sum =
        job.conv.position_sums.data() + (i * kernel + columns.first) * K16 + channel;
    for (int j = columns.first; j < columns.last; ++j, sum += K16)
      for (int b = 0; b < 4; ++b) all[b] = vmlaq_n_s32(all[b], vld1q_s32(sum + 4 * b), 128);
    // The positions of a kernel row lie one after another, in the map as in the weights.
    const ptrdiff_t from = (ptrdiff_t(i) * job.l.in.w + columns.first) * C;
    const ptrdiff_t to = from + ptrdiff_t(columns.last - columns.first) * C;
    const int8_t* quad = weights + (i * kernel + columns.first) * C * 16;
    for (ptrdiff_t c = from; c < to; c += 4, quad += 64) {
      int8x16_t w[4];
      for (int b = 0; b < 4; ++b) w[b] = vld1q_s8(quad + 16 * b);
      for (int p = 0; p < P; ++p) {
        uint32_t bytes;
        std::memcpy(&bytes, x[p] + c, 4);
        Products::add(a[p], vreinterpretq_s8_u32(vdupq_n_u32(bytes ^ 0x80808080)), w);
      }
    }
  }
  for (int p = 0; p < P; ++p)
    for (int b = 0; b < 4; ++b)
      vst1q_s32(sums + p * 16 + 4 * b, vaddq_s32(all[b], Products::total(a[p], b)));
}

template <class Products>
constexpr Block kBlocks[] = {pixels_x_16<Products, 1>, pixels_x_16<Products, 2>,
                             pixels_x_16<Products, 3>, pixels_x_16<Products, 4>,
                             pixels_x_16<Products, 5>, pixels_x_16<Products, 6>};

template <class Products>
struct Neon {
  static constexpr int kPixels = Products::kPixels, kChannels = 16;
  static Block block(const PackedConv&, int pixels, int) { return kBlocks<Products>[pixels - 1]; }
  static void finish(const Epilogue& e, const int32_t* sums, int row, int pixels, int first,
                     int last, int K, const size_t* target, void* y) {
    for (int p = 0; p < pixels; ++p) tri::finish(e, sums + p * row, first, last, K, target[p], y);
  }
};

template <class Products>
void int8_by(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue, void* y) {
  if (conv.layer.kind == Kind::depthwise)
    int8_scalar(conv, input, epilogue, y);  // the compiler's vectors do
  else
    int8_convolution<Neon<Products>>(conv, input, epilogue, y);
}

}  // namespace
}  // namespace tri
