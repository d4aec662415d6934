#include "distill/correct/calibrate.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/integer/model_file.h"
#include "tests/support/pictures.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Approx;

namespace {

constexpr int kPictures = 40;  // more than a chunk

// Mean and standard deviation of every channel, in codes: the accumulator times m * 2^-shift.
struct InCodes : Calibrator {
  const Model& model;
  std::vector<std::vector<double>> mean, deviation;
  explicit InCodes(const Model& m) : model(m), mean(m.layers.size()), deviation(m.layers.size()) {}
  std::vector<int32_t> a;  // of the layer that is seen
  void see(int layer, const int32_t* accumulators, size_t pixels) override {
    a.insert(a.end(), accumulators,
             accumulators + pixels * size_t(model.layers[size_t(layer)].output.c));
  }
  Epilogue epilogue(int layer, const Epilogue& usual) override {
    const size_t K = size_t(model.layers[size_t(layer)].output.c), pixels = a.size() / K;
    for (size_t k = 0; k < K; ++k) {
      const double r = std::ldexp(usual.m[k], -usual.shift[k]);
      double sum = 0, squares = 0;
      for (size_t i = 0; i < pixels; ++i) sum += a[i * K + k];
      for (size_t i = 0; i < pixels; ++i) squares += std::pow(a[i * K + k] - sum / pixels, 2);
      mean[size_t(layer)].push_back(r * sum / double(pixels));
      deviation[size_t(layer)].push_back(r * std::sqrt(squares / double(pixels)));
    }
    a.clear();
    return usual;
  }
};

// How many codes of every channel are above its staircase's t1 and t2: [layers][K].
struct Levels : Calibrator {
  const Model& model;
  const StaircaseSet& set;
  std::vector<std::vector<std::pair<int, int>>> above;
  Levels(const Model& m, const StaircaseSet& s) : model(m), set(s), above(m.layers.size()) {}
  void see(int layer, const int32_t* accumulators, size_t pixels) override {
    const std::vector<int> taps = model.tap_rows();
    const auto tap = size_t(std::find(taps.begin(), taps.end(), layer) - taps.begin());
    if (tap == taps.size() || !set[tap]) return;
    const size_t K = size_t(model.layers[size_t(layer)].output.c);
    auto& counts = above[size_t(layer)];
    counts.resize(K);
    for (size_t i = 0; i < pixels * K; ++i) {
      const QuantLayer& q = model.quant[size_t(layer)];
      const int code = requantize(accumulators[i], {q.m[i % K], q.shift[i % K]});
      counts[i % K].first += code > set[tap]->t1;
      counts[i % K].second += code > set[tap]->t2;
    }
  }
  Epilogue epilogue(int, const Epilogue& usual) override { return usual; }
};

struct Fixture {
  Rng rng{3};
  Model model = random_model(every_kind_of_layer(false), rng);
  std::vector<uint8_t> pixels = random_pixels(kPictures, rng);
  // Staircases in the range that codes have, so that no layer dies.
  StaircaseSet set;
  Fixture() {
    for (int tap = 0; tap < model.taps(); ++tap)
      set.push_back(tap == 2 ? std::nullopt
                             : std::optional(TriSegment{uint8_t(10 + rng.below(20)), 60,
                                                        uint8_t(80 + rng.below(40)), 150}));
  }
  std::vector<int32_t> logits(const IntNet& net, const Staircases* staircases,
                              Calibrator* calibrator = nullptr) const {
    std::vector<int32_t> result(kPictures * kClasses);
    Workspace workspace;
    net.forward({.staircases = staircases, .calibrator = calibrator}, pixels.data(), kPictures,
                result.data(), workspace);
    return result;
  }
};

}  // namespace

TEST_CASE("a calibrator that changes nothing changes nothing, for teacher and student") {
  Fixture f;
  for (const bool nin : {false, true}) {
    const IntNet net(random_model(every_kind_of_layer(nin), f.rng));
    CHECK(run_teacher(net, f.pixels).logits == f.logits(net, nullptr));
    const Staircases staircases(net.model(), random_staircases(net.model(), f.rng));
    InCodes observer(net.model());
    CHECK(f.logits(net, &staircases, &observer) == f.logits(net, &staircases));
  }
}

TEST_CASE("statistics are over all pictures, also of layers whose accumulators come in parts") {
  struct Parts : Calibrator {
    std::vector<size_t> pixels;
    void see(int layer, const int32_t*, size_t n) override {
      if (layer == 0) pixels.push_back(n);
    }
    Epilogue epilogue(int, const Epilogue& usual) override { return usual; }
  };
  Fixture f;
  f.model = random_model({conv3("wide", 64), logits(linear("fc", kClasses))}, f.rng);
  const IntNet net(f.model);
  Parts parts;
  f.logits(net, nullptr, &parts);
  CHECK(parts.pixels.size() > 1);
  CHECK(std::accumulate(parts.pixels.begin(), parts.pixels.end(), size_t(0)) == kPictures * 1024);
  const TeacherRun all = run_teacher(net, f.pixels);
  CHECK(all.logits == f.logits(net, nullptr));
  std::vector<double> mean(64);
  for (int i = 0; i < kPictures; ++i) {
    const auto begin = f.pixels.begin() + i * kPictureBytes;
    const ChannelStatistics one = run_teacher(net, {begin, begin + kPictureBytes}).statistics;
    for (size_t k = 0; k < mean.size(); ++k) mean[k] += one.mean[0][k] / kPictures;
  }
  for (size_t k = 0; k < mean.size(); ++k) CHECK(all.statistics.mean[0][k] == Approx(mean[k]));
}

TEST_CASE("a calibrated student's channels have the teacher's mean and spread in every layer") {
  Fixture f;
  const IntNet teacher(f.model);
  InCodes wanted(f.model);
  f.logits(teacher, nullptr, &wanted);
  const TeacherRun run = run_teacher(teacher, f.pixels);
  const Staircases plain(f.model, f.set);
  StudentCalibrator calibrator(f.model, run.statistics, plain);
  f.logits(teacher, &plain, &calibrator);
  const IntNet student(calibrator.student());
  InCodes found(student.model());
  const Staircases staircases(student.model(), f.set);
  f.logits(student, &staircases, &found);
  InCodes before(f.model);
  f.logits(teacher, &plain, &before);

  double worst = 0;
  for (size_t i = 0; i < f.model.layers.size(); ++i)
    for (size_t k = 0; k < wanted.mean[i].size(); ++k) {
      CAPTURE(f.model.layers[i].name);
      // An accumulator's bias is rounded, and a multiplier has 31 bits.
      CHECK(found.mean[i][k] == Approx(wanted.mean[i][k]).epsilon(1e-3));
      // The random logits' spread is off by more than the correction's limit.
      if (f.model.layers[i].is_tap())
        CHECK(found.deviation[i][k] == Approx(wanted.deviation[i][k]).epsilon(1e-6));
      worst = std::max(worst, std::abs(before.deviation[i][k] / wanted.deviation[i][k] - 1));
    }
  CHECK(worst > 0.05);  // there was something to correct
  CHECK(student.model().staircases == f.set);
}

TEST_CASE("a deployed student's channels exceed their thresholds as often as the teacher's") {
  Fixture f;
  f.model = random_model({conv3("first", 40), conv3("second", 40), logits(linear("fc", kClasses))},
                         f.rng);
  for (const TriSegment& levels : {TriSegment{10, 40, 40, 90}, TriSegment{30, 90, 30, 90}}) {
    f.set.assign(2, levels);
    const IntNet teacher(f.model);
    Levels wanted(f.model, f.set);
    f.logits(teacher, nullptr, &wanted);
    const TeacherRun run = run_teacher(teacher, f.pixels, nullptr, true);
    const IntNet student(calibrated(teacher, f.set, f.pixels, run.statistics));
    Levels found(student.model(), f.set);
    const Staircases staircases(student.model(), f.set);
    f.logits(student, &staircases, &found);
    // The first layer sees the same pictures; the second one what the first staircase leaves of
    // them.
    int matched = 0;
    for (size_t k = 0; k < 40; ++k) {
      const auto [t1, t2] = wanted.above[1][k];
      if (t2 == 0) continue;  // mean and spread decide
      ++matched;
      CHECK(std::abs(found.above[1][k].first - t1) <= 1 + t1 / 50);
      CHECK(std::abs(found.above[1][k].second - t2) <= 1 + t2 / 50);
    }
    CHECK(matched > 10);
    CHECK(student.model().staircases == f.set);
  }
}

TEST_CASE("the file's student answers as the calibrating forward did, on one thread and on two") {
  Fixture f;
  const IntNet teacher(f.model);
  const ChannelStatistics statistics = run_teacher(teacher, f.pixels, nullptr, true).statistics;
  const Staircases plain(f.model, f.set);
  std::vector<int32_t> first;
  const int before = omp_get_max_threads();
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    StudentCalibrator calibrator(f.model, statistics, plain, true);
    const std::vector<int32_t> logits = f.logits(teacher, &plain, &calibrator);
    const IntNet student(calibrator.student());
    const Staircases staircases(student.model(), f.set);
    CHECK(f.logits(student, &staircases) == logits);
    CHECK(logits != f.logits(teacher, &plain));
    if (threads == 1) first = logits;
    CHECK(logits == first);
  }
  omp_set_num_threads(before);
}

TEST_CASE("without staircases there is nothing to correct") {
  const Fixture f;
  const IntNet teacher(f.model);
  const TeacherRun run = run_teacher(teacher, f.pixels, nullptr, true);
  const StaircaseSet none(size_t(f.model.taps()), std::nullopt);
  const Model same = calibrated(teacher, none, f.pixels, run.statistics);
  for (size_t i = 0; i < f.model.layers.size(); ++i) {
    CHECK(same.quant[i].bias == f.model.quant[i].bias);
    CHECK(same.quant[i].m == f.model.quant[i].m);
    CHECK(same.quant[i].shift == f.model.quant[i].shift);
  }
}

TEST_CASE("dead channels and dead layers are corrected to something a file may hold") {
  Fixture f;
  // conv1: two channels without weights, one of them at the edge of what 32 bits hold.
  QuantLayer& q = f.model.quant[0];
  for (size_t at = 0; at < q.weights.size(); ++at)
    if (at % q.bias.size() < 2) q.weights[at] = 0;
  q.bias[0] = 5, q.bias[1] = 0x7fffffff;
  f.set[1] = TriSegment{255, 0, 255, 0};  // the next layers see zeros
  f.set[2] = TriSegment{255, 0, 255, 0};
  const IntNet teacher(f.model);
  const TeacherRun run = run_teacher(teacher, f.pixels, nullptr, true);
  const Model student = calibrated(teacher, f.set, f.pixels, run.statistics);
  CHECK(student.quant[0].bias[0] == 5);
  CHECK(student.quant[0].bias[1] == 0x7fffffff);
  const Scratch scratch;
  save(student, scratch.path / "student.tri");  // checks the numbers; throws
  // Where nothing moves, only the mean is corrected: the layer behind the dead ones is constant.
  const size_t behind = size_t(student.tap_rows()[3]);
  CHECK(student.quant[behind].m == f.model.quant[behind].m);
  CHECK(student.quant[behind].bias != f.model.quant[behind].bias);
}

TEST_CASE("a model without statistics gets those that pictures leave") {
  Fixture f;
  Model model = f.model;
  for (QuantLayer& q : model.quant) q.mean.clear(), q.variance.clear();
  add_statistics(model, f.pixels);
  InCodes teacher(f.model);
  const std::vector<int32_t> logits = f.logits(IntNet(f.model), nullptr, &teacher);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const QuantLayer& q = model.quant[i];
    CHECK(q.mean.size() == (model.layers[i].is_tap() ? size_t(model.layers[i].output.c) : 0));
    for (size_t k = 0; k < q.mean.size(); ++k) {
      const double r = std::ldexp(q.m[k], -q.shift[k]);
      CHECK(r * q.mean[k] == Approx(teacher.mean[i][k]));
      CHECK(r * std::sqrt(q.variance[k]) == Approx(teacher.deviation[i][k]));
    }
  }
  CHECK(f.logits(IntNet(model), nullptr) == logits);
}
