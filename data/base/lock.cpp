#include "data/base/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "data/base/file.h"
#include "data/base/json.h"
#include "data/base/temporary.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr double kStale = 60;  // seconds
constexpr uint64_t kMostBytes = 4096;

std::string first_line(const char* file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

// Field 22 of /proc/PID/stat; the second one, the program's name in brackets, may hold spaces.
// Nothing of a process that has ended and that its parent has not asked about (a zombie).
std::string start_of(int64_t pid) {
  const std::string stat = first_line(("/proc/" + std::to_string(pid) + "/stat").c_str());
  size_t at = stat.rfind(')');
  const std::string state = at == std::string::npos ? "" : stat.substr(at).substr(0, 3);
  if (state == ") Z" || state == ") X") return "";
  for (int field = 3; field <= 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  return at == std::string::npos ? "" : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Nobody, where the file is gone, is being written, or is none of ours.
LockOwner owner_of(const fs::path& file) try {
  const Json j = read_json(file, kMostBytes);
  return {j.at("host").get<std::string>(),    j.at("pid").get<int64_t>(),
          j.at("started").get<std::string>(), j.at("boot").get<std::string>(),
          j.at("pids").get<std::string>(),    j.at("job").get<std::string>(),
          j.at("restart").get<int64_t>()};
} catch (const std::exception&) {
  return {};
}

// Whether it was made: false where it is there.
bool make(const fs::path& file, const std::string& text) {
  const int made = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (made < 0) {
    if (errno == EEXIST) return false;
    throw Error(file.string() + ": cannot be written: " + std::strerror(errno));
  }
  const bool written = write(made, text.data(), text.size()) == ssize_t(text.size());
  const int why = errno;
  if (close(made) == 0 && written) return true;
  unlink(file.c_str());
  throw Error(file.string() + ": cannot be written: " + std::strerror(why));
}

// The same with all of its text at once, so that a kill leaves no lock that does not say whose it
// is: a link to a file that holds it. Without links, by make().
bool make_at_once(const fs::path& file, const std::string& text) {
  Temporary temporary(file, Temporary::Kind::file);
  const std::span bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  if (!write_all(temporary.descriptor(), bytes))
    throw Error(file.string() + ": cannot be written: " + std::strerror(errno));
  if (link(temporary.name().c_str(), file.c_str()) == 0) return true;
  if (errno != EEXIST) return make(file, text);
  // Over NFS, an answer that was lost makes the second try find what the first one made.
  struct stat s {};
  return fstat(temporary.descriptor(), &s) == 0 && s.st_nlink == 2;
}

// Seconds since 1970 by the clock of the file's host, which need not be this one.
double time_of(const fs::path& file) {
  struct stat s {};
  if (stat(file.c_str(), &s) != 0) return 0;
  return double(s.st_mtim.tv_sec) + 1e-9 * double(s.st_mtim.tv_nsec);
}

// The right to judge a lock and take it over: of one process at a time, for a moment. Its file
// also tells the time as the host of the files has it.
class Judgement {
 public:
  explicit Judgement(const fs::path& lock) : file_(lock.string() + ".judged") {
    for (int tries = 0; !make(file_, ""); ++tries) {
      if (tries == 100) unlink(file_.c_str());  // of a process that was killed amidst
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    now_ = time_of(file_);
  }
  ~Judgement() { unlink(file_.c_str()); }
  double now() const { return now_; }

 private:
  fs::path file_;
  double now_;
};

}  // namespace

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

LockOwner LockOwner::self() {
  std::error_code none;
  return {host_name(),
          getpid(),
          start_of(getpid()),
          first_line("/proc/sys/kernel/random/boot_id"),
          fs::read_symlink("/proc/self/ns/pid", none).string(),
          environment("SLURM_JOB_ID"),
          std::strtoll(environment("SLURM_RESTART_COUNT").c_str(), nullptr, 10)};
}

std::string text_of(const LockOwner& o) {
  return dump({{"host", o.host},
               {"pid", o.pid},
               {"started", o.started},
               {"boot", o.boot},
               {"pids", o.pids},
               {"job", o.job},
               {"restart", o.restart}},
              -1);
}

bool is_stale(const LockOwner& owner, double seconds, const LockOwner& self) {
  if (seconds > kStale) return true;
  if (!owner.job.empty() && owner.job == self.job && owner.restart < self.restart) return true;
  const bool here = owner.host == self.host && owner.boot == self.boot && owner.pids == self.pids;
  if (!here || owner.pid <= 0) return false;
  if (kill(pid_t(owner.pid), 0) != 0 && errno == ESRCH) return true;
  return start_of(owner.pid) != owner.started;
}

Lock::Lock(fs::path file, fs::path what, std::chrono::milliseconds renewal)
    : file_(std::move(file)), what_(std::move(what)) {
  while (!make_at_once(file_, text_of(self_))) {
    const Judgement judgement(file_);
    const LockOwner owner = owner_of(file_);
    const double since = time_of(file_);
    if (since == 0) continue;  // given back meanwhile
    if (!is_stale(owner, judgement.now() - since, self_)) refuse(owner, judgement.now() - since);
    write_file(file_, text_of(self_));
    break;
  }
  renewing_ = std::jthread([this, renewal](const std::stop_token& stop) { renew(stop, renewal); });
}

Lock::~Lock() {
  renewing_.request_stop();
  renewing_.join();
  if (owner_of(file_) == self_) unlink(file_.c_str());
}

void Lock::check() const {
  const LockOwner owner = owner_of(file_);
  if (owner == self_) return;
  if (owner.pid == 0)
    throw Error(what_.string() + ": its lock " + file_.string() +
                " was removed, so another program may be writing there: this one stops");
  throw Error(what_.string() + ": process " + std::to_string(owner.pid) + " on " + owner.host +
              " has taken it over while this program stood still: this one stops");
}

void Lock::renew(const std::stop_token& stop, std::chrono::milliseconds renewal) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, renewal, [] { return false; }) && !stop.stop_requested())
    if (owner_of(file_) == self_) utimensat(AT_FDCWD, file_.c_str(), nullptr, 0);
}

void Lock::refuse(const LockOwner& owner, double seconds) const {
  const std::string who = owner.pid == 0
                              ? "another process"
                              : "process " + std::to_string(owner.pid) + " on " + owner.host;
  throw Error(what_.string() + ": " + who + " is writing there, as " + file_.string() +
              " says (renewed " + std::to_string(int(seconds)) +
              " s ago): wait for it, or name another place with --out");
}

}  // namespace tri
