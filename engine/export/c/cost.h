// What the C export costs a device: memory, and operations a picture. They are counted from the
// codes that the golden pictures give, as additions of levels depend on them.
#pragma once

#include "engine/integer/model.h"

namespace tri {

struct CCost {
  size_t flash = 0;  // bytes of tables
  size_t ram = 0;    // bytes of the scratch memory
  // A picture. Of sums, requantization, additions and means; not of addresses and loops.
  double additions = 0, multiplications = 0;
  double reads = 0;  // numbers read from tables: weights, thresholds, biases, factors, values
};

CCost c_cost(const Model& model);

}  // namespace tri
