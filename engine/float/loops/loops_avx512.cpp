#include "engine/float/loops/body.h"

namespace tri {

constinit const Loops loops_avx512 = body();

}  // namespace tri
