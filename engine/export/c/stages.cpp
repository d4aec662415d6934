#include "engine/export/c/stages.h"

#include <algorithm>

#include "engine/graph/plan.h"

namespace tri {
namespace {

// The row whose codes a row's source are: dropout hands on what it reads.
int codes_of(const std::vector<Layer>& layers, int source) {
  while (source != kPicture && layers[size_t(source)].kind == Kind::dropout)
    source = layers[size_t(source)].sources.front();
  return source;
}

CMap map_of(const Model& model, int source) {
  const int row = codes_of(model.layers, source);
  if (row == kPicture) return {kPicture, model.layers.front().in, {}};
  const Layer& l = model.layers[size_t(row)];
  CMap map{row, l.output, {}};
  // A max pool hands levels on, an average does not.
  int maker = row;
  while (maker != kPicture && model.layers[size_t(maker)].kind == Kind::max_pool)
    maker = codes_of(model.layers, model.layers[size_t(maker)].sources.front());
  if (maker != kPicture) map.levels = c_levels(model, maker);
  return map;
}

// Whether the next row is of this kind, and the only one that reads this one.
bool next_joins(const std::vector<Layer>& layers, int row, Kind kind) {
  if (row + 1 >= int(layers.size())) return false;
  const Layer& next = layers[size_t(row + 1)];
  return next.kind == kind && layers[size_t(row)].last_use == row + 1 &&
         std::ranges::count(next.sources, row) == 1;
}

// The stage that begins with the row; `row` becomes its last one.
CStage stage_from(const Model& model, int& row) {
  const std::vector<Layer>& layers = model.layers;
  const Layer& first = layers[size_t(row)];
  CStage stage;
  stage.in = map_of(model, first.sources.front());
  stage.made = first.has_sums() ? first.output : first.in;
  if (first.kind == Kind::max_pool) {
    stage.pool = row;
  } else if (first.kind == Kind::add) {
    stage.add = row;
    stage.other = map_of(model, first.sources[1]);
  } else {
    stage.row = row;
  }
  if (first.is_logits() || first.kind == Kind::avg_pool || first.kind == Kind::max_pool) {
    if (!first.is_logits()) stage.out = map_of(model, row);
    return stage;
  }
  if (stage.row >= 0 && next_joins(layers, row, Kind::add)) {
    stage.add = ++row;
    const Layer& add = layers[size_t(row)];
    stage.input = add.sources[0] == row - 1 ? 0 : 1;
    stage.other = map_of(model, add.sources[size_t(1 - stage.input)]);
  }
  if (next_joins(layers, row, Kind::max_pool)) stage.pool = ++row;
  stage.out = map_of(model, row);
  return stage;
}

std::vector<CStage> stages_of(const Model& model, int& mean_of) {
  std::vector<CStage> stages;
  bool logits = false;
  for (int row = 0; row < int(model.layers.size()); ++row) {
    const Layer& l = model.layers[size_t(row)];
    if (l.kind == Kind::dropout) continue;
    if (logits) {
      mean_of = std::max(mean_of, 1) * l.in.h * l.in.w;
      continue;
    }
    stages.push_back(stage_from(model, row));
    logits = stages.back().row >= 0 && model.layers[size_t(stages.back().row)].is_logits();
  }
  return stages;
}

size_t window_bytes(const Model& model, const CStage& stage) {
  if (stage.row < 0 || model.layers[size_t(stage.row)].kind != Kind::conv) return 0;
  const Layer& l = model.layers[size_t(stage.row)];
  if (stage.in.levels) return 2 * size_t(l.rows());
  return l.pad == 0 && (l.kernel == 1 || l.kernel == l.in.w) ? 0 : size_t(l.rows());
}

// Whether the stage may write its map over `old`, which it also adds or only reads.
bool can_replace(const CStage& stage, const CMap& old, const Lifetime& life, int now) {
  const bool only_added = stage.row < 0 || old.row != stage.in.row;
  return stage.add >= 0 && stage.pool < 0 && only_added && old.row != kPicture && life.end == now &&
         stage.out.pixel() <= old.pixel();
}

}  // namespace

std::optional<TriSegment> c_levels(const Model& model, int row) {
  const int tap = model.layers[size_t(row)].tap;
  if (tap < 0 || model.staircases.empty() || !model.staircases[size_t(tap)]) return std::nullopt;
  TriSegment f = *model.staircases[size_t(tap)];
  if (f.v1 == 0) f.t1 = f.t2, f.v1 = f.v2;
  return f;
}

CPlan plan_c(const Model& model) {
  CPlan plan;
  plan.stages = stages_of(model, plan.mean_of);
  std::vector<size_t> place(model.layers.size());  // of a row's map
  std::vector<Lifetime> places;
  const auto add_place = [&](int begin, int end, size_t bytes) {
    places.push_back({begin, end, (bytes + 1) / 2 * 2});
    return places.size() - 1;
  };
  const auto last_reader = [&](int row) {
    int last = -1;
    for (size_t s = 0; s < plan.stages.size(); ++s) {
      const CStage& stage = plan.stages[s];
      if (stage.in.row == row || (stage.add >= 0 && stage.other.row == row)) last = int(s);
    }
    return last;
  };
  for (int now = 0; now < int(plan.stages.size()); ++now) {
    CStage& stage = plan.stages[size_t(now)];
    stage.window = add_place(now, now, window_bytes(model, stage));
    const bool average = stage.row >= 0 && model.layers[size_t(stage.row)].kind == Kind::avg_pool;
    stage.codes = add_place(now, now, average ? 0 : size_t(stage.made.c));
    if (stage.out.shape.size() == 0) continue;
    const int end = last_reader(stage.out.row);
    size_t* old = nullptr;
    for (const CMap* map : {&stage.other, &stage.in})
      if (map->row != kPicture && can_replace(stage, *map, places[place[size_t(map->row)]], now))
        old = &place[size_t(map->row)];
    place[size_t(stage.out.row)] = old ? *old : add_place(now, end, stage.out.bytes());
    if (old) places[*old].end = end;
  }
  const ArenaPlan arena = plan_arena(places, 2);
  for (CStage& stage : plan.stages) {
    stage.window = arena.offset[stage.window], stage.codes = arena.offset[stage.codes];
    for (CMap* map : {&stage.in, &stage.other, &stage.out})
      if (map->row != kPicture) map->at = arena.offset[place[size_t(map->row)]];
  }
  plan.memory = (arena.size + 1) / 2 * 2;
  return plan;
}

size_t scratch_bytes(const Model& model, const CPlan& plan) {
  const size_t totals = plan.mean_of > 0 ? 8 * model.classes.size() : 0, align = totals ? 8 : 2;
  return totals + (std::max(plan.memory, size_t(2)) + align - 1) / align * align;
}

}  // namespace tri
