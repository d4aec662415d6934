// What a process must settle before its libraries are loaded.
#pragma once

namespace tri {

// GCC's OpenMP lets a thread that waits spin for milliseconds, on a core that another program could
// use: two programs on the same cores then slow each other down far more than twice. How long it
// spins, it reads from the environment when it is loaded. Where neither $OMP_WAIT_POLICY nor
// $GOMP_SPINCOUNT is set, this sets the latter to a short time and starts the program again, once;
// the program, and what it starts, then find the environment as it was. Where that fails, it goes
// on as it is.
void wait_briefly(char** argv);

}  // namespace tri
