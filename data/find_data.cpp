#include "data/find_data.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "data/base/error.h"
#include "data/cifar.h"

namespace tri {
namespace fs = std::filesystem;
namespace {

bool any(const fs::path& folder, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return fs::exists(folder / name); });
}

// Names in the folder, hidden ones left out.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> all;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (!entry.path().filename().string().starts_with('.')) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

bool is_archive(const fs::path& file) {
  const std::string name = file.filename().string();
  for (const char* end : {".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar"})
    if (name.ends_with(end)) return fs::is_regular_file(file);
  return false;
}

std::string of_wrong_version(const std::string& version) {
  return "is the " + version +
         " version, expected the binary one: 'make cifar10' downloads CIFAR-10's, and "
         "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz is CIFAR-100's";
}

std::string of_archive(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.find("python") != std::string::npos) return of_wrong_version("Python");
  if (name.find("matlab") != std::string::npos) return of_wrong_version("MATLAB");
  const std::string start = "is an archive, expected a folder: unpack it with '";
  for (const auto& [part, folder] : {std::pair("cifar-10-binary", "cifar-10-batches-bin"),
                                     std::pair("cifar-100-binary", "cifar-100-binary")})
    if (name.starts_with(part))
      return start + "tar -xf " + shell_quoted(file) +
             " -C data' and name what comes out: --data data/" + folder;
  return start + "mkdir -p data/unpacked && tar -xf " + shell_quoted(file) +
         " -C data/unpacked' and name the folder in it with --data, or with './import' where it "
         "holds pictures";
}

// What a path that holds no data set is, as far as it can be told; empty where it cannot.
std::string diagnosis(const fs::path& path) {
  if (is_archive(path)) return of_archive(path);
  if (!fs::is_directory(path)) return "";
  if (any(path, {"data_batch_1.mat", "test_batch.mat", "train.mat", "test.mat"}))
    return of_wrong_version("MATLAB");
  const bool files = fs::is_regular_file(path / "train") || fs::is_regular_file(path / "test");
  if (any(path, {"data_batch_1", "test_batch", "batches.meta"}) || files)
    return of_wrong_version("Python");
  const std::vector<fs::path> all = entries(path);
  for (const fs::path& entry : all)
    if (holds_data(entry))
      return "is the folder above the data set, expected the data set's own: --data " +
             shell_quoted(entry);
  for (const fs::path& entry : all) {
    const std::string name = entry.filename().string();
    const bool is_version = name == "cifar-10-batches-py" || name == "cifar-100-python" ||
                            name == "cifar-10-batches-mat" || name == "cifar-100-matlab";
    if (is_version || is_archive(entry)) {
      const std::string what = diagnosis(entry);
      if (!what.empty()) return "holds no data set, but " + name + ", which " + what;
    }
  }
  const auto is_folder = [](const fs::path& entry) { return fs::is_directory(entry); };
  if (std::count_if(all.begin(), all.end(), is_folder) >= kLeastClasses)
    return "holds folders: if there are pictures in them, './import " + shell_quoted(path) +
           " --out data/imported' makes a data set of them, to be named --data data/imported";
  return "";
}

// `source` names who chose the folder.
fs::path checked(const fs::path& folder, const std::string& source) {
  if (fs::is_directory(folder) && holds_data(folder)) return folder;
  const std::string place = folder.string() + " (" + source + "): ";
  if (!fs::exists(folder))
    throw Error(place +
                "not found, expected the folder of a data set; 'make cifar10' downloads "
                "CIFAR-10, './import FOLDER' makes a data set from a folder of pictures");
  if (const std::string what = diagnosis(folder); !what.empty()) throw Error(place + what);
  throw Error(
      place +
      (fs::is_directory(folder)
           ? "holds neither data_batch_1.bin nor test_batch.bin (CIFAR-10, or what ./import "
             "makes), nor train.bin or test.bin (CIFAR-100)"
           : "is not a folder, expected that of a data set") +
      "; 'make cifar10' downloads CIFAR-10, './import FOLDER' makes a data set from a "
      "folder of pictures");
}

}  // namespace

std::string shell_quoted(const fs::path& path) {
  const std::string text = path.string();
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || std::string_view("/._-+,:@%").find(char(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

const char* const kDefaultData = "data/cifar-10-batches-bin";

fs::path find_data(const std::string& named) {
  if (!named.empty()) return checked(named, "--data");
  const char* variable = std::getenv("CIFAR10_DIR");
  if (variable && *variable) return checked(variable, "$CIFAR10_DIR");
  if (fs::exists(kDefaultData)) return checked(kDefaultData, "the default");
  return {};
}

}  // namespace tri
