// Temporary files and folders beside what they will become, and how those of killed programs go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace tri {

// One with a name of its own, which no other program has made before: no link that was planted
// there is followed. Locked (flock) for as long as it lives, so that sweep() leaves it alone.
class Temporary {
 public:
  enum class Kind { file, folder };
  // Beside `path`. Throws Error, which names `path`.
  Temporary(const std::filesystem::path& path, Kind kind);
  // Removes it with all that is in it, unless it was put in place.
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const std::filesystem::path& name() const { return name_; }
  int descriptor() const { return descriptor_; }
  // Renames it to `path` and flushes the folder; false, and errno, where that fails.
  bool put_in_place();

 private:
  std::filesystem::path path_, name_;
  int descriptor_ = -1;
  bool placed_ = false;
};

// Writes all bytes; false, and errno, where that fails.
bool write_all(int descriptor, std::span<const uint8_t> bytes);

// Flushes what a folder lists to the disk; false, and errno, where that fails. True on file systems
// that cannot.
bool flush_folder(const std::filesystem::path& folder);

// Removes temporary files and folders of programs that live no more from a folder.
void sweep(const std::filesystem::path& folder);

}  // namespace tri
