// One picture of a search, for a README.
#pragma once

#include <string>

#include "data/base/json.h"

namespace tri {

// SVG of one folder of gather()'s: how often the teacher's codes of a layer occur with the
// student's staircase over them, and accuracy (agreement, without labels) over energy. layer: its
// name; empty: the one in the middle. Throws Error where the folder has no search whose networks
// ran, or no such layer.
std::string picture_of(const Json& folder, const std::string& layer);

}  // namespace tri
