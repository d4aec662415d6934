// Pictures as they come to people: saved as JPEG, moved, seen in a mirror. What a network loses on
// them says how much it leans on the exact pixels of its data set.
#pragma once

#include <string>

#include "data/dataset.h"

namespace tri {

// A copy of the pictures with their labels. how: "jpeg:Q", what a JPEG of quality Q (1 to 100)
// makes of each; "shift:N", N pixels to the right and down (less than a picture's side), where the
// edge is repeated; "flip", mirrored left to right. Throws Error for anything else.
Dataset altered(const Dataset& pictures, const std::string& how);

}  // namespace tri
