// The orders in which weights are packed, and what the bodies that read them share. An object
// compiled for an instruction set must not define anything that another object could use in place
// of its own copy: what is defined here is static, and packing and memory, which need templates of
// the standard library, are in plain files.
//
//   scalar       [rows][K], the order of the contract.
//   int8 AVX2    [K / 16][position][C / 4][16 k][c % 4], zeros where K or C is no multiple, less
//                what is in `excess`; position_sums.
//     depthwise  [K / 16][position / 2][16 k][position % 2].
//     Winograd   `transformed` alone, where it costs less: [K / 16][point][C / 2][16 k][c % 2].
//   int8 AVX512  [K / 16][position][C / 4][16 k][c % 4]; position_sums.
//     depthwise  [K / 64][position / 4][k / 4 % 4][k / 16 % 4][k % 4][position % 4].
//   int8 AMX     [K / 16][row / 4][16 k][row % 4], zeros where K is no multiple of 16 or the rows
//   are
//                none of 64. Depthwise as for AVX-512.
//   int8 NEON    as AVX512, which is also what dot products read. Depthwise as scalar.
//   lut          in pieces, see LutPieces, in registers of R bytes: [block of kLutBlock
//   k][piece][row]
//                [k, see lut_column], the last block R wide where that holds the rest of K. The
//                rows of a piece are [i][j][c of the chunk] and one of zeros.
#pragma once

#include <cstddef>

#include "engine/graph/window.h"
#include "engine/kernels/conv/int_conv.h"

namespace tri {

static constexpr int round_up(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static constexpr int kLutBlock = 64;
[[maybe_unused]] static inline int lut_piece_rows(const PackedConv& p) {
  return p.lut.kernel_rows * p.layer.kernel * p.lut.chunk + 1;
}

// Channel k of R stands in this byte of a row: interleaving two rows by bytes and their sums by
// 16-bit words, each in 16 bytes of a register, then leaves the channels in order.
[[maybe_unused]] static constexpr int lut_column(int k, int R) {
  return k % (R / 4) / 4 * 16 + k / (R / 4) * 4 + k % 4;
}

// Kernel positions inside the map, over all output pixels of a picture.
int64_t positions_inside(const Layer& l);

// Tiles of 2x2 outputs, the last of a row or column perhaps in part.
[[maybe_unused]] static inline int winograd_tiles(const Layer& l) {
  return ((l.output.h + 1) / 2) * ((l.output.w + 1) / 2);
}

// At least `bytes` of memory, aligned to 64, of the calling thread: kept for its next call here,
// which may overwrite it. Null where there is no more memory, as kernels ask in parallel regions,
// which no exception may leave: they finish without, and then throw.
void* scratch(size_t bytes) noexcept;
[[noreturn]] void throw_out_of_memory();
// Another one, for what a thread makes for its whole team, before the region.
void* shared_scratch(size_t bytes);

}  // namespace tri
