// The frame of the project's own files: numbers as they lie in memory (little-endian), behind a
// magic, a version and the size, before a checksum. What the numbers mean is left to the callers.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/base/file.h"

namespace tri {

static_assert(std::endian::native == std::endian::little, "files are read and written as they lie");

// magic: 8 characters. what: "model", "checkpoint", ... for messages.
struct FileKind {
  const char* magic;
  uint32_t version;
  const char* what;
};

class Writer {
 public:
  explicit Writer(const FileKind& kind);
  Writer() = default;  // a part of a file, without the frame

  template <class T>
  void array(const T* values, size_t n) {
    const size_t before = bytes_.size();
    bytes_.resize(before + n * sizeof(T));
    if (n) std::memcpy(bytes_.data() + before, values, n * sizeof(T));
  }
  template <class Values>
  void array(const Values& values) {
    array(values.data(), values.size());
  }
  template <class T>
  void number(T value) {
    array(&value, 1);
  }
  void text(const std::string& letters);  // fewer than 256
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  // Fills in the size, adds the checksum and writes the file atomically. REQUIRES: a frame.
  void save(const std::filesystem::path& file);

 private:
  std::vector<uint8_t> bytes_;
};

// Refuses to read, or to allocate, more than the file has; every error is an Error with the reason.
class Reader {
 public:
  // Reads the whole file and checks magic, version, size and checksum. Versions from `oldest` on
  // are read, where it is above 0.
  Reader(const std::filesystem::path& file, const FileKind& kind, uint64_t limit,
         uint32_t oldest = 0);
  // Reads a part of a file; `where` begins the messages.
  Reader(std::string where, std::vector<uint8_t> bytes)
      : where_(std::move(where)), bytes_(std::move(bytes)), left_(bytes_) {}
  Reader(Reader&&) = default;
  uint32_t version() const { return version_; }

  template <class T>
  void array(T* values, size_t n) {
    if (n > left_.size() / sizeof(T)) fail("ends before all of its numbers");
    if (n) std::memcpy(values, left_.data(), n * sizeof(T));
    left_ = left_.subspan(n * sizeof(T));
  }
  template <class T>
  std::vector<T> array(size_t n) {
    if (n > left_.size() / sizeof(T)) fail("ends before all of its numbers");
    std::vector<T> values(n);
    array(values.data(), n);
    return values;
  }
  template <class T>
  T number() {
    T value;
    array(&value, 1);
    return value;
  }
  std::string text();
  bool done() const { return left_.empty(); }
  void end() const;  // fails when bytes are left
  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::string where_;
  uint32_t version_ = 0;
  std::vector<uint8_t> bytes_;
  std::span<const uint8_t> left_;
};

}  // namespace tri
