// CIFAR-10 for a program that was told of none: looked for, and downloaded where it is not there.
// The downloading itself is data/download.sh's, which `make cifar10` runs as well.
#pragma once

#include <filesystem>
#include <string>

namespace tri {

struct Cifar10 {
  std::filesystem::path folder;  // empty: there is none,
  std::string missing;           // and why
};

// The folder that find_data(named) finds; where it finds none, the official archive is
// downloaded to data/cifar-10-batches-bin unless `offline`. Talks on stderr. Throws Error where
// find_data does: what was named must be there.
Cifar10 find_or_download_cifar10(const std::string& named, bool offline);

// The same for those who cannot do without: throws Error when there is none.
std::filesystem::path require_cifar10(const std::string& named, bool offline);

}  // namespace tri
