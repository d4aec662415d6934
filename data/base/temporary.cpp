#include "data/base/temporary.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "data/base/error.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

const std::string kMark = ".trisegment-", kEnd = ".tmp";
constexpr int kMostTries = 1000;  // names of killed programs that had the same process number

bool is_temporary(const std::string& name) {
  return name.ends_with(kEnd) && name.find(kMark) != std::string::npos;
}

// The folder that lists `path`.
fs::path folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return folder.empty() ? "." : folder;
}

// Opens a new one; -1, and errno, where it cannot be made.
int open_new(const fs::path& name, Temporary::Kind kind) {
  if (kind == Temporary::Kind::file)
    return open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (mkdir(name.c_str(), 0777) != 0) return -1;
  return open(name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

}  // namespace

Temporary::Temporary(const fs::path& path, Kind kind) : path_(path) {
  for (int tries = 0; descriptor_ < 0; ++tries) {
    name_ = path.string() + kMark + std::to_string(getpid()) + "-" + std::to_string(tries) + kEnd;
    descriptor_ = open_new(name_, kind);
    if (descriptor_ < 0) {
      if (errno == EEXIST && tries < kMostTries) continue;
      throw Error(path.string() + ": cannot be written: " + std::strerror(errno));
    }
    // Where there are no locks, sweep() gets none either. It may have come before this one.
    struct stat s {};
    flock(descriptor_, LOCK_EX);
    if (fstat(descriptor_, &s) == 0 && s.st_nlink > 0) break;
    close(descriptor_);
    descriptor_ = -1;
  }
}

Temporary::~Temporary() {
  const int why = errno;
  std::error_code ignored;
  if (!placed_) fs::remove_all(name_, ignored);
  close(descriptor_);
  errno = why;
}

bool Temporary::put_in_place() {
  if (std::rename(name_.c_str(), path_.c_str()) != 0) return false;
  placed_ = true;
  return flush_folder(folder_of(path_));
}

bool write_all(int descriptor, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(size_t(n));
  }
  return true;
}

bool flush_folder(const fs::path& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return errno == EACCES;  // a folder may be written to and not read
  const bool flushed = fsync(file) == 0 || errno == EINVAL || errno == EROFS;
  const int why = errno;
  close(file);
  errno = why;
  return flushed;
}

void sweep(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (is_temporary(entry.path().filename().string())) found.push_back(entry.path());
  for (const fs::path& name : found) {
    const bool is_folder = fs::is_directory(fs::symlink_status(name, error));
    const int kind = is_folder ? O_RDONLY | O_DIRECTORY : O_RDWR;
    const int file = open(name.c_str(), kind | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) continue;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) fs::remove_all(name, error);
    close(file);
  }
}

}  // namespace tri
