#include "data/image_folder.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "data/base/error.h"
#include "data/base/rng.h"
#include "data/images.h"
#include "data/picture_kind.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

const char* const kExpected =
    ", expected pictures in train/CLASS/ and test/CLASS/, or in CLASS/ alone";

// Class by class, the files in the order of their names: that of a folder is the file system's
// whim.
using Classes = std::map<std::string, std::vector<fs::path>>;

void require_folder(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw Error(folder.string() + ": " + (fs::exists(folder) ? "is not a folder" : "not found") +
                kExpected);
}

std::vector<fs::path> sorted_entries(const fs::path& folder, int& hidden) {
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with('.'))
      ++hidden;
    else
      entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// Why a file in a class's folder is not read; empty where it is.
std::string why_ignored(const fs::path& file) {
  const std::string name = file.filename().string();
  if (fs::is_directory(file)) return "is a folder inside a class, whose pictures are not read";
  if (has_readable_name(name)) return "";
  return has_picture_name(name) ? "is a picture of a kind that cannot be read: convert it to PNG"
                                : "is not named as a picture is (*.jpg, *.png, ...)";
}

Classes list_classes(const fs::path& folder, ImageFolder& out) {
  require_folder(folder);
  Classes classes;
  for (const fs::path& entry : sorted_entries(folder, out.hidden)) {
    const std::string name = entry.filename().string();
    if (!fs::is_directory(entry)) {
      out.ignored.push_back(entry.string() + ": is in no class's folder");
      continue;
    }
    if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < ' '; }))
      throw Error(entry.string() + ": a control character in the name of a class: rename it");
    std::vector<fs::path>& files = classes[name];
    for (const fs::path& file : sorted_entries(entry, out.hidden))
      if (const std::string why = why_ignored(file); why.empty())
        files.push_back(file);
      else
        out.ignored.push_back(file.string() + ": " + why);
    if (files.empty())
      throw Error(entry.string() +
                  ": holds no pictures, expected files named *.jpg, *.png, *.bmp, *.gif, ...");
  }
  return classes;
}

void require_same_classes(const fs::path& folder, const Classes& train, const Classes& test) {
  for (const auto& [name, files] : train)
    if (!test.contains(name))
      throw Error((folder / "test" / name).string() +
                  ": not found, expected the classes of train/");
  for (const auto& [name, files] : test)
    if (!train.contains(name))
      throw Error((folder / "test" / name).string() +
                  ": is not a class of train/: move it away, or add its training pictures");
}

// Moves a tenth of each class from `train` to `test`.
void draw_test(Classes& train, Classes& test, const fs::path& folder, uint64_t seed) {
  uint64_t stream = 0;
  for (auto& [name, files] : train) {
    if (files.size() < 2)
      throw Error((folder / name).string() +
                  ": holds 1 picture, expected at least 2: one of them "
                  "becomes a test picture");
    Rng(seed, ++stream).shuffle(files);
    const size_t count = std::max<size_t>(1, (files.size() + 5) / 10);
    test[name].assign(files.end() - ptrdiff_t(count), files.end());
    files.resize(files.size() - count);
  }
}

// All files with their labels, shuffled.
std::vector<LabeledFile> mixed(const Classes& classes) {
  std::vector<LabeledFile> list, out;
  uint16_t label = 0;
  for (const auto& [name, files] : classes) {
    for (const fs::path& file : files) list.push_back({file, label});
    ++label;
  }
  std::vector<int> order(list.size());
  std::iota(order.begin(), order.end(), 0);
  Rng(0).shuffle(order);
  for (const int i : order) out.push_back(list[size_t(i)]);
  return out;
}

// All that is wrong with the pictures, in one Error.
class Damages {
 public:
  void add(const Error& error) { texts_.push_back(error.what()); }
  void report() {
    if (texts_.empty()) return;
    std::sort(texts_.begin(), texts_.end());
    const size_t count = texts_.size(), shown = std::min(count, kShown);
    std::string text;
    for (size_t i = 0; i < shown; ++i) text += "\n  " + texts_[i];
    throw Error((count == 1 ? "1 picture" : std::to_string(count) + " pictures") +
                " cannot be used:" + text +
                (count > shown ? "\n  and " + std::to_string(count - shown) + " more" : ""));
  }

 private:
  static constexpr size_t kShown = 10;
  std::vector<std::string> texts_;
};

}  // namespace

ImageFolder list_image_folder(const fs::path& folder, uint64_t seed) {
  require_folder(folder);
  ImageFolder out;
  out.has_test_folder = fs::exists(folder / "train") || fs::exists(folder / "test");
  Classes train, test;
  if (out.has_test_folder) {
    train = list_classes(folder / "train", out);
    test = list_classes(folder / "test", out);
    require_same_classes(folder, train, test);
  } else {
    train = list_classes(folder, out);
  }
  if (train.size() < kLeastClasses || train.size() > kMostClasses)
    throw Error(folder.string() + ": has " + std::to_string(train.size()) +
                " classes, expected a folder for each of " + std::to_string(kLeastClasses) +
                " to " + std::to_string(kMostClasses) + kExpected);
  if (!out.has_test_folder) draw_test(train, test, folder, seed);
  for (const auto& [name, files] : train) out.classes.push_back(name);
  out.train = mixed(train);
  out.test = mixed(test);
  return out;
}

ImportedSet load_image_folder(const ImageFolder& folder, Shape shape,
                              const std::function<void(int done, int all)>& progress) {
  const int all = int(folder.train.size() + folder.test.size());
  int done = 0;
  Damages damages;
  const auto load = [&](const std::vector<LabeledFile>& list) {
    std::vector<uint8_t> pixels;
    std::vector<uint16_t> labels;
    pixels.reserve(list.size() * shape.size());
    for (const auto& [file, label] : list) {
      try {
        const std::vector<uint8_t> picture = decode_picture(file, shape);
        pixels.insert(pixels.end(), picture.begin(), picture.end());
        labels.push_back(label);
      } catch (const Error& error) {
        damages.add(error);
      }
      progress(++done, all);
    }
    return Dataset(shape, folder.classes, std::move(pixels), std::move(labels));
  };
  ImportedSet set{load(folder.train), load(folder.test)};
  damages.report();
  return set;
}

}  // namespace tri
