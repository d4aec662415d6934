#include "engine/export/c/cost.h"

#include <algorithm>

#include "engine/export/c/stages.h"
#include "engine/export/c/tables.h"
#include "engine/export/golden/golden.h"
#include "engine/graph/window.h"
#include "engine/integer/int_net.h"

namespace tri {
namespace {

constexpr int kPictures = 10;

// How many windows of a layer hold each position of one axis of its input.
std::vector<int> windows_over(int size, int outputs, const Layer& l) {
  std::vector<int> windows(static_cast<size_t>(size));
  for (int o = 0; o < outputs; ++o) {
    const KernelRange inside = kernel_inside(o, size, l);
    for (int i = inside.first; i < inside.last; ++i) ++windows[size_t(o * l.stride - l.pad + i)];
  }
  return windows;
}

// Additions of levels, exactly: each input that is not 0 joins one sum a window and channel.
class Additions : public Observer {
 public:
  explicit Additions(const Model& model) : model_(model), additions_(model.layers.size()) {}
  bool watches(int) const override { return false; }
  void input(int layer, const uint8_t* x, const TriSegment* f, int n, Shape shape) override {
    if (!f) return;
    const Layer& l = model_.layers[size_t(layer)];
    const std::vector<int> rows = windows_over(shape.h, l.output.h, l);
    const std::vector<int> columns = windows_over(shape.w, l.output.w, l);
    const bool depthwise = l.kind == Kind::depthwise;
    for (int i = 0; i < n; ++i)
      for (int h = 0; h < shape.h; ++h)
        for (int w = 0; w < shape.w; ++w, x += shape.c) {
          int added = shape.c;  // depthwise: zeros as well
          if (!depthwise)
            added = int(std::count_if(x, x + shape.c, [&](uint8_t code) {
              return code == 2 || (code == 1 && f->v1 != 0);
            }));
          const double sums = depthwise ? 1 : l.output.c;
          additions_[size_t(layer)] += sums * added * rows[size_t(h)] * columns[size_t(w)];
        }
  }
  double of(int row) const { return additions_[size_t(row)]; }  // of all pictures

 private:
  const Model& model_;
  std::vector<double> additions_;
};

void count_finish(const Model& model, int row, double sums, CCost& cost) {
  if (c_levels(model, row)) {
    cost.reads += 2 * sums;
  } else {
    cost.multiplications += sums, cost.additions += 2 * sums;  // bias, rounding
    cost.reads += 3 * sums;
  }
}

void count_sums(const Model& model, const CStage& stage, double level_additions, CCost& cost) {
  const Layer& l = model.layers[size_t(stage.row)];
  const double sums = double(l.output.size());
  if (l.kind == Kind::avg_pool) {
    cost.additions += double(l.in.size());
    if (stage.in.levels) cost.reads += double(l.in.size());
    return;
  }
  if (stage.in.levels) {
    cost.additions += level_additions + sums * (l.kind == Kind::conv ? 2 : 1);
    cost.multiplications += 2 * sums;
    cost.reads += level_additions;
  } else {
    const double products = sums * l.rows();
    cost.additions += products, cost.multiplications += products, cost.reads += products;
  }
  count_finish(model, stage.row, sums, cost);
}

}  // namespace

CCost c_cost(const Model& model) {
  const CPlan plan = plan_c(model);
  CCost cost{.flash = tables_c(model, plan).bytes, .ram = scratch_bytes(model, plan)};
  Additions additions(model);
  if (!model.staircases.empty()) {
    const IntNet net(model);
    const Staircases staircases(model, model.staircases);
    const std::vector<uint8_t> pixels = golden_pictures(model.layers.front().in, kPictures);
    std::vector<int32_t> logits(size_t(kPictures) * model.classes.size());
    Workspace workspace;
    net.forward({.staircases = &staircases, .observer = &additions}, pixels.data(), kPictures,
                logits.data(), workspace);
  }
  for (const CStage& stage : plan.stages) {
    if (stage.row >= 0) count_sums(model, stage, additions.of(stage.row) / kPictures, cost);
    if (stage.add < 0) continue;
    const double sums = double(model.layers[size_t(stage.add)].output.size());
    cost.multiplications += 2 * sums, cost.additions += sums;
    cost.reads += 2 * sums;
    count_finish(model, stage.add, sums, cost);
  }
  return cost;
}

}  // namespace tri
