// ./import FOLDER [--out DIR]: folders of pictures -> a data set's record files.
#include <iomanip>
#include <iostream>

#include "data/base/file.h"
#include "data/cifar.h"
#include "data/find_data.h"
#include "data/image_folder.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"

namespace {

std::vector<int> count(const tri::Dataset& records) {
  std::vector<int> counts(records.classes().size());
  for (const uint16_t label : records.labels()) ++counts[label];
  return counts;
}

template <class First, class Second, class Third>
void print_row(int width, First first, Second second, Third third) {
  std::cout << std::left << std::setw(width) << first << std::right << std::setw(8) << second
            << std::setw(8) << third << "\n";
}

void print_counts(const tri::Dataset& train, const tri::Dataset& test) {
  size_t width = 10;
  for (const std::string& name : train.classes()) width = std::max(width, name.size());
  const auto row = [&](const auto&... cells) { print_row(int(width), cells...); };
  const std::vector<int> trained = count(train), tested = count(test);
  row("class", "train", "test");
  for (size_t i = 0; i < trained.size(); ++i) row(train.classes()[i], trained[i], tested[i]);
  row("total", train.size(), test.size());
}

void tell_ignored(const tri::ImageFolder& list) {
  constexpr size_t kShown = 20;
  for (size_t i = 0; i < std::min(list.ignored.size(), kShown); ++i)
    std::cerr << "ignored: " << list.ignored[i] << "\n";
  if (list.ignored.size() > kShown)
    std::cerr << "ignored: " << list.ignored.size() - kShown << " more\n";
  if (list.hidden) std::cerr << "ignored: " << list.hidden << " names that begin with a dot\n";
}

struct Settings {
  std::string folder, out;
  int side = 32;
  bool grey = false;
  uint64_t seed = 1;
};

void import_folder(Settings s) {
  namespace fs = std::filesystem;
  const tri::ImageFolder list = tri::list_image_folder(s.folder, s.seed);
  const tri::Shape shape{s.side, s.side, s.grey ? 1 : 3};
  if (s.out.empty())
    s.out = tri::is_cifar10(shape, list.classes)
                ? tri::kDefaultData
                : "data/" + fs::absolute(s.folder + "/").parent_path().filename().string();
  tri::require_new_folder(s.out);
  if (list.train.size() < tri::kLeastTrain)
    throw tri::Error(s.folder + ": holds " + std::to_string(list.train.size()) +
                     " training pictures, expected at least " + std::to_string(tri::kLeastTrain));
  tri::make_writable_folder(
      fs::exists(s.out) ? fs::path(s.out) : fs::absolute(s.out + "/").parent_path().parent_path());
  tri::ProgressLine line;
  const tri::ImportedSet set = tri::load_image_folder(
      list, shape, [&](int done, int all) { line.show(done, all, "reading " + s.folder); });
  // From here on Ctrl-C must not leave half a folder behind.
  tri::stop_on_signal("once the data set is written");
  tri::save_dataset(s.out, set.train, set.test);
  std::cerr << "wrote " << s.out << "\n";
  if (!list.has_test_folder)
    std::cerr << "a tenth of each class is the test set, drawn with --seed " << s.seed << "\n";
  tell_ignored(list);
  print_counts(set.train, set.test);
}

}  // namespace

int main(int argc, char** argv) {
  tri::Options options(
      "Turns the pictures in FOLDER/train/CLASS/ and FOLDER/test/CLASS/, or in FOLDER/CLASS/ alone "
      "(JPEG, PNG, BMP, GIF, TGA, PSD, PGM or PPM), into a data set; that of CIFAR-10's classes, "
      "32 x 32, has the files of CIFAR-10's binary version.\n"
      "Example: ./import photographs --out data/photographs");
  Settings s;
  options.add_option("FOLDER", s.folder, "folder that holds train/ and test/, or the classes")
      ->required();
  options.add_option("--out", s.out,
                     "folder to write, new or empty [of CIFAR-10's classes "
                     "data/cifar-10-batches-bin, else data/FOLDER]");
  options.add_option("--side", s.side, "of the pictures, in pixels")
      ->check(CLI::Range(tri::kLeastSide, tri::kMostSide));
  options.add_flag("--grey", s.grey, "make them grey");
  options.add_option("--seed", s.seed,
                     "of the choice of test pictures, where there is no FOLDER/test/");
  return tri::run_program(options, argc, argv, [&] { import_folder(s); });
}
