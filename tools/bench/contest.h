// Contestants that compute the same thing take turns, each in a process of its own: oneDNN takes
// its instruction set once a process, and idle threads of one must not slow down another (those
// whose turn it is not are stopped).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tri {

// Lives in its process from its making on. Problems are numbered by whoever sets them.
struct Contestant {
  virtual ~Contestant() = default;
  virtual std::string description() const { return ""; }
  virtual bool takes(int /*problem*/) { return true; }
  // Makes everything ready for run(), and returns a hash of the exact result (see hash_of), or
  // nullopt where it cannot be compared.
  virtual std::optional<uint64_t> prepare(int problem) = 0;
  // Computes the problem once. This is what is timed.
  virtual void run() = 0;
  // The same; the seconds that it took.
  virtual double timed_run();
};

class Contest {
 public:
  using Make = std::function<std::unique_ptr<Contestant>()>;

  Contest() = default;
  ~Contest();  // ends the processes
  Contest(const Contest&) = delete;

  // Forks the process in which make() runs. This process must not have started threads yet. What
  // goes wrong there, here and later, is thrown as Error by this side.
  void add(std::string name, Make make);
  // What the contestant added last says of itself.
  const std::string& description() const { return workers_.back().description; }

  // Seconds a run of each contestant, in the order they were added: medians over `turns` turns,
  // taken in rotation; a turn is a call that does not count, then as many as fill 10 ms. NaN where
  // a contestant does not take the problem. Throws Error when two results differ.
  std::vector<double> race(int problem, int turns);

 private:
  struct Worker {
    std::string name, description;
    pid_t pid;
    int to, from;  // pipes
  };
  std::vector<Worker> workers_;
};

// FNV-1a over the bytes of `values`, the lowest of each first.
uint64_t hash_of(std::span<const int32_t> values);

}  // namespace tri
