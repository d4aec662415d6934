// What the list of variants in int_conv.cpp gathers from the other files here, and what those files
// share. An object compiled for an instruction set must not define anything that another object
// could use in place of its own copy, so packing and memory, which need templates of the standard
// library, are in plain files.
#pragma once

#include <cstddef>

#include "engine/graph/window.h"
#include "engine/kernels/conv/int_conv.h"

namespace tri {

using ConvInput = ConvVariant::Input;

// cost.cpp
double cost_scalar(const PackedConv&, double zeros);
double cost_int8_avx2(const PackedConv&, double zeros);
double cost_lut_avx2(const PackedConv&, double zeros);
double cost_int8_amx(const PackedConv&, double zeros);
double cost_int8_avx512(const PackedConv&, double zeros);
double cost_lut_avx512(const PackedConv&, double zeros);

// The order of the contract: [rows][K].
PackedConv pack_scalar(const Layer& layer, const int8_t* weights);
void int8_scalar(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void lut_scalar(const PackedConv&, const ConvInput&, const Epilogue&, void* y);

// int8, AVX2: [K / 16][position][C / 4][c % 2][16 k][c / 2 % 2], zeros where K or C is no multiple;
// sums is [position][K rounded up to 16], the sum of a position's weights over the channels: what a
// position outside the map adds for each unit of pad_value. Depthwise: [K / 16][position / 2][16
// k][position % 2], and no sums. Winograd, where it pays: `transformed` alone, [K / 16][point][C /
// 2][16 k][c % 2].
PackedConv pack_int8_avx2(const Layer& layer, const int8_t* weights);
void int8_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void depthwise_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void winograd_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);

// int8, AVX-512: [K / 16][position][C / 4][16 k][c % 4], and sums as above. Depthwise: [K /
// 64][position / 4] [k / 4 % 4][k / 16 % 4][k % 4][position % 4], and no sums.
PackedConv pack_int8_avx512(const Layer& layer, const int8_t* weights);
void int8_avx512(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
void depthwise_avx512(const PackedConv&, const ConvInput&, const Epilogue&, void* y);

// int8, AMX: [K / 16][row / 4][16 k][row % 4], zeros where K is no multiple of 16 or the rows are
// none of 64. Depthwise: as for AVX-512.
PackedConv pack_int8_amx(const Layer& layer, const int8_t* weights);
void int8_amx(const PackedConv&, const ConvInput&, const Epilogue&, void* y);

// lut, registers of R bytes: a *piece* is kernel_rows rows of the kernel (the last one perhaps
// less) on one chunk of channels, pieces in the order (i, chunk). Weights are [block of kLutBlock
// k][piece][row][k, see lut_column], the last block R wide where that holds the rest of K; the rows
// of a piece are [i][j][c of the chunk] and one of zeros. A *group* is a run of pieces whose
// weights can be summed in 16 bits, whatever the codes are: [groups[g], groups[g + 1]).
constexpr int kLutBlock = 64;
[[maybe_unused]] static inline int lut_piece_rows(const PackedConv& p) {
  return p.kernel_rows * p.layer.kernel * p.chunk + 1;
}
PackedConv pack_lut_avx2(const Layer& layer, const int8_t* weights);
void lut_avx2(const PackedConv&, const ConvInput&, const Epilogue&, void* y);
PackedConv pack_lut_avx512(const Layer& layer, const int8_t* weights);
void lut_avx512(const PackedConv&, const ConvInput&, const Epilogue&, void* y);

// Channel k of R stands in this byte of a row: interleaving two rows by bytes and their sums by
// 16-bit words, each in 16 bytes of a register, then leaves the channels in order.
constexpr int lut_column(int k, int R) { return k % (R / 4) / 4 * 16 + k / (R / 4) * 4 + k % 4; }

constexpr int round_up(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Kernel positions inside the map, over all output pixels of a picture.
int64_t positions_inside(const Layer& l);

// Tiles of 2x2 outputs, the last of a row or column perhaps in part.
[[maybe_unused]] static inline int winograd_tiles(const Layer& l) {
  return ((l.output.h + 1) / 2) * ((l.output.w + 1) / 2);
}

// At least `bytes` of memory, aligned to 64, of the calling thread: kept for its next call here,
// which may overwrite it. The second is another one, for what a thread makes for its whole team.
void* scratch(size_t bytes);
void* shared_scratch(size_t bytes);

}  // namespace tri
