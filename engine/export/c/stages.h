// How a network is run on a small device: the stages that the C export's tables list, and where
// each map stands in one piece of memory. Text is left to write_c.h.
#pragma once

#include <optional>
#include <vector>

#include "engine/integer/model.h"

namespace tri {

// A map that a stage reads or writes. Three-level codes take 2 bits, four to a byte, each pixel
// from a new byte on.
struct CMap {
  int row = kPicture;  // whose codes these are
  Shape shape;
  std::optional<TriSegment> levels;  // nullopt: 8-bit codes
  size_t at = 0;                     // in the memory, in bytes
  size_t pixel() const { return size_t(levels ? (shape.c + 3) / 4 : shape.c); }  // bytes
  size_t bytes() const { return size_t(shape.h) * size_t(shape.w) * pixel(); }
};

// Rows of the table that run together, pixel by pixel: what is between them needs no map. `row` is
// a convolution, a depthwise or an average; -1: the stage only reads `in`. An addition and a max
// pool may follow.
struct CStage {
  int row = -1, add = -1, pool = -1;  // -1: none
  Shape made;                         // what it makes or reads, before it is pooled
  CMap in, other, out;                // other: what the addition adds; out: empty for logits
  int input = 0;                      // of the addition's inputs: the codes at hand
  size_t window = 0, codes = 0;       // in the memory: of a window its codes or lists; of a pixel
                                      // its codes
};

struct CPlan {
  std::vector<CStage> stages;
  int mean_of = 0;    // an average over so many logits of each class follows; 0: none
  size_t memory = 0;  // bytes, even
};

// A row's staircase, if it has one. Where the lower value is 0 it gets but two levels: the same
// function without a code of 1.
std::optional<TriSegment> c_levels(const Model& model, int row);

CPlan plan_c(const Model& model);

// Of the static buffer: the memory, and the totals of logits that are means.
size_t scratch_bytes(const Model& model, const CPlan& plan);

}  // namespace tri
