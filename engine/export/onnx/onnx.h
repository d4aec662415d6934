// ONNX: FOLDER/NET.onnx, of standard operators alone, integers from the picture to the logits.
//
// Input: uint8 pictures [n][C][H][W], as the data set has them. Outputs: int32 logits [n][classes],
// equal to IntNet's, then their softmax in float. The metadata names the classes.
#pragma once

#include <filesystem>
#include <string>

#include "data/base/told.h"
#include "engine/integer/model.h"

namespace tri {

// There is nothing to tell. Throws Error.
Told write_onnx(const Model& model, const std::filesystem::path& folder);

}  // namespace tri
