// ./bench int8|lut|net|search|map|train: how fast the engine is, beside the best there is. ./bench
// reward: what a search's reward foretells.
#include <cstdio>

#include "tools/bench/commands.h"

using namespace tri;

int main(int argc, char** argv) {
  Options options(
      "Measures the engine beside OpenBLAS, oneDNN, PyTorch and memcpy.\n"
      "Example: ./bench lut --zeros 0.75 --threads 1 --json lut.json");
  bool wants_signature = false;
  options.add_flag("--signature", wants_signature,
                   "print a hash of the logits of fixed networks, the same for every kernel");
  options.require_subcommand(0, 1);
  Run action;
  add_conv(options, action);
  add_net(options, action);
  add_search(options, action);
  add_map(options, action);
  add_train(options, action);
  add_reward(options, action);
  return run_program(options, argc, argv, [&] {
    if (wants_signature)
      std::printf("%016llx\n", static_cast<unsigned long long>(signature()));
    else if (action)
      action();
    else
      throw CLI::ValidationError("SUBCOMMAND", "nothing to measure: name one, or --signature");
  });
}
