#include "engine/float/loops/body.h"

namespace tri {

constinit const Loops loops_scalar = body();

}  // namespace tri
