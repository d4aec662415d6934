// The one-way street from the float network to the integer one: folds batch norm, rounds.
#pragma once

#include "engine/integer/model.h"
#include "engine/float/net.h"

namespace tri {

// net: calibrated (every activated layer has a scale). The arithmetic is derived in engine/arithmetic/quant.h.
Model quantize(Net& net);

}  // namespace tri
