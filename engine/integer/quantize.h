// The one-way street from the float network to the integer one: folds batch norm, rounds.
#pragma once

#include "engine/float/net.h"
#include "engine/integer/model.h"

namespace tri {

// net: every layer whose output becomes codes has a scale. The arithmetic is derived in
// engine/arithmetic/quant.h. Throws Error where a number is not finite or leaves 32 bits.
Model quantize(Net& net, std::vector<std::string> classes);

}  // namespace tri
