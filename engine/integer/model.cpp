#include "engine/integer/model.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "data/base/file.h"
#include "data/base/check.h"
#include "engine/arithmetic/quant.h"
#include "data/base/serial.h"

// Inside the frame of data/base/serial.h:
//   net: length u8 and letters; hash of the layer table u64
//   each layer with weights: scale f32; weights s8 [rows][K]; bias, m, shift s32 [K];
//     statistics u8: 0 none, 2 mean, variance f32 [K] follow (1: those of the convolution's result,
//     as files had them once; passed over)
//   number of staircases u32 (0: a teacher), each: 1 if there is one else 0, t1, v1, t2, v2 u8
namespace tri {
namespace {

constexpr FileKind kFile = {"triseg\r\n", 1, "model"};
constexpr uint64_t kMaxBytes = 1 << 28;  // ten times the largest net

// Throws Error unless the numbers are what the engine relies on. Sizes are right already.
void check_numbers(const Model& model, const std::string& where) {
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    const QuantLayer& q = model.quant[i];
    if (!l.has_weights()) continue;
    const auto expect = [&](bool good, const char* what) {
      if (!good) throw Error(where + ": layer " + l.name + ": " + what);
    };
    const size_t K = size_t(l.output.c);
    expect(std::isfinite(q.scale) && q.scale > 0, "its scale is not a positive number");
    std::vector<int64_t> largest(K);  // |accumulator|, by channel
    for (size_t k = 0; k < K; ++k) largest[k] = std::abs(int64_t(q.bias[k]));
    for (size_t at = 0; at < q.weights.size(); ++at) {
      expect(q.weights[at] >= -kWeightMax, "a weight is -128, expected -127..127");
      largest[at % K] += kCodeMax * std::abs(q.weights[at]);
    }
    for (size_t k = 0; k < K; ++k) {
      expect(largest[k] <= std::numeric_limits<int32_t>::max(),
             "a channel's weights and bias could overflow its 32-bit accumulator");
      expect(q.m[k] >= 1 << 30, "a multiplier is outside 2^30..2^31-1");
      expect(q.shift[k] >= 1 && q.shift[k] <= 62, "a shift is outside 1..62");
    }
    for (float mean : q.mean) expect(std::isfinite(mean), "a mean is not a finite number");
    for (float variance : q.variance)
      expect(std::isfinite(variance) && variance >= 0, "a variance is negative or not finite");
  }
  for (const auto& f : model.staircases)
    if (f && *f != f->ordered()) throw Error(where + ": a staircase is not in rising order");
}

}  // namespace

void rescale_channel(QuantLayer& q, size_t k, int rows, double unit, double bias, double factor) {
  const double room = std::numeric_limits<int32_t>::max() - double(rows) * kWeightMax * kCodeMax;
  q.bias[k] = int32_t(std::clamp(std::round(bias), -room, room));
  const Multiplier m = multiplier(factor);
  q.m[k] = m.m, q.shift[k] = m.shift;
  if (!q.mean.empty()) q.mean[k] *= float(unit), q.variance[k] *= float(unit * unit);
}

int Model::taps() const { return int(tap_layers().size()); }

std::vector<int> Model::tap_layers() const {
  std::vector<int> indices;
  for (size_t i = 0; i < layers.size(); ++i)
    if (layers[i].activated) indices.push_back(int(i));
  return indices;
}

int Model::tap(const std::string& layer) const {
  const std::vector<int> indices = tap_layers();
  const auto named = [&](int i) { return layers[size_t(i)].name == layer; };
  const auto found = std::find_if(indices.begin(), indices.end(), named);
  CHECK(found != indices.end());
  return int(found - indices.begin());
}

void save(const Model& model, const std::filesystem::path& file) {
  CHECK(model.quant.size() == model.layers.size());
  CHECK(model.staircases.empty() || int(model.staircases.size()) == model.taps());
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const QuantLayer& q = model.quant[i];
    const size_t K = model.layers[i].has_weights() ? size_t(model.layers[i].output.c) : 0;
    CHECK(q.weights.size() == model.layers[i].weights() && q.bias.size() == K);
    CHECK(q.m.size() == K && q.shift.size() == K && q.mean.size() == q.variance.size());
    CHECK(q.mean.empty() || q.mean.size() == K);
  }
  check_numbers(model, file.string());

  Writer out(kFile);
  out.text(model.net);
  out.number(hash(model.layers));
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (!model.layers[i].has_weights()) continue;
    const QuantLayer& q = model.quant[i];
    out.number(q.scale);
    out.array(q.weights), out.array(q.bias), out.array(q.m), out.array(q.shift);
    out.number(uint8_t(q.mean.empty() ? 0 : 2));
    out.array(q.mean), out.array(q.variance);
  }
  out.number(uint32_t(model.staircases.size()));
  for (const auto& f : model.staircases) {
    const TriSegment s = f.value_or(TriSegment{});
    for (uint8_t byte : {uint8_t(f.has_value()), s.t1, s.v1, s.t2, s.v2}) out.number(byte);
  }
  out.save(file);
}

// The frame's checksum keeps out accidents; what is here trusts no number all the same.
Model load_model(const std::filesystem::path& file, TableOf table_of) {
  Reader in(file, kFile, kMaxBytes);
  Model model;
  model.net = in.text();
  if (std::all_of(model.net.begin(), model.net.end(),
                  [](unsigned char c) { return std::isalnum(c); }))
    model.layers = table_of(model.net);
  else
    model.net = std::string("?");  // nothing to show on a terminal
  if (model.layers.empty())
    in.fail("holds the net '" + model.net + "', which this program does not know");
  if (in.number<uint64_t>() != hash(model.layers))
    in.fail("was made for another layer table of " + model.net +
            ": make it again with `train` or `search`");
  model.quant.resize(model.layers.size());
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    if (!l.has_weights()) continue;
    QuantLayer& q = model.quant[i];
    const size_t K = size_t(l.output.c);
    q.scale = in.number<float>();
    q.weights = in.array<int8_t>(l.weights());
    q.bias = in.array<int32_t>(K);
    q.m = in.array<int32_t>(K);
    q.shift = in.array<int32_t>(K);
    if (const auto statistics = in.number<uint8_t>()) {
      q.mean = in.array<float>(K);
      q.variance = in.array<float>(K);
      if (statistics == 1) q.mean.clear(), q.variance.clear();
    }
  }
  const auto count = in.number<uint32_t>();
  if (count != 0 && count != uint32_t(model.taps()))
    in.fail("holds " + std::to_string(count) + " staircases, expected none or " +
            std::to_string(model.taps()));
  for (uint32_t i = 0; i < count; ++i) {
    const auto f = in.array<uint8_t>(5);
    model.staircases.push_back(f[0] ? std::optional(TriSegment{f[1], f[2], f[3], f[4]})
                                    : std::nullopt);
  }
  in.end();
  check_numbers(model, file.string());
  return model;
}

}  // namespace tri
