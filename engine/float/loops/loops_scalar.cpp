#include "engine/float/loops/body.h"

namespace tri {

constinit const Loops loops_scalar = body("scalar");

}  // namespace tri
