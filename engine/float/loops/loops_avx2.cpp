#include "engine/float/loops/body.h"

namespace tri {

constinit const Loops loops_avx2 = body();

}  // namespace tri
