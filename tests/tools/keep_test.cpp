// Which layers a search leaves their 8-bit codes.
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"
#include "tools/pipeline/search_options.h"

using namespace tri;

namespace {

Model model_of(const std::string& net) { return {net, table_of(net), {}, {}}; }

size_t kept(const nlohmann::json& set) {
  size_t count = 0;
  for (const auto& layer : set["layers"]) count += layer["t1"].is_null();
  return count;
}

}  // namespace

TEST_CASE(
    "layers that only depthwise ones read, or an addition, keep their 8 bits unless told "
    "otherwise") {
  std::vector<std::string> expected{"conv1"};
  for (int i = 1; i <= 12; ++i) expected.push_back("pw" + std::to_string(i));
  CHECK(kept_by_default(model_of("mobilenetv1")) == expected);
  for (const char* net : {"vgg19", "alexnet", "nin"}) CHECK(kept_by_default(model_of(net)).empty());
  CHECK(kept_by_default(model_of("resnet20")) ==
        std::vector<std::string>{"conv1", "b1_1_add", "b1_2_add", "b2_1_add", "b2_2_add",
                                 "b3_1_add", "b3_2_add"});
  // Bottlenecks are read as signed codes; what expands them is read by a depthwise layer alone.
  const Model residual = model_of("mobilenetv2");
  const std::vector<std::string> names = kept_by_default(residual);
  CHECK(names.size() == 17);
  for (const std::string& name : names) CHECK(residual.tap(name) >= 0);
}

TEST_CASE("a search starts with all staircases where --keep none says so, else without some") {
  const Bench bench;
  Rng rng(1);
  Model model = random_model(table_of("mobilenetv1"), rng);
  model.net = "mobilenetv1";
  const std::string teacher = (bench.scratch.path / "mobilenetv1.q8").string();
  save(model, teacher);
  const auto search = [&](const std::string& more) {
    const Ran ran =
        run(program("search") + " mobilenetv1 --teacher " + teacher + " --data " + bench.data +
            " --no-mixed --algo mse --batch 2 --pool 4 --held-out 2 --calibration 2" +
            " --reconstruction 0 --top 1 --test 2 --out " + bench.out + more);
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    return json_of(bench.out + "/result.json");
  };
  const auto usual = search("");
  CHECK(kept(usual["mse"]) == 0);
  CHECK(kept(usual["start"]) == 13);
  CHECK(kept(usual["selected"]) == 13);
  const auto none = search(" --keep none");
  CHECK(kept(none["selected"]) == 0);
  CHECK(none["start"] == none["mse"]);
  CHECK(none["mse"] == usual["mse"]);
  const auto named = search(" --keep pw3,dw5");
  CHECK(kept(named["mse"]) == 0);
  CHECK(kept(named["start"]) == 2);
}
