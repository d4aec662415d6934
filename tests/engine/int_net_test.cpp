#include "engine/integer/int_net.h"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "data/base/file.h"
#include "data/batch.h"
#include "engine/arithmetic/quant.h"
#include "tests/support/allocations.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

struct Result {
  std::vector<int32_t> logits;
  std::map<int, std::vector<uint8_t>> taps;
  bool operator==(const Result&) const = default;
};

// floor(a / b + 1/2), b > 0.
int64_t divide(int64_t a, int64_t b) {
  const int64_t twice = 2 * a + b;
  int64_t q = twice / (2 * b);
  if (q * 2 * b > twice) --q;
  return q;
}

// What a row hands on, of one picture, and what its codes call 0.
struct Map {
  std::vector<int64_t> values;
  int zero;
};

// The sum of a convolution or a depthwise at one place, or of a window of an average.
int64_t sum_under(const Layer& l, const QuantLayer& q, const Map& x, int oh, int ow, int k) {
  int64_t sum = 0;
  for (int a = 0; a < l.kernel; ++a)
    for (int b = 0; b < l.kernel; ++b)
      for (int c = 0; c < l.in.c; ++c) {
        const bool dense = l.kind == Kind::conv;
        if (!dense && c != k) continue;
        const int ih = oh * l.stride + a - l.pad, iw = ow * l.stride + b - l.pad;
        const bool inside = ih >= 0 && iw >= 0 && ih < l.in.h && iw < l.in.w;
        const int64_t value = inside ? x.values[size_t((ih * l.in.w + iw) * l.in.c + c)] : x.zero;
        const int row = (a * l.kernel + b) * (dense ? l.in.c : 1) + (dense ? c : 0);
        sum += l.has_weights() ? value * q.weights[size_t(row * l.output.c + k)] : value;
      }
  return sum;
}

int64_t largest_under(const Layer& l, const Map& x, int oh, int ow, int k) {
  int64_t largest = 0;
  for (int ih = std::max(0, oh * l.stride - l.pad); ih < oh * l.stride - l.pad + l.kernel; ++ih)
    for (int iw = std::max(0, ow * l.stride - l.pad); iw < ow * l.stride - l.pad + l.kernel; ++iw)
      if (ih < l.in.h && iw < l.in.w)
        largest = std::max(largest, x.values[size_t((ih * l.in.w + iw) * l.in.c + k)]);
  return largest;
}

// One picture through the network as its definition reads: 8-bit values all the way, each layer's
// codes mapped by its staircase. No codes, no thresholds on accumulators, no chunks.
void reference(const Model& model, const std::vector<std::optional<TriSegment>>& staircases,
               const uint8_t* pixels, Result& result) {
  const Map picture{{pixels, pixels + model.layers[0].in.size()}, kPixelZero};
  std::vector<Map> maps;
  int tap = 0;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    const QuantLayer& q = model.quant[i];
    const auto source = [&](size_t input) -> const Map& {
      return l.sources[input] < 0 ? picture : maps[size_t(l.sources[input])];
    };
    const Map& x = source(0);
    Map y{{}, l.has_sums() ? l.activation == Activation::linear ? 128 : 0 : x.zero};
    if (l.kind == Kind::dropout) y = x;
    for (int oh = 0; oh < l.output.h && l.kind != Kind::dropout; ++oh)
      for (int ow = 0; ow < l.output.w; ++ow)
        for (int k = 0; k < l.output.c; ++k) {
          const size_t at = size_t((oh * l.output.w + ow) * l.output.c + k);
          if (l.kind == Kind::max_pool) {
            y.values.push_back(largest_under(l, x, oh, ow, k));
            continue;
          }
          if (l.kind == Kind::avg_pool) {
            y.values.push_back(divide(sum_under(l, q, x, oh, ow, k), l.kernel * l.kernel));
            continue;
          }
          const int64_t sum = l.kind == Kind::add
                                  ? x.values[at] * q.factors[size_t(k)] +
                                        source(1).values[at] * q.factors[size_t(l.output.c + k)]
                                  : sum_under(l, q, x, oh, ow, k);
          const int64_t code =
              divide((sum + q.bias[size_t(k)]) * q.m[size_t(k)], int64_t(1) << q.shift[size_t(k)]);
          y.values.push_back(l.is_logits() ? code : std::clamp<int64_t>(code, 0, 255));
        }
    if (l.has_sums() && l.activation == Activation::relu) {
      if (!staircases.empty() && staircases[size_t(tap)])
        for (int64_t& value : y.values) value = (*staircases[size_t(tap)])(int(value));
      result.taps[tap].insert(result.taps[tap].end(), y.values.begin(), y.values.end());
      ++tap;
    }
    maps.push_back(std::move(y));
  }
  const std::vector<int64_t>& logits = maps.back().values;
  result.logits.insert(result.logits.end(), logits.begin(), logits.end());
}

struct Store : Observer {
  Result& result;
  explicit Store(Result& r) : result(r) {}
  void activation(int tap, const uint8_t* values, int n, Shape shape) override {
    auto& all = result.taps[tap];
    all.insert(all.end(), values, values + size_t(n) * shape.size());
  }
};

Result run(const IntNet& net, const std::vector<uint8_t>& pixels, int n,
           const Staircases* staircases, Workspace& workspace) {
  Result result;
  result.logits.resize(size_t(n) * kClasses);
  Store store(result);
  net.forward({.staircases = staircases, .observer = &store}, pixels.data(), n,
              result.logits.data(), workspace);
  return result;
}

// Chains that end in both ways, and a residual net.
std::vector<std::vector<Layer>> nets() {
  return {every_kind_of_layer(false), every_kind_of_layer(true), residual_layers()};
}

struct Kernels {
  std::string isa, coded;
};

// Each instruction set of this CPU with each kernel for coded layers.
std::vector<Kernels> runnable_kernels() {
  std::vector<Kernels> all;
  for (const Isa isa : runnable_isas())
    for (const char* kernel : {"int8", "lut"}) all.push_back({isa_name(isa), kernel});
  return all;
}

}  // namespace

TEST_CASE(
    "teacher and student compute what the definition says, on every ISA, for 1 and 2 threads") {
  Rng rng(5);
  constexpr int n = 35;  // a chunk and a bit
  for (const std::vector<Layer>& layers : nets()) {
    const Model model = random_model(layers, rng);
    const std::vector<uint8_t> pixels = random_pixels(n, rng);
    for (bool student : {false, true}) {
      std::vector<std::optional<TriSegment>> f;
      if (student) f = random_staircases(model, rng);
      Result expected;
      for (int i = 0; i < n; ++i) reference(model, f, &pixels[i * kPictureBytes], expected);
      std::optional<Staircases> staircases;
      if (student) staircases.emplace(model, f);
      for (const Kernels& kernels : runnable_kernels()) {
        const std::string &isa = kernels.isa, &kernel = kernels.coded;
        const IntNet net(model, isa, kernel);
        Workspace workspace;
        for (int threads : {1, 2}) {
          CAPTURE(kernel);
          CAPTURE(layers.size());
          CAPTURE(student);
          CAPTURE(isa);
          CAPTURE(threads);
          const int before = omp_get_max_threads();
          omp_set_num_threads(threads);
          const Result result = run(net, pixels, n, student ? &*staircases : nullptr, workspace);
          omp_set_num_threads(before);
          CHECK(result.logits == expected.logits);
          CHECK(result.taps == expected.taps);
        }
      }
    }
  }
}

TEST_CASE("a forward cut in two at any tap computes and shows what a whole one does") {
  Rng rng(11);
  constexpr int n = 35;  // a chunk and a bit
  for (const std::vector<Layer>& layers : nets()) {
    const Model model = random_model(layers, rng);
    const std::vector<uint8_t> pixels = random_pixels(n, rng);
    const IntNet net(model);
    Workspace workspace;
    const Staircases student(model, random_staircases(model, rng));  // every third tap has none
    for (const Staircases* staircases : {static_cast<const Staircases*>(nullptr), &student}) {
      const Result whole = run(net, pixels, n, staircases, workspace);
      for (int cut = 0; cut < model.taps(); ++cut) {
        CAPTURE(layers.size());
        CAPTURE(cut);
        const Layer& l = model.layers[size_t(model.tap_rows()[size_t(cut)])];
        if (!l.cut) continue;
        Result halves;
        halves.logits.resize(whole.logits.size());
        Store store(halves);
        std::vector<uint8_t> codes(n * l.output.size() + 1, 77);
        net.forward({.to = cut, .staircases = staircases, .observer = &store}, pixels.data(), n,
                    codes.data(), workspace);
        CHECK(int(halves.taps.size()) == cut);
        CHECK(codes.back() == 77);
        net.forward({.from = cut, .staircases = staircases, .observer = &store}, codes.data(), n,
                    halves.logits.data(), workspace);
        CHECK(halves.logits == whole.logits);
        CHECK(halves.taps == whole.taps);
        for (int to = cut + 1; to < model.taps(); ++to) {
          const Layer& end = model.layers[size_t(model.tap_rows()[size_t(to)])];
          std::vector<uint8_t> there(n * end.output.size()), same(there.size() + 1, 77);
          net.forward({.to = to, .staircases = staircases}, pixels.data(), n, there.data(),
                      workspace);
          net.forward({.from = cut, .to = to, .staircases = staircases}, codes.data(), n,
                      same.data(), workspace);
          CHECK(same.back() == 77);
          same.pop_back();
          CHECK(same == there);
        }
      }
    }
  }
}

namespace {

// What layers with weights read, row by row, as 8-bit values or codes.
struct Inputs : Observer {
  std::map<int, std::vector<uint8_t>> read;
  bool watches(int) const override { return false; }
  void input(int layer, const uint8_t* x, const TriSegment*, int n, Shape shape) override {
    read[layer].insert(read[layer].end(), x, x + size_t(n) * shape.size());
  }
};

}  // namespace

TEST_CASE("a forward that ends before a row shows what it reads, and needs no other rows") {
  Rng rng(12);
  constexpr int n = 35;  // a chunk and a bit
  for (const std::vector<Layer>& layers : nets()) {
    const Model model = random_model(layers, rng);
    const std::vector<uint8_t> pixels = random_pixels(n, rng);
    const Staircases student(model, random_staircases(model, rng));
    Workspace workspace;
    Inputs whole;
    std::vector<int32_t> logits(n * size_t(model.layers.back().output.c));
    IntNet(model).forward({.staircases = &student, .observer = &whole}, pixels.data(), n,
                          logits.data(), workspace);
    for (int cut = -1; cut < model.taps(); ++cut) {
      const int from = cut < 0 ? -1 : model.tap_rows()[size_t(cut)];
      if (from >= 0 && !model.layers[size_t(from)].cut) continue;
      std::vector<uint8_t> codes = pixels;
      if (cut >= 0) {
        codes.resize(n * model.layers[size_t(from)].output.size());
        IntNet(model).forward({.to = cut, .staircases = &student}, pixels.data(), n, codes.data(),
                              workspace);
      }
      for (int until = from + 1; until <= int(model.layers.size()); ++until) {
        CAPTURE(layers.size());
        CAPTURE(cut);
        CAPTURE(until);
        Inputs seen;
        IntNet(model, "", "", {from + 1, until})
            .forward({.from = cut, .until = until, .staircases = &student, .observer = &seen},
                     codes.data(), n, workspace);
        auto expected = whole.read;
        std::erase_if(expected,
                      [&](const auto& row) { return row.first <= from || row.first > until; });
        CHECK(seen.read == expected);
      }
    }
  }
}

TEST_CASE("a staircase with extreme thresholds switches a layer off or makes it constant") {
  Rng rng(6);
  const Model model = random_model(every_kind_of_layer(false), rng);
  const std::vector<uint8_t> pixels = random_pixels(1, rng);
  const IntNet net(model);
  Workspace workspace;
  std::vector<std::optional<TriSegment>> f(size_t(model.taps()));
  f[1] = TriSegment{.t1 = 255, .v1 = 3, .t2 = 255, .v2 = 4};
  f[3] = TriSegment{.t1 = 0, .v1 = 9, .t2 = 0, .v2 = 9};
  const Staircases staircases(model, f);
  const Result result = run(net, pixels, 1, &staircases, workspace);
  const auto is = [](int value) { return [value](uint8_t x) { return x == value; }; };
  const auto &off = result.taps.at(1), &two = result.taps.at(3);
  CHECK(std::all_of(off.begin(), off.end(), is(0)));
  CHECK(std::all_of(two.begin(), two.end(), [](uint8_t x) { return x == 0 || x == 9; }));
}

TEST_CASE("a tap that only a pool reads is decoded in room enough, however large it is") {
  Rng rng(9);
  const Model model =
      random_model({conv3("conv1", 64), pool("pool1", 4, 4), logits(linear("fc", 10))}, rng);
  const std::vector<uint8_t> pixels = random_pixels(3, rng);
  const Staircases staircases(model, {TriSegment{.t1 = 40, .v1 = 60, .t2 = 90, .v2 = 130}});
  Workspace workspace;
  run(IntNet(model), pixels, 3, &staircases, workspace);
  CHECK(workspace.decoded[0].size() >= 3 * model.layers[0].output.size());
}

TEST_CASE("a forward allocates nothing once its workspace has its size") {
  Rng rng(8);
  for (const std::vector<Layer>& layers : nets()) {
    const Model model = random_model(layers, rng);
    const std::vector<uint8_t> pixels = random_pixels(5, rng);
    const Staircases staircases(model, random_staircases(model, rng));
    std::vector<int32_t> y(5 * kClasses);
    for (const Kernels& kernels : runnable_kernels()) {
      CAPTURE(kernels.isa);
      CAPTURE(kernels.coded);
      const IntNet net(model, kernels.isa, kernels.coded);
      Workspace workspace;
      const auto forward = [&](int n) {
        net.forward({.staircases = &staircases}, pixels.data(), n, y.data(), workspace);
        net.forward({}, pixels.data(), n, y.data(), workspace);
      };
      forward(5);
      const size_t before = allocations();
      forward(5);
      forward(1);
      CHECK(allocations() == before);
    }
  }
}

TEST_CASE("a coded layer takes the kernel that costs less, or the one that is named") {
  Rng rng(9);
  const Model model = random_model({conv3("conv1", 64), conv3("conv2", 64), dw("dw", 2),
                                    conv3("conv3", 80, 2), logits(linear("fc", kClasses))},
                                   rng);
  for (const Isa runnable : runnable_isas()) {
    const std::string isa = isa_name(runnable);
    CAPTURE(isa);
    const ConvVariant &int8 = conv_variant(ConvKind::int8, isa),
                      &lut = conv_variant(ConvKind::lut, isa);
    const IntNet net(model, isa);
    for (size_t i = 0; i < model.layers.size(); ++i) {
      const Layer& l = model.layers[i];
      const double from = net.lut_from(i);
      CAPTURE(l.name);
      CAPTURE(from);
      if (i == 0 || l.kind == Kind::depthwise) {
        CHECK(from > 1);
        continue;
      }
      const int8_t* weights = model.quant[i].weights.data();
      const PackedConv a = int8.pack(l, weights), b = lut.pack(l, weights);
      for (double zeros : {0.0, 0.5, 0.75, 0.9, 1.0})
        CHECK((zeros >= from) == (lut.cost(b, zeros) <= int8.cost(a, zeros)));
      CHECK(IntNet(model, isa, "int8").lut_from(i) > 1);
      CHECK(IntNet(model, isa, "lut").lut_from(i) == 0);
      setenv("TRISEGMENT_KERNEL", "int8", 1);
      CHECK(IntNet(model, isa).lut_from(i) > 1);
      CHECK(IntNet(model, isa, "auto").lut_from(i) == from);
      unsetenv("TRISEGMENT_KERNEL");
    }
  }
  CHECK_THROWS_WITH_AS(IntNet(model, "", "fpga"), doctest::Contains("unknown kernel 'fpga'"),
                       Error);
}

TEST_CASE("a workspace serves one network after the other") {
  Rng rng(7);
  const IntNet small(random_model({conv3("conv", 4, 2), logits(linear("fc", kClasses))}, rng));
  const IntNet large(random_model(every_kind_of_layer(true), rng));
  const std::vector<uint8_t> pixels = random_pixels(3, rng);
  Workspace shared, own;
  run(small, pixels, 3, nullptr, shared);
  const Result expected = run(large, pixels, 3, nullptr, own);
  CHECK(run(large, pixels, 3, nullptr, shared) == expected);
  CHECK(run(large, pixels, 2, nullptr, shared).logits ==
        std::vector(expected.logits.begin(), expected.logits.begin() + 2 * kClasses));
}

TEST_CASE("logits keep their sign, round halves up and stop at the ends of 32 bits") {
  const Multiplier quarter = multiplier(0.25);
  CHECK(rescale(5, quarter) == 1);
  CHECK(rescale(6, quarter) == 2);
  CHECK(rescale(-5, quarter) == -1);
  CHECK(rescale(-6, quarter) == -1);
  CHECK(rescale(-7, quarter) == -2);
  CHECK(rescale(INT32_MIN, multiplier(1)) == INT32_MIN);
  CHECK(rescale(INT32_MAX, multiplier(4)) == INT32_MAX);
  CHECK(rescale(INT32_MIN, multiplier(4)) == INT32_MIN);
}
