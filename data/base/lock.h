// Lock files: what one process writes, no other writes at the same time, on this host or another
// one that sees the same folder.
//
// The file says who has the lock. It is made by link(2), which is one step on NFS too, where
// flock(2) may hold on one host alone. Its owner sets its time every ten seconds. Whoever finds it
// may take it over where the owner is dead on this host, has not renewed it for a minute, or is an
// earlier start of the same Slurm job.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "data/base/error.h"

namespace tri {

std::string host_name();

// A process, as a lock file tells of it.
struct LockOwner {
  std::string host;
  int64_t pid = 0;
  // What tells it from another one of the same number: since when it runs, in clock ticks since the
  // boot `boot`; pids of another container are others' (`pids`). Empty where /proc does not say.
  std::string started, boot, pids;
  std::string job;      // $SLURM_JOB_ID
  int64_t restart = 0;  // $SLURM_RESTART_COUNT

  bool operator==(const LockOwner&) const = default;
  static LockOwner self();
};

// What a lock file of this owner holds.
std::string text_of(const LockOwner& owner);

// Whether `self` may take over what `owner` has not renewed for `seconds`.
bool is_stale(const LockOwner& owner, double seconds, const LockOwner& self);

class Lock {
 public:
  // Takes the lock of `what`, a file or a folder, for as long as it lives. Throws Error where
  // another process has it, which it names, or where `file` cannot be written. renewal: how often
  // it is renewed.
  Lock(std::filesystem::path file, std::filesystem::path what,
       std::chrono::milliseconds renewal = std::chrono::seconds(10));
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // For before every write: throws Error where another process has taken the lock over, as when
  // this one stood still for more than a minute.
  void check() const;

 private:
  void renew(const std::stop_token& stop, std::chrono::milliseconds renewal);
  [[noreturn]] void refuse(const LockOwner& owner, double seconds) const;

  std::filesystem::path file_, what_;
  LockOwner self_ = LockOwner::self();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread renewing_;  // last: it uses the rest
};

}  // namespace tri
