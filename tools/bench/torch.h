// PyTorch as a contestant: a script of tools/peers/ that runs in a Python with torch.
#pragma once

#include <memory>
#include <string>

#include "engine/graph/layer.h"
#include "tools/bench/contest.h"
#include "tools/bench/table.h"

namespace tri {

// What the script reads on its first line: {"threads", "batch", "side", "layers": [a row of the
// table]}. layers: resolved.
Json problem_for_torch(const std::vector<Layer>& layers, int threads, int batch);
// The Python to run scripts in: that of `make peers`, where it was made, else the system's.
std::string python_of_peers();

// script: of tools/peers/, started with --serve, answers the line `problem` with its description
// and every other one, once it has run, with one of its own. Its results are not compared.
std::unique_ptr<Contestant> torch_peer(const std::string& script, const std::string& python,
                                       const Json& problem);

}  // namespace tri
