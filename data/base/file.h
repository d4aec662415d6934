// Whole files in, whole files out: reading with a clear error, writing atomically. And files that
// grow piece by piece.
// What the bytes mean is left to the callers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/base/error.h"

namespace tri {

// All bytes of `path`. Throws Error when it cannot be read or is larger than `limit` bytes.
std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t limit = 1ull << 32);

// Its first bytes, at most `count`: for asking what it is before memory is taken for all of it.
// Throws Error as read_file() does.
std::vector<uint8_t> read_head(const std::filesystem::path& path, size_t count);
// Its size in bytes. Throws Error when it cannot be told.
uint64_t size_of(const std::filesystem::path& path);

// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it, so that
// `path` holds either its old content or the new one, never a part. Throws Error; the temporary
// file is then removed. One that a kill leaves goes with make_writable_folder().
void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_file(const std::filesystem::path& path, const std::string& text);

// Renames a file that is there to *.old, over one that has that name, which it returns; nothing
// where there is none. Throws Error.
std::optional<std::filesystem::path> keep_as_old(const std::filesystem::path& file);

// A file that grows. That one process at a time writes to it is left to lock.h.
class GrowingFile {
 public:
  // Opens `path`, which must be there. Throws Error.
  explicit GrowingFile(std::filesystem::path path);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;
  // Keeps the first `size` bytes.
  void truncate(uint64_t size);
  // Adds `text` and flushes it to the disk. Throws Error; the file is then as before. Only a kill
  // or a crash amidst can leave a part of the text.
  void append(const std::string& text);

 private:
  [[noreturn]] void fail(const std::string& what) const;
  std::filesystem::path path_;
  int file_;
  uint64_t size_ = 0;
};

// Makes the folder, and those above it, where they are not there, and makes sure that files can be
// made in it: for asking before a long job. Removes what killed programs left there (temporary.h).
// Throws Error.
void make_writable_folder(const std::filesystem::path& folder);
// The same of the folder of a file, and that the file itself can be replaced.
void require_writable_file(const std::filesystem::path& file);

}  // namespace tri
