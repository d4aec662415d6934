// The ranks that srun or mpirun started, over MPI.
#pragma once

#include <memory>
#include <string>

#include "data/base/ranks.h"

namespace tri {

// Null where this process was started alone. Throws Error where it was not, and the program was
// built without MPI (make MPI=1).
std::unique_ptr<Ranks> ranks_of_job();

// What a program does first where it may be one of several ranks. Of those that help: stops are
// left to rank 0, and the rest of the program begins once rank 0 has called meet(): what it
// downloads is there then. Whether this one helps.
bool begins_as_helper(const Ranks* ranks, bool& offline);
// The others go on once rank 0 calls this as well. Null: there is nobody to wait for.
void meet(const Ranks* ranks);

// identity: what must be the same in all ranks besides the program, a line "name=value" each.
// Throws Error in all of them where it is not, and says which rank differs in what.
void require_alike(const Ranks& ranks, const std::string& identity);

}  // namespace tri
