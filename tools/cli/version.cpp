#include "tools/cli/version.h"

namespace tri {

const char* const kVersion = "tri-segment 0.1.0" TRISEGMENT_COMMIT;

}  // namespace tri
