// What the fuzz targets share: an input as a file, and checksums made right again, as no fuzzer
// guesses them.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "data/base/error.h"
#include "data/base/hash.h"

// A file in memory that holds these bytes until the next call.
inline std::filesystem::path as_file(std::span<const uint8_t> bytes) {
  static const int file = memfd_create("input", 0);
  if (file < 0 || ftruncate(file, 0) != 0 ||
      pwrite(file, bytes.data(), bytes.size(), 0) != ssize_t(bytes.size()))
    std::abort();
  return "/proc/self/fd/" + std::to_string(file);
}

// A folder of the target's own, in memory, gone when it ends.
inline const std::filesystem::path& scratch() {
  static const struct Folder {
    std::filesystem::path path;
    Folder() {
      std::string name = "/dev/shm/fuzz-XXXXXX";
      if (!mkdtemp(name.data())) std::abort();
      path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
  } folder;
  return folder.path;
}

// The same as a file of this name in it, for what a link may not stand for.
inline std::filesystem::path as_file(std::span<const uint8_t> bytes, const char* name) {
  std::ofstream(scratch() / name, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
  return scratch() / name;
}

// Behind a magic and a version: what is left of the input, in the frame of data/base/serial.h.
inline std::vector<uint8_t> framed(const char* magic, uint32_t version,
                                   std::span<const uint8_t> body) {
  std::vector<uint8_t> all(magic, magic + 8);
  const auto number = [&all](auto value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    all.insert(all.end(), bytes, bytes + sizeof value);
  };
  number(version);
  number(uint64_t(8 + 4 + 8 + body.size() + 8));
  all.insert(all.end(), body.begin(), body.end());
  number(tri::fnv1a(all));
  return all;
}

// An Error is what a loader has to say of bad input; any other exception is a crash.
template <class Load>
int fuzz(Load&& load) {
  try {
    load();
  } catch (const tri::Error&) {
  }
  return 0;
}
