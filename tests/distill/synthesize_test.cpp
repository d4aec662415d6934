#include "distill/synthesis/synthesize.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "data/base/file.h"
#include "data/contact_sheet.h"
#include "distill/correct/calibrate.h"
#include "distill/judge/kl.h"
#include "distill/synthesis/pyramid.h"
#include "engine/integer/dequantize.h"
#include "nets/nets.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Approx;

namespace {

// A teacher with the statistics that dark pictures leave: descents start from brighter ones.
Model small_teacher() {
  Rng rng(3);
  Model model = random_model(every_kind_of_layer(false), rng);
  model.quant.back().scale = kLogitStep;
  std::vector<uint8_t> pixels = pixels_of(random_pictures(50, 1));
  for (uint8_t& pixel : pixels) pixel /= 2;
  add_statistics(model, pixels);
  return model;
}

SynthesisOptions few() { return {.count = 64, .steps = 10, .seed = 1, .batch = 32}; }

// Of the first layer, for 50 results a channel; adds the gradient, times kWeight, to d.
const Layer kLayer = every_kind_of_layer(false).front();
constexpr int kRows = 50;
const int kResults = kRows * kLayer.out;
constexpr double kWeight = 10;
double statistics_loss(const Net& net, const Buffer<float>& y, Buffer<float>& d) {
  StatisticsLoss loss(net, kWeight);
  loss(0, kRows, kLayer.out, y.data(), d.data());
  return loss.value;
}

void quiet(const SynthesisProgress&) {}

}  // namespace

TEST_CASE("the loss on statistics is 0 where they match, and its gradient is its slope") {
  const Net net = dequantize(small_teacher());
  Rng rng(5);
  Buffer<float> y(kResults), d(kResults, 1.0f), nothing(kResults), moved(kResults);
  for (float& value : y) value = float(2 + rng.normal());
  const double value = statistics_loss(net, y, d);
  for (float& value : d) value -= 1;  // the gradient is added to what was there

  Buffer<float> direction(kResults);
  double slope = 0, length = 0;
  for (int i = 0; i < kResults; ++i) {
    direction[i] = d[i] * float(1 + 0.5 * rng.normal());
    slope += double(direction[i]) * d[i];
    length += double(direction[i]) * direction[i];
  }
  double ends[2];
  const double step = 0.05 / std::sqrt(length);
  for (const int side : {0, 1}) {
    for (int i = 0; i < kResults; ++i)
      moved[i] = y[i] + float((side ? step : -step) * direction[i]);
    ends[side] = statistics_loss(net, moved, nothing);
  }
  CHECK(kWeight * (ends[1] - ends[0]) / (2 * step) == Approx(slope).epsilon(0.01));

  // Values at a distance of one deviation from the mean, half of them on each side.
  for (int i = 0; i < kResults; ++i) {
    const size_t channel = size_t(i % kLayer.out);
    const float deviation = std::sqrt(net.running_variance[channel]);
    y[i] = net.running_mean[channel] + (i / kLayer.out % 2 ? deviation : -deviation);
  }
  CHECK(statistics_loss(net, y, nothing) < 1e-6 * value);
}

TEST_CASE("synthesized pictures match the teacher's statistics, or are of a class to it") {
  for (const bool classes : {false, true}) {
    CAPTURE(classes);
    SynthesisOptions options = few();
    options.steps = 30;
    options.statistics = !classes, options.classes = classes;
    std::vector<SynthesisProgress> rows;
    const Dataset pictures = synthesize(small_teacher(), options,
                                        [&](const SynthesisProgress& p) { rows.push_back(p); });
    REQUIRE(rows.size() == 2 * 30);
    CHECK(rows.back().step == rows.back().steps);
    CHECK(rows.back().first == 33);
    for (const size_t first : {0, 30}) {
      const SynthesisProgress &begin = rows[first], &end = rows[first + 29];
      if (classes)
        CHECK(end.classes < begin.classes);
      else
        CHECK(end.statistics < begin.statistics / 2);
    }
    REQUIRE(pictures.size() == 64);
    REQUIRE(pictures.pixels().size() == 64 * kPictureBytes);
    for (int i = 0; i < 64; ++i) CHECK(pictures.labels()[size_t(i)] == i % kClasses);
  }
}

TEST_CASE("the same seed synthesizes the same pictures, on one thread as on two") {
  const Model teacher = small_teacher();
  const std::vector<uint8_t> pixels = pixels_of(synthesize(teacher, few(), quiet));
  const int before = omp_get_max_threads();
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    CHECK(pixels_of(synthesize(teacher, few(), quiet)) == pixels);
  }
  omp_set_num_threads(before);
  SynthesisOptions other = few();
  other.seed = 2;
  CHECK(pixels_of(synthesize(teacher, other, quiet)) != pixels);
}

TEST_CASE("pictures are synthesized of the shape and for the classes that the teacher knows") {
  constexpr Shape kShape{48, 48, 1};
  Rng rng(3);
  Model teacher = random_model({conv3("conv1", 8, 2), pool("pool", 2, 2), logits(linear("fc", 12))},
                               rng, kShape);
  teacher.quant.back().scale = kLogitStep;
  add_statistics(teacher, random_pictures(50, 1, kShape).pixels());
  const Dataset pictures = synthesize(teacher, few(), quiet);
  CHECK(pictures.shape() == kShape);
  CHECK(labels_of(pictures) == labels_in_turn(64, 12));
  CHECK(pixels_of(pictures.slice(0, 1)) != pixels_of(pictures.slice(1, 2)));
}

TEST_CASE("a teacher without statistics cannot be synthesized from") {
  Model teacher = small_teacher();
  for (QuantLayer& q : teacher.quant) q.mean.clear(), q.variance.clear();
  CHECK_THROWS_WITH_AS(synthesize(teacher, few(), quiet), doctest::Contains("has no statistics"),
                       Error);
}

TEST_CASE("painting is linear in the nodes, and its gradient its adjoint") {
  Rng rng(2);
  // With so many grids: 1, 2, 4, ... cells, and one a pixel.
  for (const auto& [shape, grids] : {std::pair(kPictureShape, 6), std::pair(Shape{48, 48, 1}, 7),
                                     std::pair(Shape{17, 17, 3}, 6)}) {
    CAPTURE(shape.h);
    const Pyramid pyramid(shape);
    std::vector<float> nodes(size_t(pyramid.nodes())), d_nodes(nodes.size());
    std::vector<float> x(shape.size()), dx(shape.size());
    pyramid.random_nodes(rng, nodes.data());
    for (float& d : dx) d = float(rng.normal());
    pyramid.paint(nodes.data(), x.data());
    pyramid.paint_backward(dx.data(), d_nodes.data());
    const double pixels = std::inner_product(x.begin(), x.end(), dx.begin(), 0.0);
    const double values = std::inner_product(nodes.begin(), nodes.end(), d_nodes.begin(), 0.0);
    CHECK(pixels == Approx(values).epsilon(1e-4));

    // All nodes alike paint one color: grids on top of each other.
    std::fill(nodes.begin(), nodes.end(), 0.25f);
    pyramid.paint(nodes.data(), x.data());
    for (const float value : x) CHECK(value == Approx(0.25 * grids));
    // Nodes that rise evenly to the right and twice as fast downwards paint the same ramp.
    size_t node = 0;
    for (int cells = 1; node < nodes.size(); cells = std::min(2 * cells, shape.h))
      for (int i = 0; i < (cells + 1) * (cells + 1) * shape.c; ++i) {
        const int at = i / shape.c;
        nodes[node++] = float(at % (cells + 1) + 2 * (at / (cells + 1))) / float(cells);
      }
    pyramid.paint(nodes.data(), x.data());
    for (int y = 0; y < shape.h; y += 5)
      for (int column = 0; column < shape.w; column += 3)
        CHECK(x[size_t((y * shape.w + column) * shape.c)] ==
              Approx(double(grids) * (column + 2 * y) / shape.h));

    // The last grid has a node a pixel, so that every pixel can differ from its neighbors.
    std::fill(nodes.begin(), nodes.end(), 0.0f);
    const int corner = pyramid.nodes() - (shape.h + 1) * (shape.w + 1) * shape.c;
    nodes[size_t(corner)] = 1;
    pyramid.paint(nodes.data(), x.data());
    CHECK(std::count(x.begin(), x.end(), 0.0f) == int(shape.size()) - 1);
    CHECK(x[0] == 1);
  }
}

TEST_CASE(
    "every committed teacher has a sheet of its own, which is small, mixed and like its data") {
  for (const auto& entry : std::filesystem::directory_iterator("nets/weights")) {
    if (entry.path().extension() != ".q8") continue;
    CAPTURE(entry.path());
    const Model teacher = load_model(entry.path(), table_of);
    const auto sheet = std::filesystem::path(entry.path()).replace_extension(".jpg");
    CHECK(std::filesystem::file_size(sheet) < 800'000);
    const Dataset all = load_sheet(sheet, kPictureShape);
    CHECK(all.size() == 1024);
    const Dataset pictures = all.slice(0, 128).relabeled({}, labels_in_turn(128));
    const TeacherRun run = run_teacher(IntNet(teacher), pictures.pixels());
    CHECK(accuracy(run.logits, pictures.labels(), kClasses) > 0.7);
    for (size_t i = 0; i < teacher.layers.size(); ++i) {
      const QuantLayer& q = teacher.quant[i];
      double distance = 0;  // as StatisticsLoss has it, but for dead channels
      for (size_t k = 0; k < q.mean.size(); ++k) {
        const double s = std::sqrt(std::max(q.variance[k], 1.0f));
        const double off = (run.statistics.mean[i][k] - q.mean[k]) / s;
        const double wide = run.statistics.deviation[i][k] / s - 1;
        distance += (off * off + wide * wide) / double(q.mean.size());
      }
      CAPTURE(teacher.layers[i].name);
      CHECK(distance < 0.03);
    }
  }
}
