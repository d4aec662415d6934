// State features of the agent: what it sees of a layer, from the teacher's activations. Which step
// sees which layer is left to rl/agent/parametrization.h.
#pragma once

#include <span>

#include "engine/arithmetic/trisegment.h"
#include "rl/agent/tape.h"

namespace tri {

// [layers][4], about 0..1 each: depth ratio (1/layers for the first layer, 1 for the last), and of
// the layer's codes mean / 255, standard deviation / 128 and 90th percentile / 255 (the smallest
// code that at least 90 % do not exceed). An empty histogram has zeros for the latter three.
Matrix layer_states(std::span<const Histogram> histograms);

}  // namespace tri
