#include <algorithm>
#include <numeric>

#include "engine/integer/observers.h"
#include "tests/support/pictures.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Two calls of taps 0 and 1, as a forward in two chunks makes them.
template <class Recorder>
void feed(Recorder& recorder) {
  const std::vector<uint8_t> a = {0, 7, 255, 0, 7, 0}, b = {1, 2}, c = {0, 0, 9}, d = {3};
  recorder.activation(0, a.data(), 2, {1, 3, 1});
  recorder.activation(1, b.data(), 2, {1, 1, 1});
  recorder.activation(0, c.data(), 1, {1, 3, 1});
  recorder.activation(1, d.data(), 1, {1, 1, 1});
}

}  // namespace

TEST_CASE("an activation recorder copies the chosen taps, picture after picture") {
  ActivationRecorder recorder({1});
  feed(recorder);
  CHECK(recorder.values(1) == std::vector<uint8_t>{1, 2, 3});
  ActivationRecorder both({1, 0});
  feed(both);
  CHECK(both.values(0) == std::vector<uint8_t>{0, 7, 255, 0, 7, 0, 0, 0, 9});
}

TEST_CASE("histograms count every value of every tap") {
  HistogramRecorder recorder(2);
  feed(recorder);
  Histogram first{}, second{};
  first[0] = 5, first[7] = 2, first[9] = 1, first[255] = 1;
  second[1] = second[2] = second[3] = 1;
  CHECK(recorder.histograms() == std::vector<Histogram>{first, second});
}

TEST_CASE("the share of zeros is a fraction of each tap's values, or of all") {
  ZeroRecorder recorder(3);
  feed(recorder);
  CHECK(recorder.share(0) == 5.0 / 9);
  CHECK(recorder.share(1) == 0);
  CHECK(recorder.share(2) == 0);
  CHECK(recorder.share() == 5.0 / 12);
}

TEST_CASE("recorders agree on what a student's network shows them") {
  Rng rng(8);
  const IntNet net(random_model(every_kind_of_layer(false), rng));
  const Staircases student(net.model(), random_staircases(net.model(), rng));
  constexpr int n = 40;
  const std::vector<uint8_t> pixels = random_pixels(n, rng);
  std::vector<int32_t> logits(n * kClasses);
  std::vector<int> taps(size_t(net.model().taps()));
  std::iota(taps.begin(), taps.end(), 0);
  ActivationRecorder activations(taps);
  HistogramRecorder histograms(net.model().taps());
  ZeroRecorder zeros(net.model().taps());
  Workspace workspace;
  for (Observer* tap : {static_cast<Observer*>(&activations), static_cast<Observer*>(&histograms),
                        static_cast<Observer*>(&zeros)})
    net.forward({.staircases = &student, .observer = tap}, pixels.data(), n, logits.data(),
                workspace);
  for (int tap : taps) {
    const std::vector<uint8_t>& values = activations.values(tap);
    const Histogram& histogram = histograms.histograms()[size_t(tap)];
    const Layer& layer = net.model().layers[size_t(net.model().tap_rows()[size_t(tap)])];
    CHECK(values.size() == n * layer.output.size());
    for (int x = 0; x < 256; ++x)
      CHECK(histogram[size_t(x)] == uint64_t(std::count(values.begin(), values.end(), x)));
    CHECK(zeros.share(tap) == double(histogram[0]) / double(values.size()));
  }
}

TEST_CASE("events are what layers read: codes after the pools, values before staircases") {
  Rng rng(9);
  const IntNet net(random_model(
      {conv3("a", 5), pool("p", 2, 2), conv3("b", 4), logits(linear("c", kClasses))}, rng));
  const StaircaseSet set = {TriSegment{20, 40, 60, 80}, std::nullopt};
  const Staircases student(net.model(), set);
  constexpr int n = 3;
  const std::vector<uint8_t> pixels = random_pixels(n, rng);
  std::vector<int32_t> logits(n * kClasses);
  Workspace workspace;
  EventRecorder events(net.model().layers.size());
  net.forward({.staircases = &student, .observer = &events}, pixels.data(), n, logits.data(),
              workspace);
  ActivationRecorder activations({0, 1});
  net.forward({.staircases = &student, .observer = &activations}, pixels.data(), n, logits.data(),
              workspace);

  const auto& of = events.events();
  CHECK(of[0].zeros == uint64_t(std::count(pixels.begin(), pixels.end(), 0)));
  CHECK(of[0].low == 0);
  CHECK(of[0].zeros + of[0].high == pixels.size());
  CHECK_FALSE(of[0].coded);
  CHECK(of[1].zeros + of[1].high == 0);  // a pool reads, but has no weights
  uint64_t counts[3] = {};
  const std::vector<uint8_t>& a = activations.values(0);
  for (int i = 0; i < n; ++i)
    for (int y = 0; y < 32; y += 2)
      for (int x = 0; x < 32; x += 2)
        for (int c = 0; c < 5; ++c) {
          uint8_t largest = 0;
          for (int d = 0; d < 4; ++d)
            largest = std::max(largest, a[((size_t(i) * 32 + y + d / 2) * 32 + x + d % 2) * 5 + c]);
          ++counts[largest == 0 ? 0 : largest == 40 ? 1 : 2];
        }
  CHECK(of[2].coded);
  CHECK(of[2].zeros == counts[0]);
  CHECK(of[2].low == counts[1]);
  CHECK(of[2].high == counts[2]);
  CHECK(counts[1] > 0);
  const std::vector<uint8_t>& b = activations.values(1);
  CHECK_FALSE(of[3].coded);
  CHECK(of[3].zeros == uint64_t(std::count(b.begin(), b.end(), 0)));

  const Staircases flat(net.model(), {TriSegment{20, 0, 60, 80}, std::nullopt});
  EventRecorder fewer(net.model().layers.size());
  net.forward({.staircases = &flat, .observer = &fewer}, pixels.data(), n, logits.data(),
              workspace);
  CHECK(fewer.events()[2].zeros == counts[0] + counts[1]);
  CHECK(fewer.events()[2].low == 0);
}

TEST_CASE("events of inputs of any size are counted") {
  Rng rng(11);
  const TriSegment f{1, 2, 3, 4};
  for (const int size : {1, 63, 65, 1000, 255 * 64, 255 * 64 + 1, 40000}) {
    CAPTURE(size);
    std::vector<uint8_t> x;
    uint64_t counts[3] = {};
    for (int i = 0; i < size; ++i) ++counts[x.emplace_back(uint8_t(rng.below(3)))];
    EventRecorder recorder(1);
    recorder.input(0, x.data(), &f, 1, {1, 1, size});
    const EventRecorder::Events& e = recorder.events()[0];
    CHECK(e.zeros == counts[0]);
    CHECK(e.low == counts[1]);
    CHECK(e.high == counts[2]);
  }
}

TEST_CASE("taps together see what each sees alone, and only what one of them watches is decoded") {
  struct One : Observer {
    int wanted, seen = 0, inputs = 0;
    explicit One(int tap) : wanted(tap) {}
    bool watches(int tap) const override { return tap == wanted; }
    void activation(int tap, const uint8_t*, int n, Shape) override {
      CHECK((tap == 1 || tap == 3));
      seen += n;
    }
    void input(int, const uint8_t*, const TriSegment*, int n, Shape) override { inputs += n; }
  };
  Rng rng(10);
  const IntNet net(random_model(every_kind_of_layer(false), rng));
  constexpr int n = 3;
  const std::vector<uint8_t> pixels = random_pixels(n, rng);
  std::vector<int32_t> logits(n * kClasses);
  Workspace workspace;
  One a(1), b(3);
  Observers both({&a, &b});
  net.forward({.observer = &both}, pixels.data(), n, logits.data(), workspace);
  CHECK(a.seen == 2 * n);
  CHECK(b.seen == 2 * n);
  int layers = 0;
  for (const Layer& l : net.model().layers) layers += l.has_weights();
  CHECK(a.inputs == layers * n);
  One alone(3);
  net.forward({.observer = &alone}, pixels.data(), n, logits.data(), workspace);
  CHECK(alone.seen == n);
}
