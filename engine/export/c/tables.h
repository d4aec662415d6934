// The tables of the C export: weights in the order that its layers read them, thresholds, stages.
#pragma once

#include <string>

#include "engine/export/c/stages.h"

namespace tri {

struct CTables {
  std::string text;  // C
  size_t bytes = 0;  // of flash; the code is not counted
};

CTables tables_c(const Model& model, const CPlan& plan);

// Eight channels at a time, [K / 8][rows][2]: words of four weights, each 128 too large. The bytes
// of a word, from the lowest: channels 0, 1, 2, 3, of which the even ones are added together, and
// the odd ones. weights: [rows][K].
std::vector<uint32_t> words_of(const std::vector<int8_t>& weights, int K);

}  // namespace tri
