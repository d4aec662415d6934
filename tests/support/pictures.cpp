#include "tests/support/pictures.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#include "data/base/rng.h"
#include "tests/support/test.h"

std::vector<uint8_t> pixels_of(const tri::Dataset& data) {
  return {data.pixels().begin(), data.pixels().end()};
}

std::vector<uint16_t> labels_of(const tri::Dataset& data) {
  return {data.labels().begin(), data.labels().end()};
}

tri::Dataset noise_pictures(int count, uint64_t seed, tri::Shape shape,
                            std::vector<std::string> classes) {
  tri::Rng rng(seed);
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (size_t i = 0; i < size_t(count) * shape.size(); ++i)
    pixels.push_back(uint8_t(rng.below(256)));
  for (int i = 0; i < count; ++i) labels.push_back(uint16_t(rng.below(int(classes.size()))));
  return {shape, std::move(classes), std::move(pixels), std::move(labels)};
}

tri::Dataset bright_pictures(int count) {
  tri::Rng rng(2);
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(uint16_t(rng.below(10)));
    for (int j = 0; j < kPictureBytes; ++j)
      pixels.push_back(uint8_t(24 * labels.back() + rng.below(16)));
  }
  return {kPictureShape, tri::cifar10_classes(), std::move(pixels), std::move(labels)};
}

void write_picture(const std::filesystem::path& file, int height, int width, int channels,
                   const std::vector<uint8_t>& pixels) {
  REQUIRE(pixels.size() == size_t(height * width * channels));
  const bool written =
      file.extension() == ".png"
          ? stbi_write_png(file.c_str(), width, height, channels, pixels.data(), width * channels)
          : stbi_write_jpg(file.c_str(), width, height, channels, pixels.data(), 95);
  REQUIRE(written);
}

void write_image_folder(const std::filesystem::path& folder, int train, int test) {
  for (const bool is_test : {false, true})
    for (int label = 0; label < kClasses; ++label) {
      const auto files =
          folder / (is_test ? "test" : "train") / tri::cifar10_classes()[size_t(label)];
      std::filesystem::create_directories(files);
      for (int i = 0; i < (is_test ? test : train); ++i) {
        std::vector<uint8_t> pixels;
        while (pixels.size() < kPictureBytes)
          pixels.insert(pixels.end(), {uint8_t(label), uint8_t(i), uint8_t(is_test)});
        write_picture(files / (std::to_string(i) + ".png"), kSide, kSide, 3, pixels);
      }
    }
}
