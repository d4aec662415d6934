#include "tools/bench/commands.h"
namespace tri {
void add_map(Options&, Action&) {}
}  // namespace tri
