// Pooling of integers: codes, values and logits.
#pragma once

#include <cstdint>

#include "engine/graph/layer.h"

namespace tri {

// x: [n][in], y: [n][output]. Codes of a staircase rise with their values, so their largest is
// right for codes too. Outside the map there is nothing.
void max_pool(const Layer& layer, const uint8_t* x, int n, uint8_t* y);

// x: [n][in], y: [n][c]: the mean over the whole map, halves up. y may be x itself.
void average_pool(const Layer& layer, const uint8_t* x, int n, uint8_t* y);
void average_pool(const Layer& layer, const int32_t* x, int n, int32_t* y);

}  // namespace tri
