#include "data/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "data/base/temporary.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct OpenFile {
  std::ifstream in;
  uint64_t size;
};

OpenFile open_to_read(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) throw Error(path.string() + ": is a folder, expected a file");
  if (fs::exists(status) && !fs::is_regular_file(status))  // opening a pipe would wait for a writer
    throw Error(path.string() + ": is no regular file, expected one");
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw Error(path.string() + ": cannot be read: " + std::strerror(errno));
  const std::streamoff size = in.tellg();
  if (size < 0) throw Error(path.string() + ": cannot be read: its size is unknown");
  in.seekg(0);
  return {std::move(in), uint64_t(size)};
}

std::vector<uint8_t> read_bytes(OpenFile& file, size_t count, const fs::path& path) {
  std::vector<uint8_t> bytes(count);
  if (count && !file.in.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(count)))
    throw Error(path.string() + ": reading stopped before its end");
  return bytes;
}

}  // namespace

std::vector<uint8_t> read_file(const fs::path& path, uint64_t limit) {
  OpenFile file = open_to_read(path);
  if (file.size > limit)
    throw Error(path.string() + ": holds " + std::to_string(file.size) +
                " bytes, expected at most " + std::to_string(limit));
  return read_bytes(file, size_t(file.size), path);
}

std::vector<uint8_t> read_head(const fs::path& path, size_t count) {
  OpenFile file = open_to_read(path);
  return read_bytes(file, size_t(std::min<uint64_t>(count, file.size)), path);
}

uint64_t size_of(const fs::path& path) { return open_to_read(path).size; }

void write_file(const fs::path& path, std::span<const uint8_t> bytes) {
  std::error_code error;
  const fs::file_status there = fs::status(path, error);
  if (fs::exists(there) && !fs::is_regular_file(there))  // root would replace /dev/null by it
    throw Error(path.string() + ": cannot be written: it is there and no regular file");
  Temporary temporary(path, Temporary::Kind::file);
  const auto fail = [&](const char* what) {
    throw Error(path.string() + ": " + what + ": " + std::strerror(errno));
  };
  if (!write_all(temporary.descriptor(), bytes)) fail("cannot be written");
  if (fsync(temporary.descriptor()) != 0) fail("cannot be flushed to the disk");
  if (!temporary.put_in_place()) fail("cannot be renamed into place");
}

void write_file(const fs::path& path, const std::string& text) { write_file(path, bytes_of(text)); }

std::optional<fs::path> keep_as_old(const fs::path& file) {
  if (!fs::exists(file)) return {};
  fs::path old = file.string() + ".old";
  std::error_code error;
  fs::rename(file, old, error);
  if (error)
    throw Error(file.string() + ": cannot be renamed to " + old.string() + ": " + error.message());
  return old;
}

GrowingFile::GrowingFile(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (const auto there = fs::status(path_, error); fs::exists(there) && !fs::is_regular_file(there))
    throw Error(path_.string() + ": is no regular file, expected one");
  file_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  if (file_ < 0) fail("cannot be opened");
  size_ = uint64_t(lseek(file_, 0, SEEK_END));
}

GrowingFile::~GrowingFile() { close(file_); }

void GrowingFile::truncate(uint64_t size) {
  if (size == size_) return;
  if (ftruncate(file_, off_t(size)) != 0) fail("cannot be cut");
  size_ = size;
}

void GrowingFile::append(const std::string& text) {
  if (!write_all(file_, bytes_of(text)) || fdatasync(file_) != 0) {
    const int why = errno;
    (void)!ftruncate(file_, off_t(size_));
    errno = why;
    fail("cannot be written");
  }
  size_ += text.size();
}

void GrowingFile::fail(const std::string& what) const {
  throw Error(path_.string() + ": " + what + ": " + std::strerror(errno));
}

void make_writable_folder(const fs::path& folder) {
  const auto fail = [&](const std::string& why) {
    throw Error(folder.string() + ": cannot be written to: " + why + ": name another with --out");
  };
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(error.message());
  sweep(folder);
  try {
    Temporary probe(folder / "probe", Temporary::Kind::file);
  } catch (const Error&) {
    fail(std::strerror(errno));
  }
}

void require_writable_file(const fs::path& file) {
  std::error_code error;
  const fs::file_status there = fs::status(file, error);
  if (fs::exists(there) && !fs::is_regular_file(there))
    throw Error(file.string() +
                ": cannot be written: it is there and no regular file: name another with --out");
  make_writable_folder(fs::absolute(file).parent_path());
}

}  // namespace tri
