// How long the variants take, modeled: what decides between the kinds for a three-valued layer.
//
// A kernel's time is what its multiplications (or added rows of weights) take, on channels filled
// up to whole registers, and for lut what every pixel costs for each 64 channels. The numbers are
// fitted to VGG19's layers at 50 to 90 % zeros: for AVX2 in nanoseconds on a Zen 3 core, for
// AVX-512 in picoseconds on a Zen 5 core, where making lists of codes and the start of every run
// count too, for AMX in what makes them right beside lut on a Xeon that has it. NEON's are counted,
// not measured. Only ratios between the kinds of one instruction set count.
#include "engine/kernels/conv/layout.h"
#include "engine/kernels/conv/variants.h"

namespace tri {
namespace {

// Codes that are not zero times the channels that each of them is added to.
double additions(const Layer& l, double zeros, int R) {
  return (1 - zeros) * double(positions_inside(l)) * l.in.c * round_up(l.output.c, R);
}

double pixel_blocks(const Layer& l) {
  return double(l.output.h) * l.output.w * round_up(l.output.c, 64) / 64;
}

// Kernel positions inside the map, over all outputs of an axis.
int64_t axis_positions(int outputs, int size, const Layer& l) {
  int64_t sum = 0;
  for (int o = 0; o < outputs; ++o) {
    const KernelRange inside = kernel_inside(o, size, l);
    if (inside.last > inside.first) sum += inside.last - inside.first;
  }
  return sum;
}

// Of the lut kernel, for each block of 64 channels.
double runs(const PackedConv& conv) {
  const Layer& l = conv.layer;
  const int chunks = (l.in.c + conv.lut.chunk - 1) / conv.lut.chunk;
  return double(axis_positions(l.output.h, l.in.h, l)) / conv.lut.kernel_rows * l.output.w *
         chunks * round_up(l.output.c, 64) / 64;
}

}  // namespace

int64_t positions_inside(const Layer& l) {
  return axis_positions(l.output.h, l.in.h, l) * axis_positions(l.output.w, l.in.w, l);
}

double cost_scalar(const PackedConv& conv, double zeros) { return additions(conv.layer, zeros, 1); }

double cost_int8_avx2(const PackedConv& conv, double) {
  const Layer& l = conv.layer;
  if (!conv.transformed.empty()) {
    const double products = 16.0 * winograd_tiles(l) * l.in.c * round_up(l.output.c, 16);
    const bool far = conv.transformed.size() * sizeof(int16_t) >= 4 << 20;  // from memory
    return (far ? 0.033 : 0.0215) * products;
  }
  const double outputs = double(positions_inside(l)) / (l.kernel * l.kernel);
  return outputs * ((conv.together == 8 ? 0.0106 : 0.0132) * double(conv.weights.size()) +
                    0.0125 * double(conv.excess.weights.size()));
}

double cost_lut_avx2(const PackedConv& conv, double zeros) {
  return 0.0185 * additions(conv.layer, zeros, 32) + 125 * pixel_blocks(conv.layer);
}

// Instructions of the inner loops, and for each pixel as much beside them as on AVX2.
double cost_int8_neon(const PackedConv& conv, double) { return additions(conv.layer, 0, 16) / 2.6; }

double cost_int8_dotprod(const PackedConv& conv, double) {
  return additions(conv.layer, 0, 16) / 7.2;
}

double cost_lut_neon(const PackedConv& conv, double zeros) {
  return additions(conv.layer, zeros, 32) / 4.3 + 1570 * pixel_blocks(conv.layer);
}

double cost_int8_avx512(const PackedConv& conv, double) {
  const Layer& l = conv.layer;
  const double pixels = double(l.output.h) * l.output.w;
  return (1.97 * double(positions_inside(l)) * l.in.c + 153 * pixels) * round_up(l.output.c, 16);
}

double cost_int8_amx(const PackedConv& conv, double) {
  const Layer& l = conv.layer;
  const double pixels = double(l.output.h) * l.output.w;
  const double rows = round_up(l.rows(), 64);
  return pixels * ((0.28 * rows + 100) * round_up(l.output.c, 16) + 9 * rows);
}

double cost_lut_avx512(const PackedConv& conv, double zeros) {
  return 3.5 * additions(conv.layer, zeros, 64) + 3400 * runs(conv) +
         474 * double(conv.layer.in.size());
}

}  // namespace tri
