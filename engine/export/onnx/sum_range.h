// The integers that a network's sums can be, whatever the picture: proven from its weights.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/integer/model.h"

namespace tri {

struct Range {
  int64_t least = 0, most = 0;
  bool operator==(const Range&) const = default;
};

// What x - zero point can be in what a row hands on; kPicture: in pictures. Holds 0.
Range value_range(const Model& model, int row);

// Of a row with sums or of an average: what the sum of weight * (x - zero point), or of factor * (x
// - zero point), without the bias, can be in channel k; so can be the sum of some of its terms.
// [K]; of an average one entry.
std::vector<Range> sum_ranges(const Model& model, int row);

}  // namespace tri
