// Options that many programs have, apart from options.h, which takes CLI11's long templates in.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tri {

// Where the pictures come from.
struct DataOptions {
  std::string folder;
  bool offline = false;

  void add_to(CLI::App& options);
};

}  // namespace tri
