// The pictures a search sees: CIFAR-10 where there is one, procedural ones where not.
#pragma once

#include <iostream>
#include <string>

#include "data/cifar10.h"
#include "data/download.h"
#include "data/procedural.h"
#include "tools/options.h"

namespace tri {

struct Pictures {
  Dataset train, test;  // for the reward, for the verdict
  bool labelled;
  std::string source, folder;  // as result.json tells them
};

// At most `test_pictures` of the test set.
inline Pictures load_pictures(const DataOptions& data, int test_pictures) {
  Pictures p;
  if (const auto [folder, why] = find_or_download_cifar10(data.folder, data.offline);
      !folder.empty()) {
    p = {load_train(folder), load_test(folder), true, "cifar10", folder.string()};
  } else {
    std::cerr << "no CIFAR-10 (" << why
              << "): using procedural pictures, which show agreement with the teacher but no "
                 "accuracy; 'make cifar10' gets the real ones\n";
    const Dataset all = procedural_pictures(10000, 1);
    p = {all.slice(0, 8000), all.slice(8000, 10000), false, "procedural", ""};
  }
  p.test = p.test.slice(0, std::min(test_pictures, p.test.size()));
  return p;
}

// The training pictures by what they are for, each disjoint from the others (where the set is too
// small it starts again from its beginning).
struct Splits {
  Dataset calibration, search, held_out;
};
inline Splits split(const Dataset& train, int calibration, int search, int held_out) {
  int at = 0;
  const auto next = [&](int count) {
    Dataset part;
    for (count = std::min(count, train.size()); count > 0;) {
      const int end = std::min(at + count, train.size());
      part.append(train.slice(at, end));
      count -= end - at;
      at = end % train.size();
    }
    return part;
  };
  Splits s;
  s.calibration = next(calibration);
  s.search = next(search);
  s.held_out = next(held_out);
  return s;
}

}  // namespace tri
