#include "data/base/serial.h"

#include <algorithm>

#include "data/base/check.h"
#include "data/base/hash.h"

namespace tri {
namespace {

constexpr size_t kMagicBytes = 8, kSizeAt = kMagicBytes + sizeof(uint32_t);

}  // namespace

Writer::Writer(const FileKind& kind) {
  CHECK(std::strlen(kind.magic) == kMagicBytes);
  array(kind.magic, kMagicBytes);
  number(kind.version);
  number(uint64_t(0));  // the size, known at the end
}

void Writer::text(const std::string& letters) {
  CHECK(letters.size() < 256);
  number(uint8_t(letters.size()));
  array(letters);
}

void Writer::save(const std::filesystem::path& file) {
  const uint64_t size = bytes_.size() + sizeof(uint64_t);
  std::memcpy(bytes_.data() + kSizeAt, &size, sizeof size);
  number(fnv1a(bytes_));
  write_file(file, bytes_);
}

Reader::Reader(const std::filesystem::path& file, const FileKind& kind, uint64_t limit,
               uint32_t oldest)
    : where_(file.string()) {
  // What the head says is asked before memory is taken for all.
  bytes_ = read_head(file, kSizeAt + sizeof(uint64_t)), left_ = bytes_;
  const std::string what = kind.what;
  if (bytes_.size() < kMagicBytes || std::memcmp(bytes_.data(), kind.magic, kMagicBytes) != 0)
    fail("is not a tri-segment " + what);
  left_ = left_.subspan(kMagicBytes);
  version_ = number<uint32_t>();
  if (version_ > kind.version || version_ < (oldest ? oldest : kind.version))
    fail("is a " + what + " of version " + std::to_string(version_) + ", this program reads " +
         std::to_string(kind.version) + ": make the file again");
  if (const auto size = number<uint64_t>(); size != size_of(file))
    fail("is truncated or has bytes added: holds " + std::to_string(size_of(file)) +
         " bytes, expected " + std::to_string(size));
  bytes_ = read_file(file, limit), left_ = bytes_;
  left_ = left_.subspan(std::min(left_.size(), kSizeAt + sizeof(uint64_t)));
  uint64_t checksum;
  if (left_.size() < sizeof checksum) fail("is damaged: too short");
  const std::span<const uint8_t> body(bytes_.data(), bytes_.size() - sizeof checksum);
  std::memcpy(&checksum, body.data() + body.size(), sizeof checksum);
  if (fnv1a(body) != checksum)
    fail("is damaged: its checksum does not match its bytes: get or make it again");
  left_ = left_.first(left_.size() - sizeof checksum);
}

std::string Reader::text() {
  std::string letters(number<uint8_t>(), ' ');
  array(letters.data(), letters.size());
  return letters;
}

void Reader::end() const {
  if (!left_.empty()) fail("has " + std::to_string(left_.size()) + " bytes too many");
}

void Reader::fail(const std::string& why) const { throw Error(where_ + ": " + why); }

}  // namespace tri
