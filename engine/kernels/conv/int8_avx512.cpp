// int8 convolution for AVX-512 VNNI: blocks of 6 pixels x 64 output channels. vpdpbusd multiplies
// four channels' bytes, broadcast, with those of the weights and adds them to sums of 32 bits.
#include "engine/kernels/conv/int8_blocks.h"
#include "engine/kernels/epilogue/epilogue_avx512.h"

namespace tri {
namespace {

// P pixels, B registers of 16 channels.
template <int P, int B>
void pixels_x_registers(const Job& job, const uint8_t* const* x, int channel, KernelRange rows,
                        KernelRange columns, const int32_t* start, int32_t* sums) {
  const int C = job.C, kernel = job.l.kernel;
  const int8_t* weights = job.conv.weights.data() + size_t(channel) * kernel * kernel * C;
  const ptrdiff_t next = ptrdiff_t(kernel) * kernel * C * 16;  // weights of the next 16 channels
  __m512i a[P][B];
  for (int p = 0; p < P; ++p)
    for (int b = 0; b < B; ++b) a[p][b] = _mm512_loadu_si512(start + 16 * b);
  for (int i = rows.first; i < rows.last; ++i) {
    // The positions of a kernel row lie one after another, in the map as in the weights.
    const ptrdiff_t from = (ptrdiff_t(i) * job.l.in.w + columns.first) * C;
    const ptrdiff_t to = from + ptrdiff_t(columns.last - columns.first) * C;
    const int8_t* quad = weights + (i * kernel + columns.first) * C * 16;
    for (ptrdiff_t c = from; c < to; c += 4, quad += 64) {
      __m512i w[B];
      for (int b = 0; b < B; ++b) w[b] = _mm512_load_si512(quad + b * next);
      for (int p = 0; p < P; ++p) {
        int32_t bytes;
        std::memcpy(&bytes, x[p] + c, 4);
        const __m512i v = _mm512_set1_epi32(bytes);
        for (int b = 0; b < B; ++b) a[p][b] = _mm512_dpbusd_epi32(a[p][b], v, w[b]);
      }
    }
  }
  for (int p = 0; p < P; ++p)
    for (int b = 0; b < B; ++b) _mm512_store_si512(sums + (p * B + b) * 16, a[p][b]);
}

template <int B>
constexpr Block kBlocks[] = {pixels_x_registers<1, B>, pixels_x_registers<2, B>,
                             pixels_x_registers<3, B>, pixels_x_registers<4, B>,
                             pixels_x_registers<5, B>, pixels_x_registers<6, B>};

struct Avx512 {
  static constexpr int kPixels = 6, kChannels = 64;
  static Block block(const PackedConv&, int pixels, int channels) {
    static constexpr const Block* kByChannels[] = {kBlocks<1>, kBlocks<2>, kBlocks<3>, kBlocks<4>};
    return kByChannels[channels / 16 - 1][pixels - 1];
  }
  static void finish(const Epilogue& e, const int32_t* sums, int row, int pixels, int first,
                     int last, int K, const size_t* target, void* y) {
    finish_pixels_avx512(
        e, sums, row, pixels, first, last, K, [=](int p) { return target[p]; }, y);
  }
};

}  // namespace

void int8_avx512(const PackedConv& conv, const ConvInput& input, const Epilogue& epilogue,
                 void* y) {
  if (conv.layer.kind == Kind::depthwise)
    depthwise_avx512(conv, input, epilogue, y);
  else
    int8_convolution<Avx512>(conv, input, epilogue, y);
}

}  // namespace tri
