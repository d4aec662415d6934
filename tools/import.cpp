// ./import FOLDER [--out DIR]: a folder of pictures -> CIFAR-10's binary version.
#include <array>
#include <iomanip>
#include <iostream>

#include "data/base/file.h"
#include "data/images.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"

namespace {

std::array<int, tri::kClasses> count(const tri::Dataset& records) {
  std::array<int, tri::kClasses> counts{};
  for (const uint8_t label : records.labels) ++counts[label];
  return counts;
}

template <class First, class Second, class Third>
void print_row(First first, Second second, Third third) {
  std::cout << std::left << std::setw(10) << first << std::right << std::setw(8) << second
            << std::setw(8) << third << "\n";
}

void import_folder(const std::string& folder, const std::string& out) {
  tri::require_new_folder(out);
  tri::make_writable_folder(std::filesystem::absolute(out + "/").parent_path().parent_path());
  tri::ProgressLine line;
  const tri::ImageFolder pictures = tri::load_image_folder(
      folder, [&](int done, int all) { line.show(done, all, "reading " + folder); });
  tri::stop_on_signal();  // from here on Ctrl-C must not leave half a folder behind
  tri::save_cifar10(out, pictures.train, pictures.test);
  std::cerr << "wrote " << out << "\n";
  if (pictures.ignored)
    std::cerr << "ignored " << pictures.ignored << " files that are not *.jpg, *.jpeg or *.png\n";

  const auto train = count(pictures.train), test = count(pictures.test);
  print_row("class", "train", "test");
  for (size_t i = 0; i < train.size(); ++i) print_row(tri::kClassNames[i], train[i], test[i]);
  print_row("total", pictures.train.size(), pictures.test.size());
}

}  // namespace

int main(int argc, char** argv) {
  tri::Options options(
      "Turns the pictures in FOLDER/train/CLASS/ and FOLDER/test/CLASS/ (JPEG or PNG) into the "
      "binary version of CIFAR-10.\n"
      "Example: ./import photographs --out data/photographs");
  std::string folder, out = "data/cifar-10-batches-bin";
  options.add_option("FOLDER", folder, "folder that holds train/ and test/")->required();
  options.add_option("--out", out, "folder to write, new or empty");
  return tri::run_program(options, argc, argv, [&] { import_folder(folder, out); });
}
