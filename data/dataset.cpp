#include "data/dataset.h"

#include "data/base/check.h"
#include "data/base/error.h"

namespace tri {
namespace {

std::string text(Shape s) {
  return std::to_string(s.h) + "x" + std::to_string(s.w) + (s.c == 1 ? " grey" : "") + " pictures";
}

std::string describe(const Dataset& data) {
  return text(data.shape()) + " of " + std::to_string(data.classes().size()) + " classes";
}

}  // namespace

Dataset::Dataset(Shape shape, std::vector<std::string> classes, std::vector<uint8_t> pixels,
                 std::vector<uint16_t> labels)
    : shape_(shape),
      classes_(std::make_shared<const Names>(std::move(classes))),
      pixels_(std::make_shared<const std::vector<uint8_t>>(std::move(pixels))),
      labels_(std::make_shared<const std::vector<uint16_t>>(std::move(labels))),
      size_(int(labels_->size())) {
  CHECK(shape.h == shape.w && pixels_->size() == labels_->size() * shape.size());
}

std::span<const uint8_t> Dataset::pixels() const {
  if (!pixels_) return {};
  return std::span(*pixels_).subspan(size_t(begin_) * shape_.size(), size_t(size_) * shape_.size());
}

std::span<const uint16_t> Dataset::labels() const {
  if (!labels_) return {};
  return std::span(*labels_).subspan(size_t(begin_), size_t(size_));
}

Dataset Dataset::slice(int begin, int end) const {
  CHECK(0 <= begin && begin <= end && end <= size_);
  Dataset part = *this;
  part.begin_ += begin;
  part.size_ = end - begin;
  return part;
}

Dataset Dataset::relabeled(std::vector<std::string> classes, std::vector<uint16_t> labels) const {
  CHECK(int(labels.size()) == size_);
  // The new labels are numbered as the pictures in memory are.
  labels.insert(labels.begin(), size_t(begin_), 0);
  Dataset other = *this;
  other.classes_ = std::make_shared<const Names>(std::move(classes));
  other.labels_ = std::make_shared<const std::vector<uint16_t>>(std::move(labels));
  return other;
}

Dataset joined(const Dataset& first, const Dataset& second, const std::string& source) {
  if (first.shape() != second.shape() || first.classes() != second.classes())
    throw Error(source + ": holds " + describe(second) + ", expected " + describe(first) +
                " of the same names");
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  pixels.reserve(first.pixels().size() + second.pixels().size());
  for (const Dataset* part : {&first, &second}) {
    pixels.insert(pixels.end(), part->pixels().begin(), part->pixels().end());
    labels.insert(labels.end(), part->labels().begin(), part->labels().end());
  }
  return {first.shape(), first.classes(), std::move(pixels), std::move(labels)};
}

void require_fit(const Dataset& data, const std::string& source, Shape input, int classes) {
  if (data.shape() != input)
    throw Error(source + ": holds " + text(data.shape()) + ", expected " + text(input) +
                ", which the network was made for");
  const size_t named = data.classes().size();
  if (named > 0 && named != size_t(classes))
    throw Error(source + ": has " + std::to_string(named) + " classes, expected " +
                std::to_string(classes) + ", which the network was made for");
}

}  // namespace tri
