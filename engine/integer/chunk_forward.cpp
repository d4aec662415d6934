#include "engine/integer/chunk_forward.h"

#include <algorithm>

#include "data/base/check.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/pool.h"
#include "engine/kernels/bytemap/map.h"
#include "engine/kernels/epilogue/finish.h"

namespace tri {
namespace {

constexpr size_t kSeen = 1 << 17;  // accumulators

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

ChunkForward::ChunkForward(const IntNet& net, const Pass& pass, int n, int room,
                           Workspace& workspace)
    : net_(net),
      pass_(pass),
      n_(n),
      last_row_(int(net.model_.layers.size()) - 1),
      workspace_(workspace) {
  if (pass.from >= 0) {
    first_row_ = net.taps_[size_t(pass.from)];
    CHECK(layer(first_row_).cut);
  }
  if (pass.to >= 0) last_row_ = net.taps_[size_t(pass.to)];
  if (pass.until >= 0) last_row_ = pass.until - 1;
  CHECK(net.runs_.first <= (pass.from < 0 ? 0 : first_row_ + 1) && last_row_ < net.runs_.end);
  const std::vector<size_t>& sizes = net.plan_.buffers.sizes;
  if (workspace.buffers.size() < sizes.size()) workspace.buffers.resize(sizes.size());
  for (size_t b = 0; b < sizes.size(); ++b) grow(workspace.buffers[b], sizes[b] * size_t(room));
  if (workspace.rows.size() < net.rows_.size() + 1) workspace.rows.resize(net.rows_.size() + 1);
  for (Buffer<uint8_t>& decoded : workspace.decoded)
    grow(decoded, net.most_decoded_ * size_t(room));
  grow(workspace.sums, (pass.calibrator ? net.most_sums_ : net.logits_) * size_t(room));
}

size_t ChunkForward::input_size() const {
  return pass_.from < 0 ? layer(0).in.size() : layer(first_row_).output.size();
}

uint8_t* ChunkForward::buffer_of(int row) {
  return workspace_.buffers[size_t(net_.plan_.buffers.buffer[size_t(row)])].data();
}

const TriSegment* ChunkForward::staircase_of(int row) const {
  const int tap = layer(row).tap;
  if (tap < 0 || !pass_.staircases || !pass_.staircases->f[size_t(tap)]) return nullptr;
  return &*pass_.staircases->f[size_t(tap)];
}

// Of codes or not. which: of an addition's inputs.
const uint8_t* ChunkForward::values(const Workspace::Value& v, Shape shape, int which) {
  if (!v.coded) return v.x;
  uint8_t* decoded = workspace_.decoded[which].data();
  decode(*v.coded, v.x, size_t(n_) * shape.size(), decoded);
  return decoded;
}

void ChunkForward::run(const uint8_t* x, uint8_t* codes) {
  begin(x);
  for (int row = pass_.from < 0 ? 0 : first_row_ + 1; row <= last_row_; ++row) run_row(row, codes);
  if (pass_.until >= 0 && pass_.until < int(net_.rows_.size())) show_input(pass_.until);
}

// Puts the pass's input to where the first row reads it.
void ChunkForward::begin(const uint8_t* x) {
  if (pass_.from < 0) {
    value(kPicture) = {x, nullptr};
    return;
  }
  value(first_row_) = {x, nullptr};
  if (const TriSegment* f = staircase_of(first_row_)) {
    uint8_t* y = buffer_of(first_row_);
    encode(*f, x, size_t(n_) * layer(first_row_).output.size(), y);
    value(first_row_) = {y, f};
  }
  show(first_row_);
}

void ChunkForward::run_row(int row, uint8_t* codes) {
  const Layer& l = layer(row);
  if (l.has_sums()) return run_sums(row, codes);
  const Workspace::Value in = value(l.sources.front());
  if (l.kind == Kind::dropout) {
    value(row) = in;
  } else if (at_logits_) {
    average_pool(l, workspace_.sums.data(), n_, workspace_.sums.data());
  } else if (l.kind == Kind::max_pool) {
    max_pool(l, in.x, n_, buffer_of(row));
    value(row) = {buffer_of(row), in.coded};
  } else {
    average_pool(l, values(in, l.in, 0), n_, buffer_of(row));
    value(row) = {buffer_of(row), nullptr};
  }
}

Epilogue ChunkForward::usual_epilogue(int row, const TriSegment* f) const {
  const QuantLayer& q = net_.model_.quant[size_t(row)];
  Epilogue e{.kind = Epilogue::accumulators,
             .bias = q.bias.data(),
             .m = q.m.data(),
             .shift = q.shift.data()};
  if (f) {
    const size_t tap = size_t(layer(row).tap);
    e.kind = Epilogue::staircase;
    e.t1 = pass_.staircases->t1[tap].data(), e.t2 = pass_.staircases->t2[tap].data();
  } else if (!layer(row).is_logits()) {
    e.kind = Epilogue::requantize;
  }
  return e;
}

// A convolution or an addition, and what becomes of its accumulators.
void ChunkForward::run_sums(int row, uint8_t* codes) {
  const Layer& l = layer(row);
  const QuantLayer& q = net_.model_.quant[size_t(row)];
  const IntNet::Row& how = net_.rows_[size_t(row)];
  const Workspace::Value in = value(l.sources.front());
  const bool adds = l.kind == Kind::add;
  show_input(row);
  const bool lut = !adds && in.coded && zero_share(in.x, l.in) >= how.lut_from;
  const uint8_t* a = lut ? in.x : values(in, l.in, 0);
  const uint8_t* b = adds ? values(value(l.sources[1]), l.in, 1) : nullptr;
  const auto run = [&](int first, int count, const Epilogue& e, void* y) {
    const size_t at = size_t(first) * l.in.size();
    if (adds)
      net_.add_->run({l.output.c, q.factors.data(), q.factors.data() + l.output.c},
                     {a + at, b + at, size_t(count) * l.in.h * l.in.w}, e, y);
    else if (lut)
      net_.lut_->run(how.lut, {.x = a + at, .n = count, .v1 = in.coded->v1, .v2 = in.coded->v2}, e,
                     y);
    else
      net_.int8_->run(how.int8, {.x = a + at, .n = count, .pad_value = how.pad_value}, e, y);
  };
  // The codes that a pass ends with have not been through their staircase.
  const bool last = row == last_row_ && codes;
  const TriSegment* f = last ? nullptr : staircase_of(row);
  const Epilogue epilogue = usual_epilogue(row, f);
  at_logits_ = l.is_logits();
  void* y = at_logits_ ? static_cast<void*>(workspace_.sums.data()) : last ? codes : buffer_of(row);
  if (pass_.calibrator) {
    calibrated(row, epilogue, run, y);
  } else {
    run(0, n_, epilogue, y);
    if (at_logits_)
      to_logits(epilogue, size_t(l.output.c), size_t(n_) * l.output.h * l.output.w,
                workspace_.sums.data());
  }
  if (last || at_logits_) return;
  value(row) = {buffer_of(row), f};
  show(row);
}

// The calibrator sees accumulators while they are in the cache, and says what becomes of them.
template <class Run>
void ChunkForward::calibrated(int row, Epilogue epilogue, Run run, void* result) {
  const Layer& l = layer(row);
  int32_t* sums = workspace_.sums.data();
  const size_t picture = l.output.size(), at_once = std::max(kSeen / picture, size_t(1));
  for (size_t first = 0; first < size_t(n_); first += at_once) {
    const size_t count = std::min(at_once, size_t(n_) - first);
    run(int(first), int(count), {.bias = epilogue.bias}, sums + first * picture);
    pass_.calibrator->see(row, sums + first * picture, count * l.output.h * l.output.w);
  }
  epilogue.bias = nullptr;
  epilogue = pass_.calibrator->epilogue(row, epilogue);
  const size_t pixels = size_t(n_) * l.output.h * l.output.w;
  finish_all(epilogue, sums, l.output.c, pixels, result);
  if (l.is_logits()) to_logits(epilogue, size_t(l.output.c), pixels, sums);
}

void ChunkForward::show_input(int row) {
  if (!pass_.observer || !layer(row).has_weights()) return;
  const Workspace::Value in = value(layer(row).sources.front());
  pass_.observer->input(row, in.x, in.coded, n_, layer(row).in);
}

void ChunkForward::show(int row) {
  const int tap = layer(row).tap;
  if (tap < 0 || !pass_.observer || !pass_.observer->watches(tap)) return;
  const Shape shape = layer(row).output;
  pass_.observer->activation(tap, values(value(row), shape, 0), n_, shape);
}

}  // namespace tri
