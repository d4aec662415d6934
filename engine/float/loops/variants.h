// The variants that loops.cpp lists: the same source, body.h, compiled for each instruction set.
#pragma once

#include "engine/float/loops/loops.h"

namespace tri {

extern const Loops loops_scalar, loops_avx2, loops_avx512;

}  // namespace tri
