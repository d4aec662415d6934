// What resolve() finds out about a table, and the plans of buffers.
#include <algorithm>

#include "engine/graph/plan.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

std::vector<Layer> resolved(std::vector<Layer> layers) {
  resolve(layers, {32, 32, 3});
  return layers;
}

const Layer& row(const std::vector<Layer>& layers, const std::string& name) {
  return *std::ranges::find(layers, name, &Layer::name);
}

}  // namespace

TEST_CASE("rows know their sources, whose codes they read and through which pools") {
  const std::vector<Layer> layers = resolved(residual_layers());
  const auto at = [&](const std::string& name) { return int(&row(layers, name) - layers.data()); };
  CHECK(row(layers, "conv1").reads[0].from == kPicture);
  CHECK(row(layers, "conv1").reads[0].tap == -1);
  CHECK(row(layers, "short").sources == std::vector<int>{at("conv1")});
  CHECK(row(layers, "short").reads[0].tap == 0);
  CHECK(row(layers, "add1").reads[0].tap == -1);  // signed codes are no tap
  CHECK(row(layers, "add1").reads[1].from == at("short"));
  const Read& pooled = row(layers, "add3").reads[1];
  CHECK(pooled.from == at("add2"));
  CHECK(pooled.pools == std::vector<int>{at("pool1")});
  const Read& averaged = row(layers, "fc").reads[0];
  CHECK(averaged.from == at("add3"));
  CHECK(averaged.tap == -1);  // a mean of levels is no level
  CHECK(averaged.pools == std::vector<int>{at("average")});
  CHECK(row(layers, "conv1").last_use == at("short"));
  CHECK(row(layers, "add1").last_use == at("add2"));
}

TEST_CASE("a tap is a cut where nothing behind it reads what is before it") {
  const std::vector<Layer> layers = resolved(residual_layers());
  std::vector<std::string> cuts;
  for (const Layer& l : layers)
    if (l.cut) cuts.push_back(l.name);
  CHECK(cuts == std::vector<std::string>{"conv1", "add1", "add3"});
  for (const Layer& l : resolved(every_kind_of_layer(false))) CHECK(l.cut == (l.tap >= 0));
}

TEST_CASE("values that live at the same time stand in different buffers; a chain needs two") {
  CHECK(plan_forward(resolved(every_kind_of_layer(false))).buffers.sizes.size() == 2);
  for (const std::vector<Layer>& layers :
       {resolved(residual_layers()), resolved(every_kind_of_layer(true)),
        // What a dropout hands on must live until that is read.
        resolved({conv3("conv1", 8), drop(0.5f), conv3("conv2", 8), logits(linear("fc", 10))})}) {
    const ForwardPlan plan = plan_forward(layers);
    // Walks the rows and remembers who wrote each buffer last.
    std::vector<int> writer(plan.buffers.sizes.size(), -1);
    for (int i = 0; i < int(layers.size()); ++i) {
      for (const int source : layers[size_t(i)].sources) {
        if (source == kPicture) continue;
        const int owner = plan.owner[size_t(source)];
        const int buffer = plan.buffers.buffer[size_t(owner)];
        CAPTURE(layers[size_t(i)].name);
        if (buffer >= 0) CHECK(writer[size_t(buffer)] == owner);
        CHECK((buffer < 0 || buffer != plan.buffers.buffer[size_t(i)]));
      }
      const int buffer = plan.buffers.buffer[size_t(i)];
      if (buffer < 0) continue;
      writer[size_t(buffer)] = i;
      CHECK(plan.buffers.sizes[size_t(buffer)] >= layers[size_t(i)].output.size());
    }
    // Backward: a gradient stays from its last reader until its row has used it.
    const BufferPlan back = plan_backward(layers);
    for (size_t a = 0; a < layers.size(); ++a)
      for (size_t b = 0; b < a; ++b)
        if (layers[b].last_use >= int(a)) CHECK(back.buffer[a] != back.buffer[b]);
  }
}
