#include "engine/model.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "data/file.h"
#include "engine/check.h"
#include "engine/quant.h"

// A file, little-endian:
//   magic 8 bytes, version u32, size of the whole file u64
//   net: length u8 and letters; hash of the layer table u64
//   each layer with weights: scale f32, weights s8 [rows][K], bias s32 [K], m s32 [K], shift s32
//   [K],
//     1 if statistics follow else 0 u8, mean f32 [K], variance f32 [K]
//   number of staircases u32 (0: a teacher), each: 1 if there is one else 0, t1, v1, t2, v2 u8
//   FNV-1a of everything before, u64
namespace tri {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read and written as they lie");

constexpr char kMagic[8] = {'t', 'r', 'i', 's', 'e', 'g', '\r', '\n'};
constexpr uint32_t kVersion = 1;
constexpr uint64_t kMaxBytes = 1 << 28;  // ten times the largest net

uint64_t fnv1a(std::span<const uint8_t> bytes) {
  uint64_t h = 0xcbf29ce484222325ull;
  for (uint8_t byte : bytes) h = (h ^ byte) * 0x100000001b3ull;
  return h;
}

struct Writer {
  std::vector<uint8_t> bytes;

  template <class T>
  void array(const T* values, size_t n) {
    const auto* p = reinterpret_cast<const uint8_t*>(values);
    bytes.insert(bytes.end(), p, p + n * sizeof(T));
  }
  template <class T>
  void array(const std::vector<T>& values) {
    array(values.data(), values.size());
  }
  template <class T>
  void number(T value) {
    array(&value, 1);
  }
};

// Refuses to read, or to allocate, more than the bytes it has.
struct Reader {
  std::span<const uint8_t> bytes;
  std::string where;

  template <class T>
  std::vector<T> array(size_t n) {
    if (n > bytes.size() / sizeof(T))
      throw Error(where + ": ends before all of its numbers: get it again");
    std::vector<T> values(n);
    if (n) std::memcpy(values.data(), bytes.data(), n * sizeof(T));
    bytes = bytes.subspan(n * sizeof(T));
    return values;
  }
  template <class T>
  T number() {
    return array<T>(1)[0];
  }
};

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
  CHECK(model.net.size() < 256 && model.quant.size() == model.layers.size());
  CHECK(model.staircases.empty() || int(model.staircases.size()) == model.taps());
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const QuantLayer& q = model.quant[i];
    const size_t K = model.layers[i].has_weights() ? size_t(model.layers[i].output.c) : 0;
    CHECK(q.weights.size() == model.layers[i].weights() && q.bias.size() == K);
    CHECK(q.m.size() == K && q.shift.size() == K && q.mean.size() == q.variance.size());
    CHECK(q.mean.empty() || q.mean.size() == K);
  }
  check_numbers(model, file.string());

  Writer out;
  out.array(kMagic, sizeof kMagic);
  out.number(kVersion);
  const size_t size_at = out.bytes.size();
  out.number(uint64_t(0));
  out.number(uint8_t(model.net.size()));
  out.array(model.net.data(), model.net.size());
  out.number(hash(model.layers));
  for (size_t i = 0; i < model.layers.size(); ++i) {
    if (!model.layers[i].has_weights()) continue;
    const QuantLayer& q = model.quant[i];
    out.number(q.scale);
    out.array(q.weights), out.array(q.bias), out.array(q.m), out.array(q.shift);
    out.number(uint8_t(!q.mean.empty()));
    out.array(q.mean), out.array(q.variance);
  }
  out.number(uint32_t(model.staircases.size()));
  for (const auto& f : model.staircases) {
    const TriSegment s = f.value_or(TriSegment{});
    for (uint8_t byte : {uint8_t(f.has_value()), s.t1, s.v1, s.t2, s.v2}) out.number(byte);
  }
  const uint64_t size = out.bytes.size() + sizeof(uint64_t);
  std::memcpy(out.bytes.data() + size_at, &size, sizeof size);
  out.number(fnv1a(out.bytes));
  write_file(file, out.bytes);
}

Model load_model(const std::filesystem::path& file, TableOf table_of) {
  const std::string where = file.string();
  const std::vector<uint8_t> bytes = read_file(file, kMaxBytes);
  if (bytes.size() < sizeof kMagic || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0)
    throw Error(where + ": is not a tri-segment model: expected a .q8 or .tri file");
  Reader in{std::span(bytes).subspan(sizeof kMagic), where};
  if (const auto version = in.number<uint32_t>(); version != kVersion)
    throw Error(where + ": is of version " + std::to_string(version) + ", this program reads " +
                std::to_string(kVersion) + ": make the file again with `train` or `search`");
  if (const auto size = in.number<uint64_t>(); size != bytes.size())
    throw Error(where + ": is truncated or has bytes added: holds " + std::to_string(bytes.size()) +
                " bytes, expected " + std::to_string(size));
  if (in.bytes.size() < sizeof(uint64_t)) throw Error(where + ": is damaged: too short");
  uint64_t checksum;
  std::memcpy(&checksum, bytes.data() + bytes.size() - sizeof checksum, sizeof checksum);
  if (fnv1a(std::span(bytes).first(bytes.size() - sizeof checksum)) != checksum)
    throw Error(where + ": is damaged: its checksum does not match its bytes: get it again");
  in.bytes = in.bytes.first(in.bytes.size() - sizeof checksum);

  // The checksum keeps out accidents; what follows trusts no number all the same.
  Model model;
  const auto letters = in.array<char>(in.number<uint8_t>());
  model.net.assign(letters.begin(), letters.end());
  if (std::all_of(letters.begin(), letters.end(), [](unsigned char c) { return std::isalnum(c); }))
    model.layers = table_of(model.net);
  else
    model.net = "?";
  if (model.layers.empty())
    throw Error(where + ": holds the net '" + model.net + "', which this program does not know");
  if (in.number<uint64_t>() != hash(model.layers))
    throw Error(where + ": was made for another layer table of " + model.net +
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
    if (in.number<uint8_t>()) {
      q.mean = in.array<float>(K);
      q.variance = in.array<float>(K);
    }
  }
  const auto count = in.number<uint32_t>();
  if (count != 0 && count != uint32_t(model.taps()))
    throw Error(where + ": holds " + std::to_string(count) + " staircases, expected none or " +
                std::to_string(model.taps()));
  for (uint32_t i = 0; i < count; ++i) {
    const auto f = in.array<uint8_t>(5);
    model.staircases.push_back(f[0] ? std::optional(TriSegment{f[1], f[2], f[3], f[4]})
                                    : std::nullopt);
  }
  if (!in.bytes.empty())
    throw Error(where + ": has " + std::to_string(in.bytes.size()) + " bytes after its numbers");
  check_numbers(model, where);
  return model;
}

}  // namespace tri
