// What reconstruction fits of one layer, on some pixels of its map: its weights, by least squares,
// and the thresholds of what it reads.
#pragma once

#include <cstdint>
#include <vector>

#include "distill/correct/thresholds.h"
#include "engine/integer/model.h"

namespace tri {

// For both: inputs: [rows][kernel][kernel][C]; outputs: [rows][K], the accumulators wanted, in the
// steps of q's; behind: the staircase behind the layer, or null. What an output is worth far
// outside its thresholds makes no difference, so there only the side counts, or little else.

// Gives q the weights and biases that return `outputs` of the 8-bit values `inputs`, rounded anew.
// mean, deviation: the teacher's statistics, [K], which go over to the new accumulators' steps.
void fit_weights(const Layer& l, const std::vector<uint8_t>& inputs,
                 const std::vector<int32_t>& outputs, const TriSegment* behind, QuantLayer& q,
                 std::vector<double>& mean, std::vector<double>& deviation);

// The thresholds [C] of the codes `inputs`, for a layer with q's weights that reads the values of
// f.
void fit_thresholds(const Layer& l, const std::vector<uint8_t>& inputs,
                    const std::vector<int32_t>& outputs, const QuantLayer& q, const TriSegment& f,
                    const TriSegment* behind, std::vector<ChannelThresholds>& thresholds);

}  // namespace tri
