// Golden vectors: pictures, and what the engine makes of them, layer by layer. An export is right
// where it makes the same.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/integer/model.h"

namespace tri {

struct Golden {
  int pictures = 0;
  std::vector<uint8_t> pixels;  // [pictures][h][w][c]
  std::vector<int32_t> logits;  // [pictures][classes]
  std::vector<int> rows;        // those with sums, but for the logits
  // [pictures][rows]: FNV-1a of 32 bits over the codes of each, [h][w][c]. Three-level codes are 0,
  // 1 and 2; of two levels they are 0 and 2.
  std::vector<uint32_t> checksums;
};

// Smooth noise, as photographs are smooth; the same pictures every time.
std::vector<uint8_t> golden_pictures(Shape shape, int count);

Golden golden(const Model& model, int pictures);

}  // namespace tri
