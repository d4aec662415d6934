#include "engine/graph/layer.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "data/base/error.h"
#include "data/base/hash.h"

namespace tri {
namespace {

// What a table may ask for: far more than any net here, and little enough that no product of sizes
// leaves 64 bits and no accumulator 32.
constexpr size_t kMostRows = 1000;
constexpr int kMostChannels = 1 << 16, kMostSide = 1 << 12, kMostKernel = 1 << 8;
constexpr size_t kMostValues = size_t(1) << 24;   // of one row's output
constexpr size_t kMostWeights = size_t(1) << 28;  // of one row
constexpr int kMostTerms = 1 << 16;               // of a sum: 2^16 * 127 * 255 is below 2^31

[[noreturn]] void fail(const Layer& l, const std::string& why) {
  throw Error("layer " + l.name + ": " + why);
}

std::string text(Shape s) {
  return std::to_string(s.h) + " x " + std::to_string(s.w) + " x " + std::to_string(s.c);
}

// The row among the first `count` that has this name; exactly one must.
int find(const std::vector<Layer>& layers, size_t count, const std::string& name,
         const Layer& reader) {
  int found = -1;
  for (size_t i = 0; i < count; ++i) {
    if (layers[i].name != name) continue;
    if (found >= 0) fail(reader, "reads '" + name + "', a name that two rows above have");
    found = int(i);
  }
  if (found < 0) fail(reader, "reads '" + name + "', which no row above it is called");
  return found;
}

void resolve_sources(std::vector<Layer>& layers, size_t i) {
  Layer& l = layers[i];
  l.sources.clear(), l.reads.clear();
  if (l.inputs.empty()) l.sources.push_back(int(i) - 1);
  for (const std::string& name : l.inputs) l.sources.push_back(find(layers, i, name, l));
  const size_t wanted = l.kind == Kind::add ? 2 : 1;
  if (l.sources.size() != wanted)
    fail(l,
         "has " + std::to_string(l.sources.size()) + " inputs, expected " + std::to_string(wanted));
  for (const int source : l.sources) {
    Read read;
    if (source != kPicture) {
      const Layer& s = layers[size_t(source)];
      if (s.has_sums()) {
        read = {source, s.tap, {}};
      } else {
        read = s.reads.front();
        if (s.kind != Kind::dropout) read.pools.push_back(source);
        if (s.kind == Kind::avg_pool) read.tap = -1;
      }
    }
    l.reads.push_back(std::move(read));
  }
}

void resolve_shape(const std::vector<Layer>& layers, Layer& l, Shape picture) {
  const auto shape = [&](int source) {
    return source == kPicture ? picture : layers[size_t(source)].output;
  };
  l.in = shape(l.sources.front());
  if (l.kind == Kind::add && !(shape(l.sources[1]) == l.in))
    fail(l, "adds " + text(l.in) + " to " + text(shape(l.sources[1])) + ", expected equal shapes");
  if (l.kernel == 0) {
    if (l.in.h != l.in.w) fail(l, "has the kernel of a whole map that is no square");
    l.kernel = l.in.h;
  }
  if (l.kind != Kind::conv) l.out = l.in.c;
  if (l.out < 1 || l.out > kMostChannels)
    fail(l, std::to_string(l.out) + " channels, expected 1 to " + std::to_string(kMostChannels));
  if (l.kernel < 1 || l.kernel > kMostKernel || l.stride < 1 || l.stride > kMostKernel ||
      l.pad < 0 || l.pad >= l.kernel)
    fail(l, "has a kernel, a stride or a padding out of range");
  const int h = l.in.h + 2 * l.pad - l.kernel, w = l.in.w + 2 * l.pad - l.kernel;
  if (h < 0 || w < 0)
    fail(l, "a kernel of " + std::to_string(l.kernel) + " does not fit a map of " +
                std::to_string(l.in.h) + " x " + std::to_string(l.in.w) +
                ": the pictures are too small for this net");
  l.output = {h / l.stride + 1, w / l.stride + 1, l.out};
  if (l.output.size() > kMostValues) fail(l, "returns too much: " + text(l.output));
}

// Which taps all that comes after them hangs on alone.
void resolve_cuts(std::vector<Layer>& layers) {
  int first_read = int(layers.size());  // by the rows after the one at hand
  for (size_t i = layers.size(); i-- > 0;) {
    layers[i].cut = layers[i].tap >= 0 && first_read >= int(i);
    for (const int source : layers[i].sources) first_read = std::min(first_read, source);
  }
}

}  // namespace

Layer conv(std::string name, int out, int kernel, int stride, int pad) {
  Layer l;
  l.name = std::move(name);
  l.out = out, l.kernel = kernel, l.stride = stride, l.pad = pad;
  return l;
}
Layer conv3(std::string name, int out, int stride) {
  return conv(std::move(name), out, 3, stride, 1);
}
Layer pw(std::string name, int out, int stride) { return conv(std::move(name), out, 1, stride, 0); }
Layer linear(std::string name, int out) { return conv(std::move(name), out, 0, 1, 0); }
Layer dw(std::string name, int stride) {
  Layer l = conv(std::move(name), 0, 3, stride, 1);
  l.kind = Kind::depthwise;
  return l;
}
Layer pool(std::string name, int kernel, int stride, int pad) {
  Layer l = conv(std::move(name), 0, kernel, stride, pad);
  l.kind = Kind::max_pool;
  return l;
}
Layer average(std::string name) {
  Layer l = conv(std::move(name), 0, 0, 1, 0);
  l.kind = Kind::avg_pool;
  return l;
}
Layer drop(float rate) {
  Layer l;
  l.kind = Kind::dropout, l.name = "dropout", l.rate = rate;
  return l;
}
Layer add(std::string name, std::string a, std::string b) {
  Layer l = conv(std::move(name), 0, 1, 1, 0);
  l.kind = Kind::add;
  l.inputs = {std::move(a), std::move(b)};
  return l;
}
Layer logits(Layer layer) {
  layer.activation = Activation::logits;
  return layer;
}
Layer without_relu(Layer layer) {
  layer.activation = Activation::linear;
  return layer;
}
Layer reading(Layer layer, std::string input) {
  layer.inputs = {std::move(input)};
  return layer;
}

void resolve(std::vector<Layer>& layers, Shape picture) {
  if (layers.empty() || layers.size() > kMostRows)
    throw Error("a table of " + std::to_string(layers.size()) + " layers, expected 1 to " +
                std::to_string(kMostRows));
  if (picture.h < 1 || picture.h > kMostSide || picture.w < 1 || picture.w > kMostSide ||
      picture.c < 1 || picture.c > kMostChannels)
    throw Error("pictures of " + text(picture) + " are out of range");
  int taps = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    Layer& l = layers[i];
    resolve_sources(layers, i);
    resolve_shape(layers, l, picture);
    l.tap = l.is_tap() ? taps++ : -1;
    l.last_use = int(i);
    for (const int source : l.sources)
      if (source != kPicture) layers[size_t(source)].last_use = int(i);
  }
  resolve_cuts(layers);
}

void require_network(const std::vector<Layer>& layers) {
  bool logits = false;
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& l = layers[i];
    const bool last = i + 1 == layers.size();
    if (logits && l.kind != Kind::avg_pool && l.kind != Kind::dropout)
      fail(l, "only an average may follow the logits");
    if (!last && l.last_use == int(i)) fail(l, "no row reads it");
    if (l.kind == Kind::avg_pool && (l.output.h != 1 || l.output.w != 1 || l.pad != 0))
      fail(l, "an average is over the whole map");
    if (l.kind == Kind::depthwise && l.kernel != 3) fail(l, "depthwise kernels are 3 x 3");
    const auto terms = int64_t(l.kernel) * l.kernel * (l.kind == Kind::conv ? l.in.c : 1);
    if (l.has_weights() && (terms > kMostTerms || size_t(terms) * size_t(l.out) > kMostWeights))
      fail(l, "has too many weights: " + std::to_string(terms) + " for each of " +
                  std::to_string(l.out) + " channels");
    if (l.kind == Kind::add && l.is_logits()) fail(l, "an addition cannot make the logits");
    if (l.kind == Kind::dropout && !(l.rate >= 0 && l.rate < 1))
      fail(l, "its rate is not within 0 to 1");
    logits |= l.is_logits();
    for (size_t j = 0; l.has_sums() && j < i; ++j)
      if (layers[j].has_sums() && layers[j].name == l.name) fail(l, "two rows have this name");
  }
  const Layer& end = layers.back();
  if (!logits) fail(end, "no row makes the logits");
  if (end.output.h != 1 || end.output.w != 1 || end.output.c < 2)
    fail(end, "returns " + text(end.output) + ", expected one value for each of 2 or more classes");
}

std::vector<int> tap_rows(const std::vector<Layer>& layers) {
  std::vector<int> rows;
  for (size_t i = 0; i < layers.size(); ++i)
    if (layers[i].tap >= 0) rows.push_back(int(i));
  return rows;
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 60 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

uint64_t hash(const std::vector<Layer>& layers) {
  Fnv1a sum;
  const auto mix = [&sum](uint64_t value) { sum.number(value); };
  for (const Layer& l : layers) {
    for (char c : l.name) mix(uint8_t(c));
    for (int value :
         {int(l.kind), l.out, l.kernel, l.stride, l.pad, int(l.is_tap()), l.in.h, l.in.w, l.in.c})
      mix(uint64_t(value));
    // What rows of a chain never had changes nothing, so that old files' hashes stay.
    if (l.is_linear()) mix(uint64_t(l.activation));
    if (!l.inputs.empty())
      for (const int source : l.sources) mix(uint64_t(source));
  }
  return sum.hash();
}

}  // namespace tri
