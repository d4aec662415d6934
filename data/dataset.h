// Data sets in memory: labeled pictures of one shape. Reading and writing files is left to others.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/base/shape.h"

namespace tri {

// What the project takes: square pictures, grey or RGB, of 2 to 1,000 classes.
constexpr int kLeastSide = 16, kMostSide = 96;
constexpr int kLeastClasses = 2, kMostClasses = 1000;

// N pictures with a label each. They never change, so copies and slices share the memory.
class Dataset {
 public:
  Dataset() = default;  // holds no picture and has no shape
  // shape: of one picture, as high as wide. classes: their names; none where the pictures have no
  // labels, or where whoever labels them knows the names. pixels: [N][h][w][c]; labels: [N].
  Dataset(Shape shape, std::vector<std::string> classes, std::vector<uint8_t> pixels,
          std::vector<uint16_t> labels);

  int size() const { return size_; }
  Shape shape() const { return shape_; }
  const std::vector<std::string>& classes() const { return *classes_; }
  std::span<const uint8_t> pixels() const;
  std::span<const uint16_t> labels() const;
  const uint8_t* picture(int i) const { return pixels().data() + size_t(i) * shape_.size(); }

  // Pictures [begin, end).
  Dataset slice(int begin, int end) const;
  // The same pictures with other labels.
  Dataset relabeled(std::vector<std::string> classes, std::vector<uint16_t> labels) const;

 private:
  using Names = std::vector<std::string>;
  Shape shape_;
  std::shared_ptr<const Names> classes_ = std::make_shared<const Names>();
  std::shared_ptr<const std::vector<uint8_t>> pixels_;
  std::shared_ptr<const std::vector<uint16_t>> labels_;
  int begin_ = 0, size_ = 0;
};

// A copy of both, one behind the other. Throws Error, which names the second's file, where they
// have not the same shape and classes.
Dataset joined(const Dataset& first, const Dataset& second, const std::string& source);

// Throws Error where a network that reads pictures of this shape and tells so many classes apart
// cannot be measured on `data`. source: the name of its folder or file.
void require_fit(const Dataset& data, const std::string& source, Shape input, int classes);

}  // namespace tri
