// Folders of picture files, a folder a class -> a data set. Writing it is left to data/cifar.
#pragma once

#include <filesystem>
#include <functional>

#include "data/dataset.h"

namespace tri {

struct LabeledFile {
  std::filesystem::path file;
  uint16_t label;
};

struct ImageFolder {
  std::vector<std::string> classes;  // the names of their folders, in the order of their bytes
  std::vector<LabeledFile> train, test;
  bool has_test_folder = true;       // false: the test pictures were drawn
  std::vector<std::string> ignored;  // "FILE: reason"
  int hidden = 0;  // names that begin with a dot, which are ignored without a word
};

// The picture files in folder/train/CLASS/ and folder/test/CLASS/, or in folder/CLASS/ where there
// is neither: a tenth of each class (at least one picture) then becomes the test set, drawn with
// `seed`. Both splits are shuffled, always in the same way, so that every part of them mixes the
// classes. Throws Error when there are too few or too many classes, when one has too few pictures,
// or when train/ and test/ have different classes.
ImageFolder list_image_folder(const std::filesystem::path& folder, uint64_t seed);

struct ImportedSet {
  Dataset train, test;
};
// Decodes them all to pictures of this shape. `progress` is called after each. Throws Error when
// pictures cannot be decoded: it then names them, the first ten of many.
ImportedSet load_image_folder(
    const ImageFolder& folder, Shape shape,
    const std::function<void(int done, int all)>& progress = [](int, int) {});

}  // namespace tri
