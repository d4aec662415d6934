#include <cmath>
#include <vector>

#include "data/base/error.h"
#include "data/base/rng.h"
#include "data/batch.h"
#include "distill/finetune/distillation.h"
#include "distill/judge/attention.h"
#include "distill/judge/kl.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/dequantize.h"
#include "engine/integer/model.h"
#include "engine/integer/quantize.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

constexpr int kPictures = 3;

struct Batch {
  std::vector<float> logits;
  std::vector<int32_t> teacher;
  std::vector<uint16_t> labels{4, 0, 2};
  explicit Batch(Rng& rng) {
    for (int i = 0; i < kPictures * kClasses; ++i) {
      logits.push_back(float(rng.normal()) * 2);
      teacher.push_back(int32_t(rng.normal() * 2 / kLogitStep));
    }
  }
  double loss(const DistillationWeights& weights, std::vector<float>* d = nullptr) const {
    std::vector<float> own(logits.size());
    return distillation(kPictures, kClasses, logits.data(), teacher.data(), labels.data(), weights,
                        (d ? *d : own).data());
  }
};

}  // namespace

TEST_CASE("distillation is T^2 KL(teacher || student) at temperature T, plus labels by weight") {
  Rng rng(4);
  const Batch batch(rng);
  const double T = 3;
  double expected = 0, labels = 0;
  for (int i = 0; i < kPictures; ++i) {
    double zs = 0, zt = 0, z1 = 0;
    for (int c = 0; c < kClasses; ++c) {
      zs += std::exp(batch.logits[i * kClasses + c] / T);
      zt += std::exp(batch.teacher[i * kClasses + c] * double(kLogitStep) / T);
      z1 += std::exp(double(batch.logits[i * kClasses + c]));
    }
    for (int c = 0; c < kClasses; ++c) {
      const double pt = std::exp(batch.teacher[i * kClasses + c] * double(kLogitStep) / T) / zt;
      const double ps = std::exp(batch.logits[i * kClasses + c] / T) / zs;
      expected += T * T * pt * std::log(pt / ps) / kPictures;
    }
    labels -=
        std::log(std::exp(double(batch.logits[i * kClasses + batch.labels[i]])) / z1) / kPictures;
  }
  CHECK(batch.loss({T, 0}) == doctest::Approx(expected).epsilon(1e-6));
  CHECK(batch.loss({T, 0.5}) == doctest::Approx(expected + 0.5 * labels).epsilon(1e-6));
  // A student that says what its teacher says has nothing to learn from it.
  Batch same = batch;
  for (size_t i = 0; i < same.logits.size(); ++i)
    same.logits[i] = float(same.teacher[i]) * kLogitStep;
  std::vector<float> d(same.logits.size());
  CHECK(same.loss({T, 0}, &d) == doctest::Approx(0).epsilon(1e-9));
  for (const float x : d) CHECK(std::fabs(x) < 1e-7);
}

TEST_CASE("distillation's gradient is that of its differences") {
  Rng rng(5);
  const Batch batch(rng);
  for (const DistillationWeights weights : {DistillationWeights{2, 0.3}, {1, 0}, {4, 2}}) {
    std::vector<float> d(batch.logits.size());
    batch.loss(weights, &d);
    for (size_t i = 0; i < d.size(); ++i) {
      constexpr float kStep = 1.0f / 64;
      Batch up = batch, down = batch;
      up.logits[i] += kStep, down.logits[i] -= kStep;
      CHECK(d[i] ==
            doctest::Approx((up.loss(weights) - down.loss(weights)) / (2 * kStep)).epsilon(2e-3));
    }
  }
}

TEST_CASE("attention transfer is the distance that the reward has, and its gradient its slope") {
  Rng rng(6);
  const Shape shape{3, 4, 5};
  constexpr int n = 2;
  const size_t size = n * shape.size();
  std::vector<uint8_t> codes, teacher_codes;
  for (size_t i = 0; i < size; ++i) {
    codes.push_back(uint8_t(rng.below(3) * 40));
    teacher_codes.push_back(uint8_t(rng.below(256)));
  }
  AttentionMaps student({0}), teacher({0});
  student.activation(0, codes.data(), n, shape);
  teacher.activation(0, teacher_codes.data(), n, shape);
  std::vector<float> x, d(size), scratch(size);
  for (const uint8_t code : codes) x.push_back(0.05f * code);  // maps do not see the scale
  const auto loss = [&](float* gradient) {
    return attention_transfer(n, shape, x.data(), teacher.maps(0), 0.7, gradient);
  };
  CHECK(loss(d.data()) == doctest::Approx(attention_distance(student, teacher)));
  for (size_t i = 0; i < size; ++i) {
    constexpr float kStep = 1.0f / 256;
    const float at = x[i];
    x[i] = at + kStep;
    const double up = loss(scratch.data());
    x[i] = at - kStep;
    const double down = loss(scratch.data());
    x[i] = at;
    CHECK(d[i] == doctest::Approx(0.7 * (up - down) / (2 * kStep)).epsilon(2e-3));
  }
  // Nothing to go by: a map of zeros, and the teacher's own.
  std::fill(x.begin(), x.begin() + ptrdiff_t(shape.size()), 0.0f);
  for (size_t i = shape.size(); i < size; ++i) x[i] = float(teacher_codes[i]);
  loss(d.data());
  CHECK(std::ranges::all_of(d, [](float g) { return g == 0; }));
}

TEST_CASE("the price of values that are not 0 is their energy over the teacher's") {
  Rng rng(8);
  std::vector<Layer> layers = every_kind_of_layer(false);
  Model model = random_model(std::move(layers), rng);
  model.staircases = random_staircases(model, rng);
  Model teacher_model = model;
  teacher_model.staircases.clear();
  const IntNet teacher(teacher_model);
  Net net = dequantize(model);
  const int n = 2, classes = int(model.classes.size());
  const std::vector<uint8_t> pixels = random_pixels(n, rng);
  const std::vector<uint16_t> labels(n, 1);
  Activations acts;
  normalize(pixels.data(), pixels.size(), input(net, acts, n));
  forward(net, acts, n, {});
  const EnergyTable energies;
  const auto loss = [&](double energy, LossGradient& gradient) {
    gradient = {std::vector<float>(size_t(n * classes)), {}, {}};
    return distillation(teacher, model, {.energy = energy}, energies)(
        {n, pixels.data(), labels.data()}, net, acts, gradient);
  };
  LossGradient plain, priced;
  const double more = loss(3, priced) - loss(0, plain);
  CHECK(plain.nonzero.empty());
  CHECK(priced.logits == plain.logits);
  REQUIRE(priced.nonzero.size() == model.layers.size());
  const std::vector<double> prices = nonzero_energy(model, model.staircases, energies);
  const double unit = 3 / total(teacher_energy(teacher_model, energies));
  double picojoules = 0;
  for (size_t i = 0; i < prices.size(); ++i) {
    for (const float x : acts.out[i + 1]) picojoules += x != 0 ? prices[i] / n : 0;
    CHECK(priced.nonzero[i] == doctest::Approx(prices[i] * unit / n));
  }
  CHECK(picojoules > 0);
  CHECK(more == doctest::Approx(picojoules * unit));
}

// The student's float emulation, as fine-tuning sees it, and back.
static void check_student(std::vector<Layer> layers) {
  Rng rng(7);
  Model model = random_model(std::move(layers), rng);
  model.staircases = random_staircases(model, rng);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    if (l.kind != Kind::add) continue;
    CHECK_THROWS_WITH_AS(dequantize(model), doctest::Contains("its factors are not"), Error);
    double scale[2];
    for (int j = 0; j < 2; ++j)
      scale[j] = double(model.quant[size_t(l.reads[size_t(j)].from)].scale);
    for (size_t at = 0; at < model.quant[i].factors.size(); ++at)
      model.quant[i].factors[at] =
          sum_factor(scale[at / size_t(l.output.c)], sum_unit(scale[0], scale[1]));
  }
  Net net = dequantize(model);
  const int n = 6;
  const std::vector<uint8_t> pixels = random_pixels(n, rng);
  Activations acts;
  normalize(pixels.data(), pixels.size(), input(net, acts, n));
  forward(net, acts, n, {});
  Model again = quantize(net, model.classes);
  again.staircases = model.staircases;
  const auto logits = [&](const Model& m) {
    const Staircases staircases(m, m.staircases);
    std::vector<int32_t> z(size_t(n) * m.classes.size());
    Workspace workspace;
    IntNet(m).forward({.staircases = &staircases}, pixels.data(), n, z.data(), workspace);
    return z;
  };
  const std::vector<int32_t> expected = logits(model), back = logits(again);
  double spread = 0, off = 0, off_again = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double z = expected[i] * double(kLogitStep);
    spread += z * z;
    off += std::pow(acts.logits()[i] - z, 2);
    off_again += std::pow((back[i] - expected[i]) * double(kLogitStep), 2);
  }
  CHECK(spread > 0);
  CHECK(off < 1e-3 * spread);
  CHECK(off_again < 1e-3 * spread);
}

TEST_CASE("a student's integers, as floats and back, say what they said") {
  check_student(every_kind_of_layer(false));
  check_student(residual_layers());
}
