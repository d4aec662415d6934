// The subcommands of ./bench. Each of these adds one or two to `options`, and lets `action` be what
// runs them once they have been named and their options parsed.
#pragma once

#include <functional>
#include <string>

#include "tools/cli/options.h"

namespace tri {

using Run = std::function<void()>;

void add_conv(Options& options, Run& action);  // int8, lut
void add_net(Options& options, Run& action);
void add_search(Options& options, Run& action);
void add_map(Options& options, Run& action);
void add_train(Options& options, Run& action);
void add_reward(Options& options, Run& action);

// A hash of the logits that fixed networks, made from a seed, give for fixed pictures: the same on
// every instruction set and for any number of threads. Covers every kind of layer, as teacher and
// as student.
uint64_t signature();

}  // namespace tri
