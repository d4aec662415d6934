// Where to look for the data set, and what to tell who named the wrong place.
#pragma once

#include <filesystem>
#include <string>

namespace tri {

// A path as a shell reads it back, for commands that programs suggest.
std::string shell_quoted(const std::filesystem::path& path);

extern const char* const kDefaultData;  // data/cifar-10-batches-bin

// The folder that holds the data set: `named` where not empty (then it must be there, or Error),
// else $CIFAR10_DIR (likewise), else kDefaultData, else an empty path: there is none. The Error of
// a folder that holds something else (the Python or MATLAB version, an archive, pictures, the data
// set in a folder below) says so and gives the command that helps.
std::filesystem::path find_data(const std::string& named);

}  // namespace tri
