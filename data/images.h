// Pictures as people keep them, JPEG and PNG files -> records: one picture, or a folder of classes.
// Writing the records is left to data/cifar10.
#pragma once

#include <functional>

#include "data/cifar10.h"

namespace tri {

constexpr unsigned kLargestSide = 4096;  // pixels; bounds what a hostile file makes us allocate

// pixels: [height][width][3], RGB.
struct Image {
  int height, width;
  std::vector<uint8_t> pixels;
};
// The picture that a JPEG or PNG file of these bytes holds. Grey becomes RGB; transparency and EXIF
// orientation are ignored. Throws Error, which names `file`, when it is neither JPEG nor PNG, is
// damaged or cut short, or is larger than kLargestSide on a side.
Image decode_image(const std::vector<uint8_t>& bytes, const std::string& file);

// The picture in a file as [32][32][3] bytes. Where it is not 32x32, its largest centred square is
// scaled, every pixel the mean of the area it covers. Throws Error as decode_image does, and when
// the file cannot be read.
std::vector<uint8_t> decode_picture(const std::filesystem::path& file);

struct ImageFolder {
  Dataset train, test;
  int ignored = 0;  // files in class folders that are not named *.jpg, *.jpeg or *.png
};

// The pictures in folder/train/CLASS/ and folder/test/CLASS/, CLASS being the ten kClassNames.
// Both splits are shuffled, always in the same way, so that every part of them mixes the classes.
// `progress` is called after each picture. Throws Error when a class folder is missing or without
// pictures, when there is a folder that is no class, or when pictures cannot be decoded: it then
// names them, the first ten of many.
ImageFolder load_image_folder(
    const std::filesystem::path& folder,
    const std::function<void(int done, int all)>& progress = [](int, int) {});

}  // namespace tri
