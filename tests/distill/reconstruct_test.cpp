#include "distill/correct/reconstruct.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "distill/correct/weight_fit.h"
#include "distill/judge/evaluate.h"
#include "engine/arithmetic/quant.h"
#include "engine/float/gemm.h"
#include "rl/search/search.h"
#include "tests/support/allocations.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

struct Fixture {
  Rng rng{11};
  IntNet teacher;
  Dataset pictures = random_pictures(300, 1), calibration = random_pictures(60, 2),
          unseen = random_pictures(100, 3);
  WarmUp start = warm_up(teacher, calibration);
  explicit Fixture(bool nin = true) : teacher(random_model(every_kind_of_layer(nin), rng)) {}

  Model calibrated() const {
    return tri::calibrated(teacher, start.mse_optimal, calibration.pixels(), start.statistics);
  }
  Model reconstructed() const {
    return tri::reconstructed(teacher, start.mse_optimal, pictures, calibration, start.statistics);
  }
  double kl(const Model& student) const {
    const Staircases staircases(student, student.staircases);
    return kl_divergence(logits_of(IntNet(student), unseen, {.staircases = &staircases}),
                         logits_of(teacher, unseen), kClasses);
  }
};

bool same(const Model& a, const Model& b) {
  for (size_t i = 0; i < a.quant.size(); ++i)
    if (a.quant[i].weights != b.quant[i].weights || a.quant[i].bias != b.quant[i].bias ||
        a.quant[i].m != b.quant[i].m || a.quant[i].shift != b.quant[i].shift)
      return false;
  return a.staircases == b.staircases;
}

}  // namespace

TEST_CASE("Cholesky: solutions solve their systems, and what has none is told") {
  constexpr int n = 40, count = 3;
  Rng rng(1);
  std::vector<float> root(n * n), a(n * n), x(count * n), b(count * n);
  for (float& v : root) v = float(rng.normal());
  for (float& v : x) v = float(rng.normal());
  gemm(Transpose::no, Transpose::yes, n, n, n, root.data(), root.data(), 0, a.data());
  for (int i = 0; i < n; ++i) a[i * n + i] += 1;
  gemm(Transpose::no, Transpose::no, count, n, n, x.data(), a.data(), 0, b.data());
  for (int i = 1; i < n; ++i) std::fill_n(&a[i * n], i, NAN);  // below the diagonal: not read
  REQUIRE(cholesky(n, a.data()));
  cholesky_solve(n, a.data(), count, b.data());
  for (int i = 0; i < count * n; ++i) CHECK(b[i] == doctest::Approx(x[i]).epsilon(0.01));
  std::vector<float> indefinite = {1, 2, 2, 1};
  CHECK(!cholesky(2, indefinite.data()));
}

TEST_CASE("a fit takes in every pixel, of more than stand in memory as floats too") {
  constexpr int P = 40'000, C = 3, kWeights[C] = {40, 80, -20};
  Layer l = pw("pw", 1);
  l.in.c = C, l.output.c = 1;
  Rng rng(5);
  std::vector<uint8_t> inputs(size_t(P) * C);
  std::vector<int32_t> outputs(size_t(P), 1000);
  for (int p = 0; p < P; ++p)
    for (int c = 0; c < C; ++c) {
      // The first channel says nothing before the last pixels.
      uint8_t& x = inputs[size_t(p * C + c)];
      x = c == 0 && p < P - 7000 ? 0 : uint8_t(256 * rng.uniform());
      outputs[size_t(p)] += kWeights[c] * x;
    }
  QuantLayer q{.weights = {0, 80, -20}, .bias = {1000}, .m = {1 << 30}, .shift = {40}};
  std::vector<double> mean = {0}, deviation = {1};
  fit_weights(l, inputs, outputs, nullptr, q, mean, deviation);
  CHECK(q.weights[1] == kWeightMax);
  CHECK(q.weights[0] == doctest::Approx(0.5 * kWeightMax).epsilon(0.2));
  CHECK(q.weights[2] == doctest::Approx(-0.25 * kWeightMax).epsilon(0.1));
}

TEST_CASE("a reconstructed student is nearer to its teacher on pictures that it has not seen") {
  const Fixture f;
  const Model before = f.calibrated(), after = f.reconstructed();
  CHECK(f.kl(after) < 0.6 * f.kl(before));
  CHECK(after.staircases == f.start.mse_optimal);
}

TEST_CASE("thresholds move channel by channel, and students come nearer by it") {
  const Fixture f;
  const Model before = f.teacher.model(), after = f.reconstructed();
  // The first layer's weights stay, so what its channels pass is all that can have moved.
  CHECK(after.quant[0].weights == before.quant[0].weights);
  size_t moved = 0;
  for (size_t k = 0; k < after.quant[0].m.size(); ++k)
    moved += after.quant[0].bias[k] != before.quant[0].bias[k];
  CHECK(moved > after.quant[0].m.size() / 2);
  CHECK(f.kl(after) < 0.32 * f.kl(f.calibrated()));
}

TEST_CASE("students of two levels come nearer to their teacher by their thresholds too") {
  Fixture f;
  for (size_t tap = 0; tap < f.start.mse_optimal.size(); tap += 2)
    f.start.mse_optimal[tap] = mse_optimal_two(f.start.histograms[tap]);
  const Model before = f.calibrated(), after = f.reconstructed();
  size_t moved = 0;
  for (size_t k = 0; k < after.quant[0].m.size(); ++k)
    moved += after.quant[0].bias[k] != f.teacher.model().quant[0].bias[k];
  CHECK(moved > after.quant[0].m.size() / 2);
  CHECK(after.staircases == f.start.mse_optimal);
  CHECK(f.kl(after) < 0.8 * f.kl(before));
}

TEST_CASE("the layers before the first staircase stay, and none leaves its range") {
  const Fixture f;
  Fixture kept;
  kept.start.mse_optimal[0].reset();  // the second layer reads what the teacher's does
  for (const Fixture* g : {&f, &std::as_const(kept)}) {
    const Model model = g->reconstructed(), before = g->teacher.model();
    const size_t unchanged = g == &f ? 1 : 2;
    size_t seen = 0;
    for (size_t i = 0; i < model.layers.size(); ++i) {
      if (!model.layers[i].has_weights()) continue;
      const QuantLayer& q = model.quant[i];
      CHECK((q.weights == before.quant[i].weights) == (seen++ < unchanged));
      const std::vector<double> headroom = bias_headroom(q, model.layers[i].output.c);
      for (size_t k = 0; k < q.bias.size(); ++k) CHECK(std::abs(double(q.bias[k])) <= headroom[k]);
      for (const int8_t w : q.weights) CHECK(std::abs(w) <= kWeightMax);
    }
  }
}

TEST_CASE("layers with large maps are fitted on the last pictures, the others on all") {
  Fixture f;
  f.teacher =
      IntNet(random_model({conv3("conv1", 5, 2), conv3("conv2", 9), pool("pool1", 2, 2),
                           pool("pool2", 2, 2), pool("pool3", 2, 2), conv3("conv3", 12),
                           conv3("conv4", 7), average("average"), logits(linear("fc", kClasses))},
                          f.rng));
  f.start = warm_up(f.teacher, f.calibration);
  f.pictures = random_pictures(kFittedOn + 500, 4);
  const Model all = f.reconstructed();
  f.pictures = f.pictures.slice(500, 500 + kFittedOn);
  const Model last = f.reconstructed();
  for (size_t i = 0; i < all.layers.size(); ++i)
    if (all.layers[i].has_weights()) {
      const std::string& name = all.layers[i].name;
      const bool large = name == "conv1" || name == "conv2";
      CHECK(fitted_on_all(all.layers[i]) == !large);
      CHECK((all.quant[i].weights == last.quant[i].weights) == large);
    }
}

TEST_CASE("logits are calibrated where an average follows, else they stay as fitted") {
  for (const bool nin : {false, true}) {
    const Fixture f(nin);
    const auto spread = [&](const Model& model) {
      const Staircases staircases(model, model.staircases);
      const auto values = logits_of(IntNet(model), f.calibration, {.staircases = &staircases});
      double sum = 0, squares = 0;
      for (size_t at = 0; at < values.size(); at += kClasses)
        sum += values[at], squares += double(values[at]) * values[at];
      return squares - sum * sum / f.calibration.size();
    };
    const double ratio = spread(f.reconstructed()) / spread(f.calibrated());
    if (nin)
      CHECK(ratio > 0.28);  // of the averages: what is calibrated is each pixel's
    else
      CHECK(ratio < 0.97);
  }
}

TEST_CASE("a student without staircases is its teacher, reconstructed or not") {
  Fixture f;
  for (auto& s : f.start.mse_optimal) s.reset();
  const Model model = f.reconstructed();
  CHECK(f.kl(model) == 0);
}

TEST_CASE("a reconstruction is the same on any number of threads") {
  const Fixture f;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Model one = f.reconstructed();
  omp_set_num_threads(3);
  const Model three = f.reconstructed();
  omp_set_num_threads(threads);
  CHECK(same(one, three));
}

TEST_CASE("a reconstruction reads nothing of the student that calibration has replaced") {
  const Fixture f;
  const Model usual = f.reconstructed();
  for (const uint8_t byte : {0, 255}) {
    CAPTURE(byte);
    const SpoilFreedMemory spoil(byte);
    CHECK(same(f.reconstructed(), usual));
  }
}

TEST_CASE("a channel that says nothing, and a single picture, do no harm") {
  Rng rng(4);
  Model model = random_model(every_kind_of_layer(false), rng);
  for (QuantLayer& q : model.quant)
    for (size_t at = 0; at < q.weights.size(); at += q.bias.size()) q.weights[at] = 0;
  const IntNet teacher(model);
  const Dataset one = random_pictures(1, 1);
  const WarmUp start = warm_up(teacher, one);
  const Model student = reconstructed(teacher, start.mse_optimal, one, one, start.statistics);
  const Staircases staircases(student, student.staircases);
  CHECK(logits_of(IntNet(student), one, {.staircases = &staircases}).size() == kClasses);
}
