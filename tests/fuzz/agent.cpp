// Agents, in a frame that is right. What is read is written as it was.
#include "rl/agent/agent.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = as_file(framed("triagent", 1, {data, size}));
  return fuzz([&] {
    const tri::Agent agent = tri::load_agent(file);
    tri::save(agent, scratch() / "agent");
    if (tri::load_agent(scratch() / "agent") != agent) std::abort();
  });
}
