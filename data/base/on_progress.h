// How a long computation tells how far it is.
#pragma once

#include <functional>

namespace tri {

// Told the share that is done, 0..1, by the thread that called the computation.
using OnProgress = std::function<void(double share)>;

// For those who need not know.
inline void untold(double) {}

}  // namespace tri
