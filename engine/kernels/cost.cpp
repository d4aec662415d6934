// How long the variants take, modelled: what decides between the kinds for a three-valued layer.
//
// A kernel's time is what its multiplications (or added rows of weights) take, on channels filled
// up to whole registers, and for lut what every pixel costs for each 64 channels. The numbers are
// fitted to VGG19's layers: for AVX2 in nanoseconds on a Zen 1 core, for AVX-512 relative to one
// multiplication of vpdpbusd on a Zen 5 core, where lut at 50, 75 and 90 % zeros took 0.86, 0.53
// and 0.33 times as long. Only ratios between the kinds of one instruction set count.
#include "engine/kernels/variants.h"

namespace tri {
namespace {

// Codes that are not zero times the channels that each of them is added to.
double additions(const Layer& l, double zeros, int R) {
  return (1 - zeros) * double(taps_inside(l)) * l.in.c * round_up(l.output.c, R);
}

double pixel_blocks(const Layer& l) {
  return double(l.output.h) * l.output.w * round_up(l.output.c, 64) / 64;
}

}  // namespace

int64_t taps_inside(const Layer& l) {
  int rows = 0, columns = 0;
  for (int o = 0; o < l.output.h; ++o) {
    const Taps taps = taps_inside(o, l.in.h, l);
    if (taps.last > taps.first) rows += taps.last - taps.first;
  }
  for (int o = 0; o < l.output.w; ++o) {
    const Taps taps = taps_inside(o, l.in.w, l);
    if (taps.last > taps.first) columns += taps.last - taps.first;
  }
  return int64_t(rows) * columns;
}

double cost_scalar(const PackedConv& conv, double zeros) { return additions(conv.layer, zeros, 1); }

double cost_int8_avx2(const PackedConv& conv, double) {
  const Layer& l = conv.layer;
  const double taps = conv.transformed.empty() ? double(taps_inside(l)) : 16.0 * winograd_tiles(l);
  return 0.061 * taps * l.in.c * round_up(l.output.c, 16);
}

double cost_lut_avx2(const PackedConv& conv, double zeros) {
  return 0.041 * additions(conv.layer, zeros, 32) + 180 * pixel_blocks(conv.layer);
}

double cost_int8_avx512(const PackedConv& conv, double) {
  const Layer& l = conv.layer;
  return double(taps_inside(l)) * l.in.c * round_up(l.output.c, 16);
}

double cost_lut_avx512(const PackedConv& conv, double zeros) {
  return 1.32 * additions(conv.layer, zeros, 64) + 33000 * pixel_blocks(conv.layer);
}

}  // namespace tri
