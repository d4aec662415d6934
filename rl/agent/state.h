// State features of the agent: what it sees of a layer, from the teacher. Which step sees which
// layer is left to rl/agent/parametrization.h.
#pragma once

#include <array>
#include <span>

#include "distill/judge/energy.h"
#include "engine/arithmetic/trisegment.h"
#include "rl/agent/tape.h"

namespace tri {

constexpr int kSimpleStates = 4, kWideStates = 16;

// [layers][kSimpleStates], about 0..1 each: depth ratio (1/layers for the first layer, 1 for the
// last), and of the layer's codes mean / 255, standard deviation / 128 and 90th percentile / 255
// (the smallest code that at least 90 % do not exceed). An empty histogram has zeros for the latter
// three.
Matrix layer_states(std::span<const Histogram> histograms);

// [taps][kWideStates], 0..1 each: the four above, then
//   4      share of codes that are not 0
//   5..7   of the mean-square staircase v1 / 255, v2 / 255, and its squared error over the mean
//          square of the codes
//   8      share of the teacher's energy that goes to the layers that read the tap
//   9..12  the share of that in depthwise layers, in 1x1 convolutions, in additions, in the logits
//   13     log2 of the weights that join a sum there / 16, the mean by energy
//   14, 15 what three and two levels lose when they stand here alone, by trials: log10 of the
//          loss, 0 for 0.0001 and 1 for 10 and beyond
// losses: [taps], by kind (rl/search/trials.h); empty: 14 and 15 are 0.
Matrix wide_states(const Model& teacher, const EnergyTable& table,
                   std::span<const Histogram> histograms,
                   std::span<const std::array<double, kTapKinds>> losses);

}  // namespace tri
