// The C export, compiled and run: equal to the engine, layer by layer.
#include <sstream>

#include "data/base/file.h"
#include "engine/export/c/stages.h"
#include "engine/export/c/write_c.h"
#include "engine/graph/plan.h"
#include "engine/integer/int_net.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

const std::string kCompile = "cc -std=c99 -O1 -pedantic -Wall -Wextra -Wconversion -Werror ";

// The logits that the program of an export prints for pictures [n][h][w][c].
std::vector<int32_t> printed_logits(const fs::path& folder, const std::vector<uint8_t>& pixels,
                                    Shape shape) {
  std::vector<uint8_t> planes;
  for (size_t first = 0; first < pixels.size(); first += shape.size())
    for (int c = 0; c < shape.c; ++c)
      for (size_t at = 0; at < shape.size(); at += size_t(shape.c))
        planes.push_back(pixels[first + at + size_t(c)]);
  write_file(folder / "pictures", planes);
  const Ran ran = run((folder / "run").string() + " " + (folder / "pictures").string());
  CHECK(ran.status == 0);
  std::istringstream words(ran.out);
  std::vector<int32_t> logits;
  for (int32_t logit; words >> logit;) logits.push_back(logit);
  return logits;
}

void check_export(const Model& model) {
  const Scratch scratch;
  write_c(model, scratch.path);
  const Ran compiled = run(kCompile + "-o " + (scratch.path / "run").string() + " " +
                           scratch.path.string() + "/*.c");
  INFO(compiled.err);
  REQUIRE(compiled.status == 0);
  const Ran checked = run((scratch.path / "run").string());
  CAPTURE(checked.out);
  CHECK(checked.status == 0);
  Rng rng(5);
  const Shape shape = model.layers.front().in;
  std::vector<uint8_t> pixels(3 * shape.size());
  for (uint8_t& pixel : pixels) pixel = uint8_t(rng.below(256));
  const IntNet net(model);
  const Dataset pictures(shape, {}, pixels, std::vector<uint16_t>(3));
  std::optional<Staircases> staircases;
  if (!model.staircases.empty()) staircases.emplace(model, model.staircases);
  CHECK(printed_logits(scratch.path, pixels, shape) ==
        logits_of(net, pictures, {.staircases = staircases ? &*staircases : nullptr}));
}

// Rows that the engine takes in places where no net of ours has them.
std::vector<Layer> odd_layers() {
  return {pool("pool0", 3, 2, 1),
          drop(0.1f),
          dw("dw0", 1),
          pw("pw0", 13),
          reading(conv("conv5", 13, 5, 1, 2), "pool0"),
          add("add0", "pw0", "conv5"),
          add("add1", "add0", "add0"),
          without_relu(conv3("conv6", 13)),
          add("add2", "conv6", "add1"),
          pool("pool1", 2, 2),
          conv3("conv7", 21, 3),
          pool("pool2", 3, 1, 1),
          dw("dw1", 2),
          logits(conv("conv8", 3, 2, 1, 1)),
          drop(0.5f),
          average("mean")};
}

}  // namespace

TEST_CASE("values that an arena holds at once do not overlap, and it is no larger than needed") {
  Rng rng(9);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> values;
    for (int i = 0; i < 20; ++i) {
      const int begin = rng.below(10);
      values.push_back({begin, begin + rng.below(4), size_t(rng.below(100))});
    }
    const ArenaPlan plan = plan_arena(values, 4);
    size_t end = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t at = plan.offset[i];
      CHECK(at % 4 == 0);
      if (values[i].size > 0) end = std::max(end, at + values[i].size);
      for (size_t j = 0; j < i; ++j) {
        const bool together = values[i].begin <= values[j].end && values[j].begin <= values[i].end;
        const bool apart =
            at >= plan.offset[j] + values[j].size || plan.offset[j] >= at + values[i].size;
        if (together && values[i].size > 0 && values[j].size > 0) CHECK(apart);
      }
    }
    CHECK(plan.size == end);
  }
  // One after the other they share all memory.
  CHECK(plan_arena(std::vector<Lifetime>{{0, 1, 8}, {2, 3, 6}, {4, 4, 8}}, 2).size == 8);
}

TEST_CASE("the C export of teachers and students makes the engine's codes and logits" *
          doctest::skip(!have("cc")) * doctest::description("needs cc")) {
  Rng rng(31);
  for (const auto& layers :
       {residual_layers(), every_kind_of_layer(true), every_kind_of_layer(false), odd_layers()}) {
    Model model = random_model(layers, rng, {32, 32, 3});
    check_export(model);
    for (int round = 0; round < 2; ++round) {
      model.staircases = random_staircases(model, rng);
      // Of two levels, by a value of 0 and by equal thresholds.
      for (size_t tap = 0; tap < model.staircases.size(); tap += 2)
        if (auto& f = model.staircases[tap]; f && round == 1) {
          if (tap % 4 == 0)
            f->v1 = 0;
          else
            f->t1 = f->t2, f->v1 = f->v2;
        }
      check_export(model);
    }
    for (auto& f : model.staircases) f = TriSegment{40, 100, 120, 255};
    check_export(model);
  }
}

TEST_CASE("windows with more positions than a 16-bit sum holds weights are added in parts" *
          doctest::skip(!have("cc")) * doctest::description("needs cc")) {
  Rng rng(32);
  Model model = random_model({conv3("conv1", 120), conv3("conv2", 9), logits(linear("fc", 2))}, rng,
                             {16, 16, 1});
  for (int8_t& w : model.quant[1].weights) w = 127;
  model.staircases = {TriSegment{0, 200, 0, 255}, TriSegment{10, 3, 100, 7}};
  for (size_t k = 0; k < 120; ++k) model.quant[0].bias[k] = 1 << 20;  // all are above
  check_export(model);
}

TEST_CASE("scratch memory holds 2-bit maps, and sums are pooled and added before they are stored") {
  Rng rng(33);
  Model model = random_model(
      {conv3("conv1", 8), without_relu(conv3("conv2", 8)), add("add", "conv2", "conv1"),
       pool("pool", 2, 2), average("mean"), logits(linear("fc", 10))},
      rng, {32, 32, 3});
  const CPlan teacher = plan_c(model);
  REQUIRE(teacher.stages.size() == 4);
  CHECK(teacher.stages[1].row == 1);
  CHECK(teacher.stages[1].add == 2);
  CHECK(teacher.stages[1].pool == 3);
  // conv1's map, that of pool, a window of 3 x 3 x 8, a pixel.
  CHECK(teacher.memory == 32 * 32 * 8 + 16 * 16 * 8 + 72 + 8);
  model.staircases = {TriSegment{1, 2, 3, 4}, TriSegment{1, 2, 3, 4}};
  CHECK(plan_c(model).memory == 32 * 32 * 2 + 16 * 16 * 2 + 2 * 72 + 8);
}

TEST_CASE("an addition writes over the map that it adds, where nothing else reads that") {
  Rng rng(34);
  const Model model = random_model({conv3("conv1", 8), conv3("conv2", 8), conv3("conv3", 8),
                                    add("add", "conv3", "conv1"), logits(linear("fc", 10))},
                                   rng, {32, 32, 3});
  const CPlan plan = plan_c(model);
  CHECK(plan.stages[2].out.at == plan.stages[2].other.at);
  CHECK(plan.memory == 2 * 32 * 32 * 8 + 72 + 8);
}

TEST_CASE("names of nets become identifiers of C") {
  CHECK(c_identifier("vgg19") == "vgg19");
  CHECK(c_identifier("my-net.v2") == "my_net_v2");
  CHECK(c_identifier("3x3") == "net_3x3");
  CHECK(c_identifier("while") == "net_while");
}
