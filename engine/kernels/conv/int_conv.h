// Integer convolutions on packed weights: the contract of every variant, and their list.
//
//   A[n][oh][ow][k] = bias[k] + sum over (i, j, c) of x(n, oh*stride+i-pad, ow*stride+j-pad, c) * w
//
// with w = weights[(i * kernel + j) * C + c][k] (depthwise: c = k, weights[i * kernel + j][k]).
// Two kinds differ in what an input byte means:
//   int8  the byte is the value x, 0..255; outside the map is `pad_value`.
//   lut   the byte is a code 0, 1 or 2 that stands for 0, v1, v2; outside the map is 0.
//         No multiplication by a weight: A = bias + v1 * S1 + v2 * S2, where S1 (S2) sums the
//         weights under code 1 (2). Not for depthwise.
// A is an exact 32-bit integer (|sum| < 2^31 is checked when weights are packed: 255 * sum of |w|),
// so all variants agree bit for bit, for any number of threads. What becomes of A is the Epilogue's
// matter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/layer.h"
#include "engine/graph/tensor.h"
#include "engine/kernels/dispatch/isa.h"
#include "engine/kernels/epilogue/epilogue.h"

namespace tri {

enum class ConvKind : uint8_t { int8, lut };

// How a lut variant cuts its weights: a *piece* is kernel_rows rows of the kernel (the last one
// perhaps less) on one chunk of channels, pieces in the order (i, chunk). A *group* is a run of
// pieces whose weights can be summed in 16 bits, whatever the codes are: [groups[g], groups[g +
// 1]).
struct LutPieces {
  int chunk = 0, kernel_rows = 1;
  std::vector<int> groups;
};

// Parts of weights that int8 AVX2 adds by themselves, as they do not fit its sums of 16 bits.
struct Excess {
  Buffer<int8_t> weights;       // [entry][16 k][4 c]
  std::vector<int32_t> places;  // [entry]: of its channels in x, from kernel position (0, 0) on
  std::vector<int32_t> begin;   // [K / 16][position], and one: where its entries begin
};

// Weights in the order one variant reads them. Made once, at load, by that variant's pack(); no
// other can read them. layout.h states the orders.
struct PackedConv {
  Layer layer;  // resolved; its in, output, kernel, stride, pad are the geometry
  Buffer<int8_t> weights;
  // Empty but where a variant has a use for it:
  Buffer<int32_t> position_sums;  // [position][K rounded up to 16]: what a kernel position outside
                                  // the map adds for each unit of pad_value
  Buffer<int16_t> transformed;    // Winograd's, in place of weights
  Excess excess;
  int together = 0;  // int8 AVX2: so many channels are added in 16 bits, 4 or 8
  LutPieces lut;
};

struct ConvVariant {
  Isa isa;
  ConvKind kind;
  bool (*runnable)();  // does this CPU have what it needs?
  // weights: [layer.rows()][layer.output.c].
  PackedConv (*pack)(const Layer& layer, const int8_t* weights);
  // x: [n][in.h][in.w][in.c]; y: [n][output.h][output.w][output.c] of uint8_t or int32_t.
  // int8: pad_value; lut: v1, v2.
  struct Input {
    const uint8_t* x;
    int n;
    uint8_t pad_value = 0;
    uint8_t v1 = 0, v2 = 0;
  };
  void (*run)(const PackedConv& conv, const Input& input, const Epilogue& epilogue, void* y);
  // Modeled time for a picture of which a share `zeros` (0..1) of the input is 0, in a unit that
  // the kinds chosen for one isa share. Linear in `zeros`.
  double (*cost)(const PackedConv& conv, double zeros);
};

// Every variant compiled in, best first.
const std::vector<ConvVariant>& conv_variants();

// The best of a kind that runs here, for the ISA that is named, or chosen_isa(). Throws as
// isa_of().
const ConvVariant& conv_variant(ConvKind kind, const std::string& isa = "");

}  // namespace tri
