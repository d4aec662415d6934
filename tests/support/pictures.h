// Picture files for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/cifar.h"

// The pictures of most tests.
constexpr int kSide = 32, kChannels = 3, kClasses = 10;
constexpr int kPictureBytes = kSide * kSide * kChannels;
constexpr tri::Shape kPictureShape{kSide, kSide, kChannels};

// What doctest can compare.
std::vector<uint8_t> pixels_of(const tri::Dataset& data);
std::vector<uint16_t> labels_of(const tri::Dataset& data);
// Random pixels and labels.
tri::Dataset noise_pictures(int count, uint64_t seed, tri::Shape shape = kPictureShape,
                            std::vector<std::string> classes = tri::cifar10_classes());

// Pictures whose brightness is the label, so that it can be learned.
tri::Dataset bright_pictures(int count);

// Writes a [height][width][channels] picture (1: grey, 3: RGB, 4: RGBA) as the kind of file that
// the name's extension asks for: .png, or else JPEG.
void write_picture(const std::filesystem::path& file, int height, int width, int channels,
                   const std::vector<uint8_t>& pixels);

// A folder train/CLASS/, test/CLASS/ with `train` and `test` pictures of each class as PNG. Every
// pixel of a picture is (label, number within the class, 0 in train and 1 in test).
void write_image_folder(const std::filesystem::path& folder, int train, int test);
