#include "tools/bench/contest.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <limits>
#include <utility>

#include "data/base/file.h"
#include "data/base/hash.h"

namespace tri {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kTurn = 0.01;  // seconds
constexpr int kMostCalls = 50;

constexpr int kRun = -1;  // the other orders are problems to prepare

struct Reply {
  enum : int32_t { done, absent, failed } status = done;
  int32_t has_hash = 0;
  uint64_t hash = 0;
  double seconds = 0;
  char text[240] = "";
  void say(const std::string& what) { std::strncpy(text, what.c_str(), sizeof text - 1); }
};

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + values.size() / 2);
  return values[values.size() / 2];
}

double turn(Contestant& contestant) {
  contestant.run();
  std::vector<double> seconds;
  double sum = 0;
  do {
    seconds.push_back(contestant.timed_run());
    sum += seconds.back();
  } while (sum < kTurn && int(seconds.size()) < kMostCalls);
  return median(seconds);
}

Reply obey(Contestant& contestant, int order) {
  Reply reply;
  if (order == kRun) {
    reply.seconds = turn(contestant);
  } else if (!contestant.takes(order)) {
    reply.status = Reply::absent;
  } else if (const auto hash = contestant.prepare(order)) {
    reply.hash = *hash, reply.has_hash = 1;
  }
  return reply;
}

// The life of a contestant's process: one reply for having been made, then one an order.
[[noreturn]] void serve(const Contest::Make& make, int from, int to) {
  Reply reply;
  std::unique_ptr<Contestant> contestant;
  const auto guarded = [&](auto act) {
    try {
      act();
    } catch (const std::exception& error) {
      reply.status = Reply::failed;
      reply.say(error.what());
    }
    if (write(to, &reply, sizeof reply) != ssize_t(sizeof reply)) _exit(1);
  };
  guarded([&] {
    contestant = make();
    reply.say(contestant->description());
  });
  int order;
  while (read(from, &order, sizeof order) == ssize_t(sizeof order))
    guarded([&] { reply = obey(*contestant, order); });
  _exit(0);
}

Reply wait_for(const std::string& name, int from) {
  Reply reply;
  size_t got = 0;
  while (got < sizeof reply) {
    const ssize_t more = read(from, reinterpret_cast<char*>(&reply) + got, sizeof reply - got);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) throw Error(name + ": its process ended unexpectedly");
    got += size_t(more);
  }
  if (reply.status == Reply::failed) throw Error(name + ": " + reply.text);
  return reply;
}

// Only between these two does a contestant's process group run.
Reply ask(const std::string& name, pid_t pid, int to, int from, int order) {
  kill(-pid, SIGCONT);
  if (write(to, &order, sizeof order) != ssize_t(sizeof order))
    throw Error(name + ": its process ended unexpectedly");
  const Reply reply = wait_for(name, from);
  kill(-pid, SIGSTOP);
  return reply;
}

}  // namespace

double Contestant::timed_run() {
  const auto start = Clock::now();
  run();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Contest::~Contest() {
  for (const Worker& w : workers_) {
    kill(-w.pid, SIGKILL);
    waitpid(w.pid, nullptr, 0);
    close(w.to), close(w.from);
  }
}

void Contest::add(std::string name, Make make) {
  std::signal(SIGPIPE, SIG_IGN);  // writing to a process that has ended is an error like others
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) throw Error("no pipe for " + name);
  const pid_t parent = getpid(), pid = fork();
  if (pid < 0) throw Error("no process for " + name);
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends the benchmark ends its contestants
    if (getppid() != parent) _exit(1);
    serve(make, to[0], from[1]);
  }
  setpgid(pid, pid);  // both sides do, as either may come first
  close(to[0]), close(from[1]);
  workers_.push_back({std::move(name), "", pid, to[1], from[0]});
  Worker& w = workers_.back();
  w.description = wait_for(w.name, w.from).text;
  kill(-pid, SIGSTOP);
}

std::vector<double> Contest::race(int problem, int turns) {
  const auto order = [&](const Worker& w, int what) {
    return ask(w.name, w.pid, w.to, w.from, what);
  };
  std::vector<bool> takes;
  const Worker* first = nullptr;  // with a result to compare
  uint64_t expected = 0;
  for (const Worker& w : workers_) {
    const Reply reply = order(w, problem);
    takes.push_back(reply.status == Reply::done);
    if (!reply.has_hash) continue;
    if (!first) first = &w, expected = reply.hash;
    if (reply.hash != expected)
      throw Error("problem " + std::to_string(problem) + ": the results of " + first->name +
                  " and " + w.name + " differ");
  }
  std::vector<std::vector<double>> seconds(workers_.size());
  for (int t = 0; t < turns; ++t)
    for (size_t i = 0; i < workers_.size(); ++i)
      if (takes[i]) seconds[i].push_back(order(workers_[i], kRun).seconds);
  std::vector<double> medians;
  for (const auto& s : seconds)
    medians.push_back(s.empty() ? std::numeric_limits<double>::quiet_NaN() : median(s));
  return medians;
}

uint64_t hash_of(std::span<const int32_t> values) {
  Fnv1a sum;
  for (const int32_t value : values) sum.number(uint32_t(value));
  return sum.hash();
}

}  // namespace tri
