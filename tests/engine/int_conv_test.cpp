#include "engine/kernels/conv/int_conv.h"

#include <omp.h>

#include <algorithm>
#include <random>
#include <set>
#include <sstream>
#include <tuple>

#include "data/base/file.h"
#include "nets/nets.h"
#include "tests/support/fenced.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

Layer layer(Layer row, Shape in) {
  std::vector<Layer> net = {std::move(row)};
  resolve(net, in);
  return net[0];
}

// small: four fit a sum of 16 bits with any codes; spiky: small but for a few.
enum class Weights { random, least, most, mixed_extremes, small, spiky };
enum class Codes { random, sparse, zero, top };

// One call: a layer, what fills it, and the numbers that go with it.
struct Case {
  ConvKind kind;
  Layer layer;
  int n = 1;
  Weights weights = Weights::random;
  Codes codes = Codes::random;
  uint8_t pad_value = 0, v1 = 7, v2 = 19;
};

std::string describe(const Case& c) {
  const Layer& l = c.layer;
  std::ostringstream text;
  text << (c.kind == ConvKind::lut ? "lut" : "int8") << (l.kind == Kind::depthwise ? " dw " : " ")
       << c.n << "x" << l.in.h << "x" << l.in.w << "x" << l.in.c << " -> " << l.output.c
       << ", kernel " << l.kernel << ", stride " << l.stride << ", pad " << l.pad << " of "
       << int(c.pad_value) << ", v1 " << int(c.v1) << ", v2 " << int(c.v2) << ", weights "
       << int(c.weights) << ", codes " << int(c.codes);
  return text.str();
}

struct Data {
  explicit Data(const Case& c) : weights(c.layer.weights()), x(size_t(c.n) * c.layer.in.size()) {}
  std::vector<int8_t> weights;
  Fenced x;
  std::vector<int32_t> bias, m, shift, t1, t2;
};

void fill(Data& d, const Case& c) {
  static std::mt19937 rng(1);
  const auto below = [](int limit) { return int(rng() % uint32_t(limit)); };
  const Layer& l = c.layer;
  for (int8_t& w : d.weights) switch (c.weights) {
      case Weights::random:
        w = int8_t(below(255) - 127);
        break;
      case Weights::least:
        w = -128;
        break;
      case Weights::most:
        w = 127;
        break;
      case Weights::mixed_extremes:
        w = int8_t(below(2) ? 127 : -127);
        break;
      case Weights::small:
        w = int8_t(below(65) - 32);
        break;
      case Weights::spiky:
        w = int8_t(below(200) ? below(65) - 32 : below(2) ? 127 : -128);
        break;
    }
  const int top = c.kind == ConvKind::lut ? 2 : 255;
  for (uint8_t& x : d.x) switch (c.codes) {
      case Codes::random:
        x = uint8_t(below(top + 1));
        break;
      case Codes::sparse:
        x = uint8_t(below(4) ? 0 : 1 + below(top));
        break;
      case Codes::zero:
        x = 0;
        break;
      case Codes::top:
        x = uint8_t(top);
        break;
    }
  // Thresholds and factors that put codes all over their range.
  const int spread = 100 + 40 * top * l.rows() / 8;
  for (int k = 0; k < l.output.c; ++k) {
    d.bias.push_back(below(2 * spread) - spread);
    const Multiplier r = multiplier(255.0 / (1 + below(2 * spread)));
    d.m.push_back(r.m), d.shift.push_back(r.shift);
    d.t1.push_back(below(spread) - spread / 2);
    d.t2.push_back(below(10) ? d.t1.back() + below(spread) : INT32_MAX);
  }
}

constexpr uint8_t kGuard = 0xA5;
constexpr size_t kGuards = 64;

// The output's bytes, with guards before and after it still in place.
std::vector<uint8_t> run(const ConvVariant& v, const PackedConv& conv, const Case& c, const Data& d,
                         Epilogue::Kind kind) {
  const Epilogue e{kind, d.bias.data(), d.m.data(), d.shift.data(), d.t1.data(), d.t2.data()};
  const size_t bytes =
      size_t(c.n) * c.layer.output.size() * (kind == Epilogue::accumulators ? 4 : 1);
  Buffer<uint8_t> y(bytes + 2 * kGuards, kGuard);
  v.run(conv, {.x = d.x.begin(), .n = c.n, .pad_value = c.pad_value, .v1 = c.v1, .v2 = c.v2}, e,
        y.data() + kGuards);
  const auto guard = [](uint8_t byte) { return byte == kGuard; };
  CHECK(std::all_of(y.begin(), y.begin() + kGuards, guard));
  CHECK(std::all_of(y.end() - kGuards, y.end(), guard));
  return {y.begin() + kGuards, y.end() - kGuards};
}

struct Way {
  Epilogue::Kind kind;
  int threads;
};
const std::vector<Way> kWays = {{Epilogue::accumulators, 1},
                                {Epilogue::accumulators, 2},
                                {Epilogue::accumulators, 5},
                                {Epilogue::requantize, 1},
                                {Epilogue::staircase, 1}};

// All variants of c.kind agree with the scalar one, for every epilogue, and for 1, 2 and 5
// threads.
void compare(const Case& c, const std::vector<Way>& ways = kWays) {
  CAPTURE(describe(c));
  Data data(c);
  fill(data, c);
  const int threads_before = omp_get_max_threads();
  std::vector<uint8_t> expected[3];
  for (auto v = conv_variants().rbegin(); v != conv_variants().rend(); ++v) {  // scalar first
    if (v->kind != c.kind || !v->runnable()) continue;
    const PackedConv conv = v->pack(c.layer, data.weights.data());
    for (const Way& way : ways) {
      CAPTURE(isa_name(v->isa));
      CAPTURE(way.kind);
      CAPTURE(way.threads);
      omp_set_num_threads(way.threads);
      const auto y = run(*v, conv, c, data, way.kind);
      if (expected[way.kind].empty()) expected[way.kind] = y;
      CHECK(y == expected[way.kind]);
    }
  }
  omp_set_num_threads(threads_before);
}

void compare_both_kinds(const Layer& l, int n) {
  for (uint8_t pad : {0, 128})
    compare({.kind = ConvKind::int8, .layer = l, .n = n, .pad_value = pad});
  for (Codes codes : {Codes::random, Codes::sparse})
    compare({.kind = ConvKind::lut, .layer = l, .n = n, .codes = codes});
}

}  // namespace

TEST_CASE("the scalar convolution matches sums worked out by hand") {
  const Layer l = layer(conv("c", 2, 2, 1, 0), {2, 2, 1});
  const int8_t w[] = {1, -1, 2, -2, 3, -3, 4, -128};
  const uint8_t x[] = {1, 2, 0, 2};
  const int32_t bias[] = {100, -100};
  Epilogue e;
  e.bias = bias;
  int32_t y[2];

  const ConvVariant& int8 = conv_variant(ConvKind::int8, "scalar");
  int8.run(int8.pack(l, w), {.x = x, .n = 1}, e, y);
  CHECK(y[0] == 100 + 1 + 2 * 2 + 0 * 3 + 2 * 4);
  CHECK(y[1] == -100 - 1 - 2 * 2 - 2 * 128);

  const ConvVariant& lut = conv_variant(ConvKind::lut, "scalar");
  lut.run(lut.pack(l, w), {.x = x, .n = 1, .v1 = 10, .v2 = 255}, e, y);
  CHECK(y[0] == 100 + 10 * 1 + 255 * (2 + 4));
  CHECK(y[1] == -100 - 10 * 1 - 255 * (2 + 128));
}

TEST_CASE("the scalar convolution pads, strides and finishes as the contract says") {
  const int8_t w[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const uint8_t x[] = {1, 2, 3, 4};
  const Layer l = layer(dw("dw", 2), {2, 2, 1});  // one output, its window one up and one left
  const ConvVariant& v = conv_variant(ConvKind::int8, "scalar");
  const int32_t sum = 1 * 5 + 2 * 6 + 3 * 8 + 4 * 9 + 10 * (1 + 2 + 3 + 4 + 7);
  const int32_t below = sum - 1;
  const Multiplier half = multiplier(0.5);
  uint8_t code;

  const Epilogue requantize{Epilogue::requantize, nullptr, &half.m, &half.shift, nullptr, nullptr};
  v.run(v.pack(l, w), {.x = x, .n = 1, .pad_value = 10}, requantize, &code);
  CHECK(code == (sum + 1) / 2);

  const Epilogue staircase{Epilogue::staircase, nullptr, nullptr, nullptr, &below, &sum};
  v.run(v.pack(l, w), {.x = x, .n = 1, .pad_value = 10}, staircase, &code);
  CHECK(code == 1);
}

TEST_CASE("every variant equals the scalar one on odd channels, maps, kernels and strides") {
  for (int in : {1, 3, 10, 15, 63, 65, 160})
    for (int out : {1, 10, 63, 65, 160})
      if (in < 100 || out < 100) compare_both_kinds(layer(conv3("c", out), {2, 3, in}), 1);
  for (int size : {1, 2, 3, 5, 7})
    for (int kernel : {1, 3, 5})
      for (int stride : {1, 2})
        for (int n : {1, 7})
          compare_both_kinds(layer(conv("c", 34, kernel, stride, kernel / 2), {size, size, 12}), n);
  compare_both_kinds(layer(conv("valid", 20, 3, 2, 0), {7, 5, 9}), 3);
  compare_both_kinds(layer(conv("wide pad", 20, 3, 2, 2), {2, 1, 9}), 3);
}

TEST_CASE("every variant equals the scalar one where Winograd's tiles hang over the map's edge") {
  for (int size : {4, 5, 7, 8})
    for (int out : {1, 10, 16, 33})
      compare_both_kinds(layer(conv3("c", out), {size, 9 - size % 2, 32}), 3);
  compare_both_kinds(layer(conv3("many tiles", 33), {32, 30, 16}), 2);
  compare_both_kinds(layer(conv3("wide", 20), {6, 6, 1024}), 1);
  compare_both_kinds(layer(conv3("too wide for exact sums", 5), {4, 4, 1840}), 1);
}

TEST_CASE("every variant equals the scalar one on every layer of the five nets") {
  std::set<std::string> seen;
  for (const std::string& net : net_names())
    for (Layer& l : table_of(net)) {
      if (!l.has_weights()) continue;
      const Case int8{.kind = ConvKind::int8, .layer = l};
      if (!seen.insert(describe(int8)).second) continue;
      compare(int8, {{Epilogue::requantize, 2}});
      const Case lut{.kind = ConvKind::lut, .layer = l, .codes = Codes::sparse};
      if (l.kind == Kind::conv) compare(lut, {{Epilogue::staircase, 2}});
    }
  CHECK(seen.size() > 40);
}

TEST_CASE("every variant equals the scalar one on whole-map layers and on real sizes") {
  for (int size : {1, 2, 4}) compare_both_kinds(layer(linear("fc", 10), {size, size, 65}), 9);
  compare_both_kinds(layer(conv3("conv1_1", 64), {32, 32, 3}), 2);
  compare_both_kinds(layer(conv3("conv1_2", 64), {32, 32, 64}), 1);
  compare_both_kinds(layer(conv3("conv5_1", 512), {2, 2, 512}), 3);
  compare_both_kinds(layer(conv("conv2", 192, 5, 1, 2), {8, 8, 64}), 1);
  compare_both_kinds(layer(pw("pw", 128), {4, 4, 1024}), 3);
  compare_both_kinds(layer(pw("pw", 40), {16, 16, 64}), 3);
  compare_both_kinds(layer(conv("strided", 40, 1, 2, 0), {32, 32, 64}), 2);
}

TEST_CASE("int8 on AVX2 equals the scalar one in each of its forms") {
  const auto packed = [](const Case& c) {
    Data data(c);
    fill(data, c);
    const ConvVariant* avx2 = nullptr;
    for (const ConvVariant& v : conv_variants())
      if (v.isa == Isa::avx2 && v.kind == ConvKind::int8) avx2 = &v;
    return avx2 ? avx2->pack(c.layer, data.weights.data()) : PackedConv{};
  };
  if (packed({.kind = ConvKind::int8, .layer = layer(pw("p", 1), {1, 1, 1})}).together == 0) return;
  const Layer deep = layer(conv3("deep", 40), {3, 4, 72});
  Case c{.kind = ConvKind::int8, .layer = deep, .n = 3, .codes = Codes::top, .pad_value = 128};
  for (const auto& [weights, together, least, most] : {std::tuple{Weights::small, 8, 0.0, 0.0},
                                                       {Weights::spiky, 8, 0.01, 0.3},
                                                       {Weights::random, 4, 0.5, 1.0},
                                                       {Weights::most, 4, 0.9, 1.1}}) {
    c.weights = weights;
    const PackedConv p = packed(c);
    CAPTURE(describe(c));
    CHECK(p.together == together);
    const double excess = double(p.excess.weights.size()) / double(p.weights.size());
    CHECK(excess >= least);
    CHECK(excess <= most);
    compare(c);
  }
  c.layer = layer(conv3("tiles", 16), {8, 8, 32});
  CHECK(packed(c).transformed.size() > 0);
}

TEST_CASE("lut convolutions are cut into lists, strips of images and shares without loss") {
  compare({.kind = ConvKind::lut, .layer = layer(pw("wide", 3), {1, 4, 40000}), .n = 1});
  compare({.kind = ConvKind::lut, .layer = layer(pw("many", 3), {32, 32, 64}), .n = 5});
  compare({.kind = ConvKind::lut, .layer = layer(conv3("images", 130), {3, 3, 20}), .n = 61});
  compare({.kind = ConvKind::lut, .layer = layer(conv("tall", 5, 3, 2, 1), {90, 7, 20}), .n = 3});
}

TEST_CASE("every depthwise variant equals the scalar one") {
  for (int c : {1, 3, 15, 16, 65, 160})
    for (int stride : {1, 2})
      for (int size : {1, 2, 5})
        for (uint8_t pad : {0, 128})
          for (Weights w : {Weights::random, Weights::least, Weights::most})
            compare({.kind = ConvKind::int8,
                     .layer = layer(dw("dw", stride), {size, size, c}),
                     .n = 3,
                     .weights = w,
                     .pad_value = pad});
}

TEST_CASE("no variant overflows or saturates on extreme weights, codes and values") {
  for (Weights w : {Weights::least, Weights::most, Weights::mixed_extremes, Weights::spiky})
    for (const Layer& l :
         {layer(conv3("c", 33), {3, 3, 100}), layer(pw("c", 16), {1, 2, 1024}),
          layer(conv("c", 8, 5, 1, 2), {3, 3, 70}), layer(conv3("tiles", 17), {4, 5, 128})})
      for (Codes codes : {Codes::zero, Codes::top, Codes::random}) {
        compare({.kind = ConvKind::int8, .layer = l, .n = 2, .weights = w, .codes = codes});
        Case c{.kind = ConvKind::lut, .layer = l, .n = 2, .weights = w, .codes = codes};
        for (uint8_t value : {0, 255}) {
          c.v1 = value, c.v2 = 255;
          compare(c);
        }
      }
}
