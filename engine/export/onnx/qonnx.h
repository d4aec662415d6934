// QONNX: FOLDER/NET.qonnx.onnx, the network as FINN's streamlined graphs have it. Tensors are
// floats that hold small integers, activations are MultiThreshold nodes of QONNX's domain
// (Pappalardo et al., 2022), and a sum's bias is in its thresholds.
//
// Input: pictures [1][C][H][W], floats 0..255. Outputs as in onnx.h. What stands for 0 in codes is
// subtracted: values are x - zero point.
//
// MultiThreshold's steps are even. A staircase whose v2 is 2 v1 is one node of two thresholds; any
// other is the sum of two nodes of one threshold, of v1 and of v2 - v1.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/base/told.h"
#include "engine/integer/model.h"

namespace tri {

// Names of the rows whose sums may leave the integers that a float holds exactly, +-2^24, for some
// picture: their thresholds may be compared with a rounded sum. Proven from the weights, and what
// their inputs can be. A row that is not named is exact, in whatever order it is summed.
std::vector<std::string> rows_beyond_float(const Model& model);

// Tells of rows_beyond_float(), {"inexact": [...]}. Throws Error.
Told write_qonnx(const Model& model, const std::filesystem::path& folder);

}  // namespace tri
