// Three-level codes as devices have them. What is computed with them is left to the formats.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/integer/model.h"

namespace tri {

// The row whose codes a row's source holds: dropout hands on what it reads. kPicture: the picture.
int codes_of(const std::vector<Layer>& layers, int source);

// The levels of a row's codes, its own or those that it pools; nullopt: 8-bit codes. Where the
// lower value is 0 there are but two: the same function without a code of 1.
std::optional<TriSegment> levels_of(const Model& model, int row);

// Thresholds on the sums, without their bias, of a row that has levels: [K].
std::vector<std::array<int32_t, 2>> thresholds_of(const Model& model, int row);

}  // namespace tri
