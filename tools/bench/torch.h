// PyTorch as a contestant: a script of tools/ that runs in a Python with torch.
#pragma once

#include <memory>
#include <string>

#include "engine/integer/model.h"
#include "tools/bench/contest.h"
#include "tools/bench/table.h"

namespace tri {

// What the script reads on its first line: {"threads", "batch", "layers": [a row of the table]}.
Json problem_for_torch(const Model& model, int threads, int batch);

// script: of tools/, started with --serve, answers the line `problem` with its description and
// every other one, once it has run, with one of its own. Its results are not compared.
std::unique_ptr<Contestant> torch_peer(const std::string& script, const std::string& python,
                                       const Json& problem);

}  // namespace tri
