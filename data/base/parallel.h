// Exceptions in parallel regions: one that leaves a region ends the program (OpenMP 5.2, 5.1).
#pragma once

#include <exception>
#include <mutex>

namespace tri {

// Keeps the first one that a thread of the region throws, for after it.
//   FirstException thrown;
//   #pragma omp parallel for
//   for (...) thrown.keep([&] { ... });
//   thrown.rethrow();
class FirstException {
 public:
  template <class Work>
  void keep(Work&& work) noexcept {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!first_) first_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr first_;
};

}  // namespace tri
