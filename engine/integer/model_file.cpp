#include "engine/integer/model_file.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/base/check.h"
#include "data/base/hash.h"
#include "data/base/serial.h"
#include "data/batch.h"
#include "data/cifar.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/layer_table.h"

// Inside the frame of data/base/serial.h, version 2:
//   net: length u8 and letters
//   picture: side, side, channels u16; zero u8, unit f32 of its normalization
//   classes, attention layers: how many u16, each: length u8 and letters
//   rows: how many u16, each as engine/integer/layer_table.h says
//   each row with sums: scale f32; weights s8 [rows][K], or of an addition factors s32 [2][K];
//   bias,
//     m, shift s32 [K]; statistics u8: 0 none, 1 mean, variance f32 [K] follow
//   student u8: 0 a teacher, 1 a student; then each tap: levels u8, 0 for 8 bits; then levels - 1
//     thresholds u8 and levels - 1 values u8, both rising; of a student its teacher's checksum u64
// Version 1 begins with the net's name and the hash of its table u64 where version 2 has all up to
// the rows; its statistics are 0 or 2 (1: of another thing, passed over); it ends with the number
// of staircases u32 (0: a teacher), each: 1 if there is one else 0, t1, v1, t2, v2 u8.
namespace tri {
namespace {

constexpr FileKind kFile = {"triseg\r\n", 2, "model"};
constexpr uint64_t kMaxBytes = 1 << 28;  // ten times the largest net

// Throws Error unless the numbers are what the engine relies on. Sizes are right already.
void check_numbers(const Model& model, const std::string& where) {
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    const QuantLayer& q = model.quant[i];
    if (!l.has_sums()) continue;
    const auto expect = [&](bool good, const char* what) {
      if (!good) throw Error(where + ": layer " + l.name + ": " + what);
    };
    expect(std::isfinite(q.scale) && q.scale > 0, "its scale is not a positive number");
    for (const int8_t w : q.weights)
      expect(w >= -kWeightMax, "a weight is -128, expected -127..127");
    for (const int32_t f : q.factors)
      expect(f >= 0 && f <= kFactorMax, "a factor of an addition is outside 0..16384");
    const std::vector<double> headroom = bias_headroom(q, l.output.c);
    for (size_t k = 0; k < q.bias.size(); ++k) {
      expect(std::abs(double(q.bias[k])) <= headroom[k],
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

void check_sizes(const Model& model) {
  CHECK(model.quant.size() == model.layers.size());
  CHECK(model.staircases.empty() || int(model.staircases.size()) == model.taps());
  CHECK(int(model.classes.size()) == model.layers.back().output.c);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& l = model.layers[i];
    const QuantLayer& q = model.quant[i];
    const size_t K = l.has_sums() ? size_t(l.output.c) : 0;
    CHECK(q.weights.size() == l.weights() && q.bias.size() == K);
    CHECK(q.factors.size() == (l.kind == Kind::add ? 2 * K : 0));
    CHECK(q.m.size() == K && q.shift.size() == K && q.mean.size() == q.variance.size());
    CHECK(q.mean.empty() || q.mean.size() == K);
  }
}

// --- Version 2: each part's writer with its reader.

void write_picture(Writer& out, Shape picture) {
  for (const int size : {picture.h, picture.w, picture.c}) out.number(uint16_t(size));
  out.number(uint8_t(kPixelZero)), out.number(kPixelUnit);
}
Shape read_picture(Reader& in) {
  Shape picture;
  for (int* size : {&picture.h, &picture.w, &picture.c}) *size = in.number<uint16_t>();
  const auto zero = in.number<uint8_t>();
  const auto unit = in.number<float>();
  if (zero != kPixelZero || unit != kPixelUnit)
    in.fail("normalizes pictures in another way than this program");
  return picture;
}

void write_names(Writer& out, const std::vector<std::string>& names) {
  out.number(uint16_t(names.size()));
  for (const std::string& name : names) out.text(name);
}
std::vector<std::string> read_names(Reader& in) {
  std::vector<std::string> names(in.number<uint16_t>());
  for (std::string& name : names) name = in.text();
  return names;
}

void write_taps(Writer& out, const StaircaseSet& staircases) {
  out.number(uint8_t(!staircases.empty()));
  for (const auto& f : staircases) {
    if (!f) {
      out.number(uint8_t(0));
      continue;
    }
    const bool two = f->t1 == f->t2 && f->v1 == f->v2;  // no middle level
    out.number(uint8_t(two ? 2 : 3));
    if (two)
      for (const uint8_t byte : {f->t2, f->v2}) out.number(byte);
    else
      for (const uint8_t byte : {f->t1, f->t2, f->v1, f->v2}) out.number(byte);
  }
}
StaircaseSet read_taps(Reader& in, int taps) {
  const auto student = in.number<uint8_t>();
  if (student > 1) in.fail("is neither a teacher nor a student");
  StaircaseSet staircases(student ? size_t(taps) : 0);
  for (auto& f : staircases) {
    const auto levels = in.number<uint8_t>();
    if (levels == 0) continue;
    if (levels != 2 && levels != 3)
      in.fail("has a layer of " + std::to_string(levels) +
              " levels, this program knows 2 and 3: a newer one reads it");
    const auto n = in.array<uint8_t>(size_t(2 * (levels - 1)));
    f = levels == 2 ? TriSegment{n[0], n[1], n[0], n[1]} : TriSegment{n[0], n[2], n[1], n[3]};
  }
  return staircases;
}

// --- Numbers of a row, alike in both versions but for statistics.

void write_numbers(Writer& out, const QuantLayer& q) {
  out.number(q.scale);
  out.array(q.weights), out.array(q.factors);
  out.array(q.bias), out.array(q.m), out.array(q.shift);
  out.number(uint8_t(!q.mean.empty()));
  out.array(q.mean), out.array(q.variance);
}
QuantLayer read_numbers(Reader& in, const Layer& l, uint8_t with_statistics) {
  QuantLayer q;
  const size_t K = size_t(l.output.c);
  q.scale = in.number<float>();
  q.weights = in.array<int8_t>(l.weights());
  if (l.kind == Kind::add) q.factors = in.array<int32_t>(2 * K);
  q.bias = in.array<int32_t>(K);
  q.m = in.array<int32_t>(K);
  q.shift = in.array<int32_t>(K);
  if (const auto statistics = in.number<uint8_t>()) {
    q.mean = in.array<float>(K);
    q.variance = in.array<float>(K);
    if (statistics != with_statistics) q.mean.clear(), q.variance.clear();
  }
  return q;
}

void read_all_numbers(Reader& in, Model& model, uint8_t with_statistics) {
  model.quant.resize(model.layers.size());
  for (size_t i = 0; i < model.layers.size(); ++i)
    if (model.layers[i].has_sums())
      model.quant[i] = read_numbers(in, model.layers[i], with_statistics);
}

Model read_version_1(Reader& in, const std::string& net, TableOf table_of) {
  Model model{.net = net, .layers = table_of(net), .quant = {}, .staircases = {}};
  if (model.layers.empty())
    in.fail("holds the net '" + net + "', which this program does not know");
  if (in.number<uint64_t>() != hash(model.layers))
    in.fail("was made for another layer table of " + net +
            ": make it again with `train` or `search`");
  model.classes = cifar10_classes();
  read_all_numbers(in, model, 2);
  const auto count = in.number<uint32_t>();
  if (count != 0 && count != uint32_t(model.taps()))
    in.fail("holds " + std::to_string(count) + " staircases, expected none or " +
            std::to_string(model.taps()));
  for (uint32_t i = 0; i < count; ++i) {
    const auto f = in.array<uint8_t>(5);
    model.staircases.push_back(f[0] ? std::optional(TriSegment{f[1], f[2], f[3], f[4]})
                                    : std::nullopt);
  }
  return model;
}

Model read_version_2(Reader& in, const std::string& net) {
  Model model{.net = net, .layers = {}, .quant = {}, .staircases = {}};
  const Shape picture = read_picture(in);
  model.classes = read_names(in), model.attention = read_names(in);
  model.layers = read_rows(in);
  try {
    resolve(model.layers, picture);
    require_network(model.layers);
  } catch (const Error& error) {
    in.fail(std::string("holds no network: ") + error.what());
  }
  if (int(model.classes.size()) != model.layers.back().output.c)
    in.fail("names " + std::to_string(model.classes.size()) + " classes, expected " +
            std::to_string(model.layers.back().output.c));
  for (const std::string& name : model.attention)
    if (model.tap(name) < 0) in.fail("names an attention layer that is none of its taps");
  read_all_numbers(in, model, 1);
  model.staircases = read_taps(in, model.taps());
  if (!model.staircases.empty()) model.teacher = in.number<uint64_t>();
  return model;
}

}  // namespace

namespace {

// All from the rows on.
void write_network(Writer& out, const Model& model) {
  write_rows(out, model.layers);
  for (size_t i = 0; i < model.layers.size(); ++i)
    if (model.layers[i].has_sums()) write_numbers(out, model.quant[i]);
  write_taps(out, model.staircases);
  if (!model.staircases.empty()) out.number(model.teacher);
}

void write_model(Writer& out, const Model& model) {
  check_sizes(model);
  out.text(model.net);
  write_picture(out, model.layers.front().in);
  write_names(out, model.classes), write_names(out, model.attention);
  write_network(out, model);
}

}  // namespace

void save(const Model& model, const std::filesystem::path& file) {
  check_numbers(model, file.string());
  Writer out(kFile);
  write_model(out, model);
  out.save(file);
}

std::vector<uint8_t> bytes_of(const Model& model) {
  Writer out;
  write_model(out, model);
  return out.bytes();
}

Model model_of(std::vector<uint8_t> bytes) {
  Reader in("a model", std::move(bytes));
  const std::string net = in.text();
  return read_version_2(in, net);
}

uint64_t checksum(const Model& model) {
  Writer out;
  write_network(out, model);
  return fnv1a(out.bytes());
}

// The frame's checksum keeps out accidents; what is here trusts no number all the same.
Model load_model(const std::filesystem::path& file, TableOf table_of) {
  Reader in(file, kFile, kMaxBytes, 1);
  std::string net = in.text();
  if (!is_plain_name(net)) net = "?";  // nothing to show on a terminal
  Model model = in.version() == 1 ? read_version_1(in, net, table_of) : read_version_2(in, net);
  in.end();
  check_numbers(model, file.string());
  return model;
}

}  // namespace tri
