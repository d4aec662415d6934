// The one-way street from the float network to the integer one: folds batch norm, rounds.
#pragma once

#include "engine/integer/model.h"
#include "engine/float/net.h"

namespace tri {

// net: with ranges (every activated layer has a scale). The arithmetic is derived in
// engine/arithmetic/quant.h. Throws Error, naming the layer, for what 32 bits cannot hold.
Model quantize(Net& net);

}  // namespace tri
