// A file of named sections, so that later versions of a program can add theirs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "data/base/serial.h"

namespace tri {

// Each section is a name (text), a size (u64) and as many bytes. A reader passes over sections that
// it does not know where their names end with '?', and refuses the file where they do not: what
// writes a section says by its name whether it may be missed.
class SectionWriter {
 public:
  explicit SectionWriter(const FileKind& kind) : out_(kind) {}
  void add(const std::string& name, const Writer& contents);
  void save(const std::filesystem::path& file) { out_.save(file); }

 private:
  Writer out_;
};

class SectionReader {
 public:
  // Throws Error as Reader does; also for a section that is there twice, or is none of `known` and
  // may not be missed.
  SectionReader(const std::filesystem::path& file, const FileKind& kind, uint64_t limit,
                std::initializer_list<const char*> known);
  // Throws Error where the section is missing.
  Reader section(const std::string& name) const;

 private:
  std::string where_;
  std::map<std::string, std::vector<uint8_t>> sections_;
};

}  // namespace tri
