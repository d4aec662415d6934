#include "data/base/sections.h"

#include <algorithm>

namespace tri {

void SectionWriter::add(const std::string& name, const Writer& contents) {
  out_.text(name);
  out_.number(uint64_t(contents.bytes().size()));
  out_.array(contents.bytes());
}

SectionReader::SectionReader(const std::filesystem::path& file, const FileKind& kind,
                             uint64_t limit, std::initializer_list<const char*> known)
    : where_(file.string()) {
  Reader in(file, kind, limit);
  while (!in.done()) {
    const std::string name = in.text();
    std::vector<uint8_t> bytes = in.array<uint8_t>(in.number<uint64_t>());
    const bool expected = std::find(known.begin(), known.end(), name) != known.end();
    if (!expected && !name.ends_with('?'))
      in.fail("has a section '" + name + "' that this version of the program does not know");
    if (!sections_.emplace(name, std::move(bytes)).second)
      in.fail("has the section '" + name + "' twice");
  }
}

Reader SectionReader::section(const std::string& name) const {
  const auto found = sections_.find(name);
  if (found == sections_.end()) throw Error(where_ + ": has no section '" + name + "'");
  return Reader(where_ + ": section '" + name + "'", found->second);
}

}  // namespace tri
