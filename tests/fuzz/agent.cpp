// Agents, in a frame that is right.
#include "rl/agent/agent.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file(framed("triagent", 1, {data, size}));
  return fuzz([&] { tri::load_agent(file); });
}
