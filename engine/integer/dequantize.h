// The way back from the integer network to the float one, for what needs gradients: further
// training, or pictures made from a teacher.
#pragma once

#include "engine/float/net.h"
#include "engine/integer/model.h"

namespace tri {

// The fake-quantized network whose integers `model` holds: quantize() of it gives them again, up to
// the last bit of biases and factors. Batch norm comes back from the statistics in the model; what
// it was before folding cannot, nor need it, as it takes the scale of its weights out: each
// channel's weights get the norm they start from in a new network. A student's staircases come
// along, and its norms are what its integers do, not what its accumulators' statistics are.
// REQUIRES: a model with the statistics of every activated layer (Error otherwise).
Net dequantize(const Model& model);

}  // namespace tri
