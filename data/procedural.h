// Pictures made from a seed, for when there is no data set: inputs as varied as photographs, for
// comparing a student with its teacher. They show nothing, so they have no labels.
#pragma once

#include "data/cifar10.h"

namespace tri {

// `count` pictures, every label 0. Picture i depends on (seed, i) alone.
Dataset procedural_pictures(int count, uint64_t seed);

}  // namespace tri
