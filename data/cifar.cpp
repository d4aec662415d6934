#include "data/cifar.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "data/base/check.h"
#include "data/base/file.h"
#include "data/base/json.h"
#include "data/base/temporary.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

constexpr int kTrainFiles = 5;
constexpr int kLargestCoarse = 19;  // label of CIFAR-100's 20 groups of classes
// Files beyond these are not what they claim to be.
constexpr uint64_t kMostRecords = 1'000'000, kLargestFile = 1ull << 32;
constexpr uint64_t kLargestText = 1 << 20;

const char* const kRemedy =
    "; 'make cifar10' downloads CIFAR-10, './import FOLDER' makes a data set from a folder of "
    "pictures";

// How the files of a folder hold a data set. A record: an ignored byte where `coarse`, the label
// in label_bytes (little-endian), and the planes of the picture's channels.
struct Format {
  std::string kind, what;
  Shape shape;
  std::vector<std::string> classes;
  size_t label_bytes = 1;
  bool coarse = false;
  std::vector<std::string> train;
  std::string test = "test_batch.bin";

  size_t record() const { return size_t(coarse) + label_bytes + shape.size(); }
  uint64_t largest_file() const { return std::min(kLargestFile, kMostRecords * record()); }
};

std::vector<std::string> train_names() {
  std::vector<std::string> names;
  for (int i = 1; i <= kTrainFiles; ++i)
    names.push_back("data_batch_" + std::to_string(i) + ".bin");
  return names;
}

size_t label_bytes_of(size_t classes) { return classes > 256 ? 2 : 1; }

// The lines of a file of class names; the official ones end with an empty line.
std::vector<std::string> load_names(const fs::path& file, size_t count) {
  const std::vector<uint8_t> bytes = read_file(file, kLargestText);
  std::vector<std::string> names(1);
  for (const uint8_t byte : bytes)
    if (byte == '\n')
      names.emplace_back();
    else if (byte != '\r')
      names.back() += char(byte);
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.size() != count)
    throw Error(file.string() + ": has " + std::to_string(names.size()) +
                " lines, expected the names of " + std::to_string(count) + " classes");
  for (const std::string& name : names)
    if (name.empty() || name.size() > 255 ||
        std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < ' '; }))
      throw Error(file.string() + ": a line is no name of a class, expected 1 to 255 letters");
  return names;
}

Format cifar10_format(const fs::path& folder) {
  Format f{"cifar10",    "CIFAR-10's binary version", kCifarShape, cifar10_classes(), 1, false,
           train_names()};
  const fs::path names = folder / "batches.meta.txt";
  if (fs::exists(names)) f.classes = load_names(names, f.classes.size());
  return f;
}

Format cifar100_format(const fs::path& folder) {
  return {"cifar100",
          "CIFAR-100's binary version",
          kCifarShape,
          load_names(folder / "fine_label_names.txt", 100),
          1,
          true,
          {"train.bin"},
          "test.bin"};
}

// The project's own files, as their dataset.json says.
Format own_format(const fs::path& folder) {
  const fs::path file = folder / "dataset.json";
  const Json json = read_json(file, kLargestText);
  const auto number = [&](const char* key, int least, int most) {
    const auto found = json.is_object() ? json.find(key) : json.end();
    const bool there = json.is_object() && found != json.end() && found->is_number_integer();
    const int64_t value = there ? found->get<int64_t>() : -1;
    if (value < least || value > most)
      throw Error(file.string() + ": " + key +
                  " is missing or out of range, expected a number of " + std::to_string(least) +
                  ".." + std::to_string(most) + ": make the data set again with ./import");
    return int(value);
  };
  number("version", 1, 1);
  const int side = number("side", kLeastSide, kMostSide), channels = number("channels", 1, 3);
  if (channels == 2) throw Error(file.string() + ": channels is 2, expected 1 (grey) or 3 (RGB)");
  const size_t classes = size_t(number("classes", kLeastClasses, kMostClasses));
  const int least = int(label_bytes_of(classes));
  return {"records",
          "the records that dataset.json describes",
          {side, side, channels},
          load_names(folder / "batches.meta.txt", classes),
          size_t(number("label_bytes", least, 2)),
          false,
          train_names()};
}

Format format_of(const fs::path& folder) {
  if (fs::exists(folder / "dataset.json")) return own_format(folder);
  const bool ten = fs::exists(folder / "data_batch_1.bin") || fs::exists(folder / "test_batch.bin");
  const bool hundred = fs::exists(folder / "train.bin") || fs::exists(folder / "test.bin");
  return hundred && !ten ? cifar100_format(folder) : cifar10_format(folder);
}

struct Records {
  std::vector<uint8_t> pixels;
  std::vector<uint16_t> labels;
};

size_t label_of(const uint8_t* record, const Format& f, const std::string& where) {
  if (f.coarse && *record++ > kLargestCoarse)
    throw Error(where + " has coarse label " + std::to_string(record[-1]) +
                ", expected 0..19: " + "the file is damaged or not " + f.what + kRemedy);
  const size_t label = record[0] + (f.label_bytes == 2 ? record[1] * size_t(256) : 0);
  if (label >= f.classes.size())
    throw Error(where + " has label " + std::to_string(label) + ", expected 0.." +
                std::to_string(f.classes.size() - 1) + ": the file is damaged or not " + f.what +
                kRemedy);
  return label;
}

// Adds the records of a file.
void read_records(const fs::path& file, const Format& f, Records& to) {
  const std::vector<uint8_t> bytes = read_file(file, f.largest_file());
  const size_t record = f.record(), count = bytes.size() / record;
  if (bytes.empty() || bytes.size() % record != 0)
    throw Error(file.string() + ": holds " + std::to_string(bytes.size()) + " bytes (" +
                std::to_string(count) + " records and " + std::to_string(bytes.size() % record) +
                " bytes), expected one or more whole records of " + std::to_string(record) +
                " bytes: the file is damaged or not " + f.what + kRemedy);
  const size_t first = to.labels.size(), channels = size_t(f.shape.c);
  const size_t plane = f.shape.size() / channels;
  to.labels.resize(first + count);
  to.pixels.resize(to.labels.size() * f.shape.size());
  uint8_t* out = to.pixels.data() + first * f.shape.size();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* at = bytes.data() + i * record;
    to.labels[first + i] =
        uint16_t(label_of(at, f, file.string() + ": record " + std::to_string(i)));
    at += record - f.shape.size();
    for (size_t p = 0; p < plane; ++p)
      for (size_t c = 0; c < channels; ++c) *out++ = at[c * plane + p];
  }
}

Dataset load_files(const fs::path& folder, const Format& f, std::span<const std::string> names) {
  Records records;
  uint64_t bytes = 0;
  for (const std::string& name : names) {
    const fs::path file = folder / name;
    if (!fs::exists(file))
      throw Error(file.string() + ": not found, expected a file of " + f.what + kRemedy);
    std::error_code error;
    const uint64_t size = fs::file_size(file, error);
    if (!error) bytes += std::min<uint64_t>(size, f.largest_file());
  }
  records.pixels.reserve(bytes / f.record() * f.shape.size());
  for (const std::string& name : names) read_records(folder / name, f, records);
  return {f.shape, f.classes, std::move(records.pixels), std::move(records.labels)};
}

}  // namespace

const std::vector<std::string>& cifar10_classes() {
  static const std::vector<std::string> names = {
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  return names;
}

bool is_cifar10(Shape shape, const std::vector<std::string>& classes) {
  return shape == kCifarShape && classes == cifar10_classes();
}

std::string kind_of_data(const fs::path& folder) { return format_of(folder).kind; }

bool holds_data(const fs::path& folder) {
  for (const char* name : {"data_batch_1.bin", "test_batch.bin", "train.bin", "test.bin"})
    if (fs::is_regular_file(folder / name)) return true;
  return false;
}

Dataset load_train(const fs::path& folder) {
  const Format f = format_of(folder);
  size_t last = f.train.size();
  while (last > 1 && !fs::exists(folder / f.train[last - 1])) --last;
  return load_files(folder, f, std::span(f.train).first(last));
}

Dataset load_test(const fs::path& folder) {
  const Format f = format_of(folder);
  return load_files(folder, f, {&f.test, 1});
}

Dataset load_records(const fs::path& file) {
  const Format f = format_of(file.parent_path());
  Records records;
  read_records(file, f, records);
  return {f.shape, f.classes, std::move(records.pixels), std::move(records.labels)};
}

void save_records(const fs::path& file, const Dataset& records) {
  const size_t label_bytes = label_bytes_of(records.classes().size());
  const size_t channels = size_t(records.shape().c), plane = records.shape().size() / channels;
  std::vector<uint8_t> bytes;
  bytes.reserve(size_t(records.size()) * (label_bytes + records.shape().size()));
  for (int i = 0; i < records.size(); ++i) {
    const uint8_t* picture = records.picture(i);
    const uint16_t label = records.labels()[size_t(i)];
    bytes.push_back(uint8_t(label));
    if (label_bytes == 2) bytes.push_back(uint8_t(label >> 8));
    for (size_t c = 0; c < channels; ++c)
      for (size_t p = 0; p < plane; ++p) bytes.push_back(picture[p * channels + c]);
  }
  write_file(file, bytes);
}

void require_new_folder(const fs::path& folder) {
  const auto fail = [&](const std::string& why) {
    throw Error(folder.string() + ": " + why +
                ", expected a new or empty folder: remove it or name another one");
  };
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) fail("exists already");
  // A disk that was just mounted, or that a desktop has shown, is empty all the same.
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && name != "lost+found") fail("exists already and holds " + name);
  }
}

namespace {

void write_dataset(const fs::path& folder, const Dataset& train, const Dataset& test) {
  const std::vector<std::string> files = train_names();
  for (int i = 0; i < kTrainFiles; ++i) {
    const auto begin = [&](int part) { return int(int64_t(train.size()) * part / kTrainFiles); };
    save_records(folder / files[size_t(i)], train.slice(begin(i), begin(i + 1)));
  }
  save_records(folder / "test_batch.bin", test);
  std::string names;
  for (const std::string& name : train.classes()) names += name + "\n";
  write_file(folder / "batches.meta.txt", names);
  if (is_cifar10(train.shape(), train.classes())) return;
  const size_t classes = train.classes().size();
  write_file(folder / "dataset.json", dump({{"version", 1},
                                            {"side", train.shape().h},
                                            {"channels", train.shape().c},
                                            {"classes", classes},
                                            {"label_bytes", label_bytes_of(classes)}}));
}

// Into a folder that is there, and may be a mount point or the one that a shell stands in: what
// makes it a data set comes last.
void move_all(const fs::path& from, const fs::path& to) {
  std::vector<fs::path> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(from))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end(), [](const fs::path& a, const fs::path& b) {
    const auto last = [](const fs::path& name) { return name.extension() == ".bin"; };
    return last(a) != last(b) ? last(b) : b < a;
  });
  size_t moved = 0;
  try {
    for (; moved < names.size(); ++moved) fs::rename(from / names[moved], to / names[moved]);
  } catch (const fs::filesystem_error&) {
    std::error_code ignored;
    while (moved > 0) fs::remove(to / names[--moved], ignored);
    throw;
  }
  flush_folder(to);
}

}  // namespace

void save_dataset(const fs::path& folder, const Dataset& train, const Dataset& test) {
  CHECK(train.size() >= kLeastTrain && test.size() >= 1 && train.shape() == test.shape() &&
        train.classes() == test.classes());
  require_new_folder(folder);
  const bool there = fs::exists(folder);
  const fs::path target = fs::absolute(folder / "").parent_path();
  try {
    if (!there) fs::create_directories(target.parent_path());
    Temporary temporary(there ? folder / ".dataset" : target, Temporary::Kind::folder);
    write_dataset(temporary.name(), train, test);
    if (there)
      move_all(temporary.name(), folder);
    else if (!temporary.put_in_place())
      throw Error(std::strerror(errno));
  } catch (const std::exception& error) {
    throw Error(folder.string() + ": cannot be written: " + error.what());
  }
}

}  // namespace tri
