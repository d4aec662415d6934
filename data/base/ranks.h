// The processes that work together, as srun or mpirun start them: rank 0 owns the work and does all
// writing, the others help it. What they work on is left to rl/search/spread.h and
// engine/float/parts.h; tools know MPI.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tri {

using Bytes = std::vector<uint8_t>;

// All ranks call the same of these in the same order, from one thread. They throw Error where
// another rank is gone.
class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int count() const = 0;
  // Gives all ranks the bytes that rank 0 has.
  virtual void broadcast(Bytes& bytes) const = 0;
  // At rank 0: what each rank has, by rank. At the others: nothing.
  virtual std::vector<Bytes> gather(const Bytes& bytes) const = 0;
  // Gives all ranks the sum over ranks, ((0 + 1) + (2 + 3)) + ..., number by number, the same bits
  // everywhere. REQUIRES: count() is a power of two.
  virtual void sum(std::span<float> values) const = 0;
};

}  // namespace tri
