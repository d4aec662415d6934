// Programs that run in Python as contestants: scripts of tools/peers/.
#pragma once

#include <memory>
#include <string>

#include "data/dataset.h"
#include "engine/integer/model.h"
#include "tools/bench/contest.h"
#include "tools/bench/table.h"

namespace tri {

// What a script reads on its first line: {"threads", "batch", "side", "layers": [a row of the
// table]}. layers: resolved.
Json problem_for_python(const std::vector<Layer>& layers, int threads, int batch);
// The Python to run scripts in: that of `make peers`, where it was made, else the system's.
std::string python_of_peers();

// script: of tools/peers/, started with --serve, answers the line `problem` (and the bytes behind
// it) with its description, or "skipped: " and why, and every other line, once it has run, with the
// seconds that took. Its results are not compared.
std::unique_ptr<Contestant> python_peer(const std::string& script, const std::string& python,
                                        const Json& problem, const std::string& bytes = "");

// A network in ONNX Runtime ("ort") or OpenVINO ("openvino"), a student's without its staircases:
// its description says how its logits for the pictures differ from ours.
std::unique_ptr<Contestant> onnx_peer(const std::string& peer, const std::string& python,
                                      const Model& model, const Dataset& pictures, int threads);

}  // namespace tri
