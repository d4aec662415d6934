// Data sets as files: CIFAR-10's binary version, CIFAR-100's, and the project's own record files,
// which are like the first for other shapes and classes. data/README.md describes all three.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace tri {

constexpr Shape kCifarShape{32, 32, 3};
const std::vector<std::string>& cifar10_classes();  // airplane, automobile, ..., truck

// Whether CIFAR-10's binary version, which names neither shape nor label size, can hold the set.
bool is_cifar10(Shape shape, const std::vector<std::string>& classes);

// What a folder's files say that they hold: "cifar10", "cifar100" or "records". Throws Error where
// what they say makes no sense.
std::string kind_of_data(const std::filesystem::path& folder);
// Whether there is a file of training or of test records in the folder.
bool holds_data(const std::filesystem::path& folder);

// Throws Error when files are missing, empty or not a whole number of records, or when a label is
// not below the number of classes. Training files may end early: data_batch_1.bin alone will do.
Dataset load_train(const std::filesystem::path& folder);
Dataset load_test(const std::filesystem::path& folder);

// The records of one file, which holds what its folder says: CIFAR-10's where that says nothing.
Dataset load_records(const std::filesystem::path& file);
void save_records(const std::filesystem::path& file, const Dataset& records);

// Writes the whole data set into `folder`, which must not exist or be empty: data_batch_1..5.bin,
// each a fifth of `train`, test_batch.bin and batches.meta.txt, and dataset.json where these are
// not CIFAR-10's. A new folder appears complete or not at all; in an empty one, which may be a
// mount point, data_batch_1.bin comes last. Names that begin with a dot, and lost+found, do not
// count. Throws Error. REQUIRES: at least kLeastTrain and one pictures, of one shape, with the same
// classes.
constexpr int kLeastTrain = 5;
void save_dataset(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);
// Throws Error where save_dataset would refuse the folder: lets a program ask before a long job.
void require_new_folder(const std::filesystem::path& folder);

}  // namespace tri
