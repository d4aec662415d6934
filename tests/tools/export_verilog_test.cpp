// tests/export_verilog.sh on small networks, and what the Verilog export refuses.
#include <sstream>
#include <utility>

#include "data/base/file.h"
#include "engine/export/verilog/write_verilog.h"
#include "engine/integer/model_file.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

TEST_CASE("the Verilog export makes the engine's codes and logits in simulators" *
          doctest::skip(!have("iverilog") && !have("verilator")) *
          doctest::description("needs iverilog or verilator")) {
  const Scratch scratch;
  Rng rng(36);
  bool synthesized = false;
  for (const auto& layers : {residual_layers(), every_kind_of_layer(false)}) {
    Model model = random_model(layers, rng);
    model.staircases = random_staircases(model, rng);
    const std::string file = (scratch.path / "net.tri").string();
    save(model, file);
    // The elements, whose synthesis takes longest, are the same in both.
    const bool first = !std::exchange(synthesized, true);
    const Ran ran = run("tests/export_verilog.sh " + file + (first ? "" : " simulate"));
    INFO(ran.err);
    INFO(ran.out);
    CHECK(ran.status == 0);
    CHECK(ran.out.find("2 pictures, ") != std::string::npos);
    CHECK(ran.out.find(": all equal") != std::string::npos);
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("skipped: ")) MESSAGE(line);
  }
}

TEST_CASE("the Verilog export refuses means of logits before it writes a file") {
  const Scratch scratch;
  Rng rng(37);
  const Model model = random_model(every_kind_of_layer(true), rng);
  CHECK_THROWS_WITH_AS(write_verilog(model, scratch.path),
                       "layer conv3: the Verilog engine makes one logit a class", Error);
  CHECK(std::filesystem::is_empty(scratch.path));
}
