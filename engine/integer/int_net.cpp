#include "engine/integer/int_net.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "data/batch.h"
#include "data/base/file.h"
#include "data/base/check.h"
#include "engine/kernels/conv/epilogue.h"
#include "engine/kernels/bytemap/map.h"
#include "engine/float/loops/loops.h"
#include "engine/arithmetic/quant.h"

namespace tri {
namespace {

// Pictures that go through the net together: few enough that an activation and its successor stay
// in the cache, enough that a layer's weights are read once for many pixels.
constexpr int kChunk = 32;

constexpr size_t kSeen = 1 << 17;  // accumulators

constexpr double kNever = 2;  // no share of zeros is that large

// x: [n][in], y: [n][output]. Codes of a staircase rise with their values, so their largest is
// right for codes too. Outside the map there is nothing.
void max_pool(const Layer& l, const uint8_t* x, int n, uint8_t* y) {
  const int C = l.in.c;
#pragma omp parallel for
  for (int row = 0; row < n * l.output.h; ++row) {
    const int i0 = row % l.output.h * l.stride - l.pad;
    const uint8_t* map = x + size_t(row / l.output.h) * l.in.size();
    for (int ow = 0; ow < l.output.w; ++ow) {
      const int j0 = ow * l.stride - l.pad;
      uint8_t* largest = y + (size_t(row) * l.output.w + ow) * C;
      std::fill_n(largest, C, uint8_t(0));
      for (int i = std::max(i0, 0); i < std::min(i0 + l.kernel, l.in.h); ++i)
        for (int j = std::max(j0, 0); j < std::min(j0 + l.kernel, l.in.w); ++j) {
          const uint8_t* pixel = map + (size_t(i) * l.in.w + j) * C;
          for (int c = 0; c < C; ++c) largest[c] = std::max(largest[c], pixel[c]);
        }
    }
  }
}

// x: [n][in], y: [n][c]: the mean over the map, halves up. y may be x itself: what a mean
// overwrites has been summed.
template <class T>
void average_pool(const Layer& l, const T* x, int n, T* y) {
  const int C = l.in.c, count = l.in.h * l.in.w;
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < C; ++c) {
      int64_t sum = 0;
      for (int at = 0; at < count; ++at) sum += x[(size_t(i) * count + at) * C + c];
      const int64_t rounded = 2 * sum + count, divisor = 2 * count;
      y[size_t(i) * C + c] = T(rounded / divisor - (rounded % divisor < 0));  // floor
    }
}

// x: [size] codes 0, 1, 2 -> y: [size] values.
void decode(const TriSegment& f, const uint8_t* x, size_t size, uint8_t* y) {
  apply({.t1 = 0, .v1 = f.v1, .t2 = 1, .v2 = f.v2}, x, size, y);
}

// x: [size] 8-bit codes -> y: [size] codes 0, 1, 2.
void encode(const TriSegment& f, const uint8_t* x, size_t size, uint8_t* y) {
  apply({.t1 = f.t1, .v1 = 1, .t2 = f.t2, .v2 = 2}, x, size, y);
}

// accumulators: [pixels][K] -> steps of kLogitStep, in place.
void to_logits(const Epilogue& e, size_t K, size_t pixels, int32_t* accumulators) {
  for (size_t i = 0; i < pixels * K; ++i)
    accumulators[i] = rescale(accumulators[i], {e.m[i % K], e.shift[i % K]});
}

// The epilogue alone. accumulators: [pixels][K]; y may be the same memory where it holds 32 bits.
void finish_all(const Epilogue& e, const int32_t* accumulators, int K, size_t pixels, void* y) {
  constexpr size_t kRows = 64;
#pragma omp parallel for
  for (size_t first = 0; first < pixels; first += kRows) {
    const size_t last = std::min(first + kRows, pixels);
    if (e.kind == Epilogue::staircase && !e.bias) {
      const size_t at = first * size_t(K);
      loops().segments(last - first, K, accumulators + at, e.t1, e.t2,
                       static_cast<uint8_t*>(y) + at);
    } else {
      for (size_t pixel = first; pixel < last; ++pixel)
        finish(e, accumulators + pixel * size_t(K), 0, K, K, pixel, y);
    }
  }
}

// The share of zeros from which the lut kernel costs less than int8; both costs are linear.
double break_even(const ConvVariant& int8, const PackedConv& int8_conv, const ConvVariant& lut,
                  const PackedConv& lut_conv) {
  const auto gain = [&](double zeros) {
    return int8.cost(int8_conv, zeros) - lut.cost(lut_conv, zeros);
  };
  const double none = gain(0), all = gain(1);
  return none >= 0 ? 0 : all <= 0 ? kNever : none / (none - all);
}

// Of the first of some pictures: they are alike, and the choice that hangs on it changes no result.
double zero_share(const uint8_t* x, Shape shape) {
  return double(std::count(x, x + shape.size(), uint8_t(0))) / double(shape.size());
}

template <class T>
T* grow(Buffer<T>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

}  // namespace

Staircases::Staircases(const Model& model, StaircaseSet staircases)
    : f(std::move(staircases)), t1(f.size()), t2(f.size()) {
  const std::vector<int> layers = model.tap_layers();
  CHECK(f.size() == layers.size());
  for (size_t tap = 0; tap < f.size(); ++tap) {
    if (!f[tap]) continue;
    CHECK(*f[tap] == f[tap]->ordered());
    const QuantLayer& q = model.quant[layers[tap]];
    for (size_t k = 0; k < q.m.size(); ++k) {
      t1[tap].push_back(largest_accumulator(f[tap]->t1, {q.m[k], q.shift[k]}));
      t2[tap].push_back(largest_accumulator(f[tap]->t2, {q.m[k], q.shift[k]}));
    }
  }
}

IntNet::IntNet(Model model, const std::string& isa, const std::string& coded)
    : model_(std::move(model)),
      int8_(&conv_variant(ConvKind::int8, isa)),
      lut_(&conv_variant(ConvKind::lut, isa)),
      packed_int8_(model_.layers.size()),
      packed_lut_(model_.layers.size()),
      lut_from_(model_.layers.size(), kNever) {
  const char* variable = std::getenv("TRISEGMENT_KERNEL");
  const std::string kernel = !coded.empty() ? coded : variable ? variable : "auto";
  if (kernel != "auto" && kernel != "int8" && kernel != "lut")
    throw Error("unknown kernel '" + kernel + "' (" +
                (!coded.empty() ? "option" : "environment variable TRISEGMENT_KERNEL") +
                "): expected auto, int8 or lut");
  bool picture = true, logits = false;
  for (size_t i = 0; i < model_.layers.size(); ++i) {
    const Layer& l = model_.layers[i];
    // Only an average may follow the logits, and average pools see the whole map.
    CHECK(!logits || l.kind == Kind::avg_pool || l.kind == Kind::dropout);
    CHECK(l.kind != Kind::avg_pool || (l.output.h == 1 && l.output.w == 1 && l.pad == 0));
    if (!l.has_weights()) continue;
    packed_int8_[i] = int8_->pack(l, model_.quant[i].weights.data());
    if (l.kind == Kind::conv && !picture) {  // pictures are never codes of a staircase
      packed_lut_[i] = lut_->pack(l, model_.quant[i].weights.data());
      if (kernel == "lut") lut_from_[i] = 0;
      if (kernel == "auto")
        lut_from_[i] = break_even(*int8_, packed_int8_[i], *lut_, packed_lut_[i]);
    }
    picture = false;
    logits = !l.activated;
  }
  CHECK(logits);
}

void IntNet::forward(const uint8_t* pixels, int n, int32_t* logits, Workspace& workspace,
                     const Staircases* staircases, Tap* tap, Calibrator* calibrator) const {
  forward_part({}, pixels, n, logits, workspace, staircases, tap, calibrator);
}

void IntNet::forward_until(int cut, const uint8_t* pixels, int n, uint8_t* codes,
                           Workspace& workspace, const Staircases* staircases, Tap* tap,
                           Calibrator* calibrator) const {
  forward_part({.to = cut}, pixels, n, codes, workspace, staircases, tap, calibrator);
}

void IntNet::forward_from(int cut, const uint8_t* codes, int n, int32_t* logits,
                          Workspace& workspace, const Staircases* staircases, Tap* tap,
                          Calibrator* calibrator) const {
  forward_part({.from = cut}, codes, n, logits, workspace, staircases, tap, calibrator);
}

void IntNet::forward_between(int from, int to, const uint8_t* codes, int n, uint8_t* codes_out,
                             Workspace& workspace, const Staircases* staircases, Tap* tap,
                             Calibrator* calibrator) const {
  CHECK(from < to);
  forward_part({from, to}, codes, n, codes_out, workspace, staircases, tap, calibrator);
}

void IntNet::forward_part(Part part, const uint8_t* begin, int n, void* end, Workspace& workspace,
                          const Staircases* staircases, Tap* tap, Calibrator* calibrator) const {
  const auto codes = [&](int tap) {
    return model_.layers[size_t(model_.tap_layers()[size_t(tap)])].output.size();
  };
  const size_t classes = size_t(model_.layers.back().output.c);
  const size_t in = part.from < 0 ? model_.layers.front().in.size() : codes(part.from);
  const size_t out = part.to < 0 ? classes * sizeof(int32_t) : codes(part.to);
  const int chunk = calibrator ? n : kChunk;
  for (int first = 0; first < n; first += chunk)
    forward_chunk(part, begin + size_t(first) * in, std::min(chunk, n - first),
                  static_cast<uint8_t*>(end) + size_t(first) * out, workspace, staircases, tap,
                  calibrator);
}

void IntNet::forward_chunk(Part part, const uint8_t* x, int n, void* end, Workspace& workspace,
                           const Staircases* staircases, Tap* tap, Calibrator* calibrator) const {
  size_t codes = 0, wide = 0;  // the largest of each, a picture
  for (const Layer& l : model_.layers) {
    if (!l.has_weights() || l.activated) codes = std::max(codes, l.output.size());
    if (l.has_weights() && (calibrator || !l.activated)) wide = std::max(wide, l.output.size());
  }
  const size_t room = size_t(std::max(n, kChunk));
  uint8_t* y = grow(workspace.a, codes * room);
  uint8_t* spare = grow(workspace.b, codes * room);
  int32_t* sums = grow(workspace.wide, wide * room);

  uint8_t pad_value = kPixelZero;         // what the picture's codes call 0
  const TriSegment* coded = nullptr;      // x holds the codes of this staircase
  bool at_logits = false;                 // `sums` holds the activation, not x
  const auto values = [&](Shape shape) {  // of x, whether coded or not
    if (!coded) return x;
    const size_t size = size_t(n) * shape.size();
    uint8_t* decoded = grow(workspace.decoded, codes * room);
    decode(*coded, x, size, decoded);
    return static_cast<const uint8_t*>(decoded);
  };
  const auto advance = [&](const TriSegment* codes_of) {  // what is in y becomes the next x
    x = y, coded = codes_of;
    std::swap(y, spare);
  };

  int next_tap = 0;
  const auto staircase = [&]() -> const TriSegment* {
    return staircases && staircases->f[next_tap] ? &*staircases->f[next_tap] : nullptr;
  };
  const auto show = [&](Shape shape) {
    if (tap && tap->watches(next_tap)) tap->activation(next_tap, values(shape), n, shape);
    ++next_tap;
  };
  size_t i = 0;
  if (part.from >= 0) {
    next_tap = part.from;
    i = size_t(model_.tap_layers()[size_t(next_tap)]);
    const Layer& l = model_.layers[i++];
    pad_value = 0;
    if (const TriSegment* f = staircase()) {
      encode(*f, x, size_t(n) * l.output.size(), y);
      advance(f);
    }
    show(l.output);
  }
  for (; i < model_.layers.size(); ++i) {
    const Layer& l = model_.layers[i];
    switch (l.kind) {
      case Kind::dropout:
        break;
      case Kind::max_pool:
        max_pool(l, x, n, y);
        advance(coded);
        break;
      case Kind::avg_pool:
        if (at_logits) {
          average_pool(l, sums, n, sums);
        } else {
          average_pool(l, values(l.in), n, y);
          advance(nullptr);
        }
        break;
      case Kind::conv:
      case Kind::depthwise: {
        if (tap) tap->input(int(i), x, coded, n, l.in);
        const QuantLayer& q = model_.quant[i];
        Epilogue epilogue{.kind = Epilogue::accumulators,
                          .bias = q.bias.data(),
                          .m = q.m.data(),
                          .shift = q.shift.data()};
        const bool last = l.activated && next_tap == part.to;
        const TriSegment* f = l.activated && !last ? staircase() : nullptr;
        if (f) {
          epilogue.kind = Epilogue::staircase;
          epilogue.t1 = staircases->t1[next_tap].data();
          epilogue.t2 = staircases->t2[next_tap].data();
        } else if (l.activated) {
          epilogue.kind = Epilogue::requantise;
        }
        const size_t pixels = size_t(n) * l.output.h * l.output.w;
        const bool lut = coded && zero_share(x, l.in) >= lut_from_[i];
        const uint8_t* input = lut ? x : values(l.in);
        const auto run = [&](int first, int count, const Epilogue& e, void* out) {
          const uint8_t* from = input + first * l.in.size();
          if (lut)
            lut_->run(packed_lut_[i], {.x = from, .n = count, .v1 = coded->v1, .v2 = coded->v2}, e,
                      out);
          else
            int8_->run(packed_int8_[i], {.x = from, .n = count, .pad_value = pad_value}, e, out);
        };
        void* result = last ? end : l.activated ? static_cast<void*>(y) : sums;
        if (calibrator) {
          // The calibrator sees accumulators while they are in the cache.
          const size_t picture = l.output.size(), at_once = std::max(kSeen / picture, size_t(1));
          for (size_t first = 0; first < size_t(n); first += at_once) {
            const size_t count = std::min(at_once, size_t(n) - first);
            run(int(first), int(count), {.bias = epilogue.bias}, sums + first * picture);
            calibrator->see(int(i), sums + first * picture, count * l.output.h * l.output.w);
          }
          epilogue.bias = nullptr;
          epilogue = calibrator->epilogue(int(i), epilogue);
          finish_all(epilogue, sums, l.output.c, pixels, result);
        } else {
          run(0, n, epilogue, result);
        }
        if (last) return;
        pad_value = 0;
        if (!l.activated) {
          to_logits(epilogue, size_t(l.output.c), pixels, sums);
          at_logits = true;
          break;
        }
        advance(f);
        show(l.output);
      }
    }
  }
  std::copy_n(sums, size_t(n) * model_.layers.back().output.c, static_cast<int32_t*>(end));
}

std::vector<int32_t> logits_of(const IntNet& net, const Dataset& data, const Staircases* staircases,
                               Tap* tap) {
  CHECK(data.size() == 0 || data.shape() == net.model().layers.front().in);
  std::vector<int32_t> logits(size_t(data.size()) * net.model().layers.back().output.c);
  Workspace workspace;
  net.forward(data.pixels().data(), data.size(), logits.data(), workspace, staircases, tap);
  return logits;
}

}  // namespace tri
