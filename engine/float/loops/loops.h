// The inner loops of the float path and of calibration, compiled for several instruction sets; the
// best one this CPU runs is chosen at run time. Threads, memory and algorithms are left to the ops
// that call them.
//
// Every variant gives the same bits: the terms of a channel are added in the same order and no
// product is fused into a sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/kernels/dispatch/isa.h"

namespace tri {

// Where the taps of a depthwise filter fall, by output pixel: the source row of tap i at row h is
// rows[h * kTaps + i], the column of tap j at column w is columns[w * kTaps + j]; -1: outside.
struct DepthwiseMap {
  static constexpr int kTaps = 3;
  int H, W, C, source_W;
  const int *rows, *columns;
};

// A map of H x W pixels in tiles of m x m, tw of them in a row; `plane` floats lie between the
// matrices of two positions.
struct WinogradMap {
  int H, W, D, th, tw;
  size_t plane;
};

// The transforms of one filtering F(m x m, r x r), named as in engine/float/winograd.h; A = m + r
// - 1.
struct WinogradLoops {
  int m, r;
  // u [A * A] planes = G w G' for the channel pairs [begin, end) of w [r * r][pairs]; and
  // w = G' u G.
  void (*weights_in)(size_t begin, size_t end, size_t pairs, const float* w, size_t plane,
                     float* u);
  void (*weights_out)(size_t begin, size_t end, size_t pairs, const float* u, size_t plane,
                      float* w);
  // Tiles [begin, end) of pixels [pictures][H][W][D] -> out [A * A] planes [tile][D]: B' d B of
  // inputs, A dy A' of the gradients of outputs.
  void (*inputs_in)(const WinogradMap&, const float* pixels, int begin, int end, float* out);
  void (*gradients_in)(const WinogradMap&, const float* pixels, int begin, int end, float* out);
  // Planes -> pixels of one picture, for one row of tiles, in [A * A] planes [tile of the
  // picture][D]: outputs are set, the gradients of inputs are added to.
  void (*outputs_out)(const WinogradMap&, const float* in, int tile_row, float* pixels);
  void (*gradients_out)(const WinogradMap&, const float* in, int tile_row, float* pixels);
};

// A staircase as floats, in codes: engine/arithmetic/trisegment.h. width: its width(); nonzero: the
// gradient of a value being above 0.
struct FloatStaircase {
  float t1, v1, t2, v2, width, nonzero;
};

struct Loops {
  // Batch norm over `rows` rows of K channels; z = a * y + b is what ReLU sees.
  // sum, squares [K] += of y - center.
  void (*moments)(int rows, int K, const float* y, const float* center, float* sum, float* squares);
  // out = relu(z), rounded to codes of `scale` where that is above 0.
  void (*relu_forward)(int rows, int K, const float* y, const float* a, const float* b, float scale,
                       float* out);
  // out = z, rounded to signed codes of `scale` where that is above 0.
  void (*linear_forward)(int rows, int K, const float* y, const float* a, const float* b,
                         float scale, float* out);
  // out = the value of the staircase for the code of z.
  void (*staircase_forward)(int rows, int K, const float* y, const float* a, const float* b,
                            float scale, const FloatStaircase& f, float* out);
  // d = d where least < z < most, else 0; sum += d, product += d * (y - mean).
  void (*clamp_backward)(int rows, int K, const float* y, const float* a, const float* b,
                         float least, float most, const float* mean, float* d, float* sum,
                         float* product);
  // d = d * slope(z): around each threshold a triangle that reaches as far as the staircase's width
  // on either side, whose area is the jump there; being above 0 jumps by 1 at the first. sum,
  // product as before.
  void (*staircase_backward)(int rows, int K, const float* y, const float* a, const float* b,
                             float scale, const FloatStaircase& f, const float* mean, float* d,
                             float* sum, float* product);
  // d = a * (d - shift - (y - mean) * slope).
  void (*norm_backward)(int rows, int K, const float* y, const float* a, const float* mean,
                        const float* shift, const float* slope, float* d);

  // One picture. source: that of the map, w: [kTaps * kTaps][C], out: [H][W][C], overwritten.
  void (*depthwise)(const DepthwiseMap&, const float* source, const float* w, float* out);
  // dw [kTaps * kTaps][C] += source (under each tap) * d.
  void (*depthwise_weights)(const DepthwiseMap&, const float* source, const float* d, float* dw);

  // C channels of one pixel of a window. best = max(best, x); where = `in` where that changed it.
  void (*max_forward)(int C, const float* x, float* best);
  void (*max_where)(int C, const float* x, int in, float* best, int* where);
  // dx += dy where where == in.
  void (*max_backward)(int C, const float* dy, const int* where, int in, float* dx);

  // Nesterov momentum: engine/float/optim.h.
  void (*sgd)(size_t count, float rate, float momentum, float decay, const float* grads,
              float* params, float* velocity);

  WinogradLoops f23, f43, f25;

  // Channels first .. last-1 of a [rows][K]: sum, squares [K] += of a.
  void (*integer_moments)(size_t rows, int K, int first, int last, const int32_t* a, double* sum,
                          double* squares);
};

struct LoopsVariant {
  Isa isa;
  bool (*runnable)();  // does this CPU have what it needs?
  const Loops* loops;
};

// Every variant compiled in, best first.
const std::vector<LoopsVariant>& loops_variants();
// The best that runs here, for the ISA that is named, or chosen_isa(). Throws as isa_of().
const LoopsVariant& loops_variant(const std::string& isa = "");
const Loops& loops();  // those of loops_variant()

}  // namespace tri
