// The ranks that srun or mpirun started, over MPI.
#pragma once

#include <memory>
#include <string>

#include "rl/search/ranks.h"

namespace tri {

// Null where this process was started alone. Throws Error where it was not, and the program was
// built without MPI (make MPI=1).
std::unique_ptr<Ranks> ranks_of_job();

// identity: what must be the same in all ranks, a line "name=value" each. Throws Error in all of
// them where it is not, and says which rank differs in what.
void require_alike(const Ranks& ranks, const std::string& identity);

}  // namespace tri
