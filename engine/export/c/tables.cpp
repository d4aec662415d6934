#include "engine/export/c/tables.h"

#include <algorithm>
#include <limits>

#include "engine/arithmetic/quant.h"
#include "engine/export/c/text.h"

namespace tri {
namespace {

// [K / 4][rows][4], absent channels 0.
std::vector<int8_t> in_fours(const std::vector<int8_t>& weights, int K) {
  const size_t rows = weights.size() / size_t(K), groups = size_t(K + 3) / 4;
  std::vector<int8_t> y(groups * rows * 4);
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < size_t(K); ++k)
      y[(k / 4 * rows + r) * 4 + k % 4] = weights[r * size_t(K) + k];
  return y;
}

// [c][9]
std::vector<int8_t> by_channel(const std::vector<int8_t>& weights, int C) {
  std::vector<int8_t> y(weights.size());
  const size_t rows = weights.size() / size_t(C);
  for (size_t at = 0; at < weights.size(); ++at)
    y[at % size_t(C) * rows + at / size_t(C)] = weights[at];
  return y;
}

// "sum + bias > t" as "sum > t - bias". No sum leaves the 32 bits that t - bias may leave.
int32_t without_bias(int32_t t, int32_t bias) {
  return int32_t(std::clamp<int64_t>(int64_t(t) - bias, std::numeric_limits<int32_t>::min(),
                                     std::numeric_limits<int32_t>::max()));
}

class Tables {
 public:
  explicit Tables(const Model& model) : model_(model) {}
  CTables write(const CPlan& plan);

 private:
  // static const TYPE NAME_row[...]; the name.
  template <class T>
  std::string array(const std::string& type, const std::string& name, int row,
                    const std::vector<T>& numbers);
  std::string map(const CMap& m);
  std::string window(const Layer& l);
  std::string levels(const std::optional<TriSegment>& f, int row);
  std::string finish(int row);
  std::string weights(const CStage& stage);
  std::string addition(const CStage& stage);
  std::string stage(const CStage& stage);
  int number(int row) const;

  const Model& model_;
  CTables tables_;
  std::vector<int> levels_written_;
};

template <class T>
std::string Tables::array(const std::string& type, const std::string& name, int row,
                          const std::vector<T>& numbers) {
  const std::string full = name + "_" + std::to_string(row);
  tables_.text += "static const " + type + " " + full +
                  "[] = " + list_of(numbers, std::is_same_v<T, uint32_t>) + ";\n";
  tables_.bytes += numbers.size() * (type.starts_with("int16") ? 2 : sizeof(T));
  return full;
}

// Its number among the layers that have sums.
int Tables::number(int row) const {
  return int(std::count_if(model_.layers.begin(), model_.layers.begin() + row,
                           [](const Layer& l) { return l.has_sums(); }));
}

std::string Tables::levels(const std::optional<TriSegment>& f, int row) {
  if (!f) return "0";
  if (!std::ranges::count(levels_written_, row)) {
    levels_written_.push_back(row);
    array("uint8_t", "levels", row, std::vector<uint8_t>{0, f->v1, f->v2});
  }
  return "levels_" + std::to_string(row);
}

std::string Tables::map(const CMap& m) {
  std::string text = "{";
  for (const size_t number : {size_t(m.shape.h), size_t(m.shape.w), size_t(m.shape.c), m.pixel()})
    text += std::to_string(number) + ", ";
  const bool picture = m.row == kPicture && m.shape.size() > 0;
  return text + (picture ? "PICTURE" : std::to_string(m.at)) + ", " + levels(m.levels, m.row) + "}";
}

std::string Tables::window(const Layer& l) {
  return "{" + std::to_string(l.kernel) + ", " + std::to_string(l.stride) + ", " +
         std::to_string(l.pad) + "}";
}

std::string Tables::finish(int row) {
  const QuantLayer& q = model_.quant[size_t(row)];
  std::vector<int32_t> numbers;
  if (const auto f = c_levels(model_, row)) {
    for (size_t k = 0; k < q.m.size(); ++k)
      for (const int t : {f->t1, f->t2})
        numbers.push_back(without_bias(largest_accumulator(t, {q.m[k], q.shift[k]}), q.bias[k]));
    return "{" + array("int32_t", "thresholds", row, numbers) + ", 0, 0}";
  }
  for (size_t k = 0; k < q.m.size(); ++k) numbers.push_back(q.bias[k]), numbers.push_back(q.m[k]);
  const std::string scale = array("int32_t", "scale", row, numbers);
  return "{0, " + scale + ", " +
         array("uint8_t", "shift", row, std::vector<uint8_t>(q.shift.begin(), q.shift.end())) + "}";
}

std::string Tables::weights(const CStage& stage) {
  const Layer& l = model_.layers[size_t(stage.row)];
  const std::vector<int8_t>& w = model_.quant[size_t(stage.row)].weights;
  if (l.kind == Kind::depthwise)
    return array("int8_t", "weights", stage.row, by_channel(w, l.output.c)) + ", 0";
  if (!stage.in.levels)
    return array("int8_t", "weights", stage.row, in_fours(w, l.output.c)) + ", 0";
  return "0, " + array("uint32_t", "words", stage.row, words_of(w, l.output.c));
}

std::string Tables::addition(const CStage& stage) {
  const std::vector<int32_t>& f = model_.quant[size_t(stage.add)].factors;
  const size_t K = f.size() / 2, own = size_t(stage.input);
  std::vector<int32_t> factors;
  for (size_t k = 0; k < K; ++k)
    factors.push_back(f[own * K + k]), factors.push_back(f[(1 - own) * K + k]);
  const std::string name = "addition_" + std::to_string(stage.add);
  const int at_hand = stage.row >= 0 ? stage.row : stage.in.row;
  const auto f_at_hand = stage.row >= 0 ? c_levels(model_, stage.row) : stage.in.levels;
  const std::string members = levels(f_at_hand, at_hand) + ", " + map(stage.other) + ", " +
                              array("int16_t", "factors", stage.add, factors) + ", " +
                              finish(stage.add) + ", " + std::to_string(number(stage.add));
  tables_.text += "static const struct addition " + name + " = {" + members + "};\n";
  return "&" + name;
}

std::string Tables::stage(const CStage& s) {
  std::string names, text = "  {";
  for (const int row : {s.row, s.add, s.pool})
    if (row >= 0) names += (names.empty() ? "" : ", ") + model_.layers[size_t(row)].name;
  tables_.text += "\n/* " + names + " */\n";
  const Layer* l = s.row >= 0 ? &model_.layers[size_t(s.row)] : nullptr;
  const bool sums = l && l->has_sums();
  text += !l                           ? "READ"
          : l->kind == Kind::depthwise ? "DEPTHWISE"
          : l->kind == Kind::avg_pool  ? "AVERAGE"
                                       : "CONVOLUTION";
  text += ", " + std::to_string(sums ? number(s.row) : 0);
  for (const int size : {s.made.h, s.made.w, s.made.c}) text += ", " + std::to_string(size);
  text += ", " + map(s.in) + ", " + (sums ? window(*l) : "{0, 0, 0}");
  text += ", " + std::to_string(sums ? zero_point(model_.layers, l->reads.front().from) : 0);
  text += ",\n   " + (sums ? weights(s) : "0, 0") + ", " + (sums ? finish(s.row) : "{0, 0, 0}");
  text += ", " + (s.add >= 0 ? addition(s) : "0");
  text += ", " + (s.pool >= 0 ? window(model_.layers[size_t(s.pool)]) : "{0, 0, 0}");
  text += ",\n   " + map(s.out) + ", " + std::to_string(s.window) + ", " + std::to_string(s.codes) +
          "}";
  return text;
}

CTables Tables::write(const CPlan& plan) {
  std::string stages = "\nstatic const struct stage stages[] = {\n";
  for (size_t i = 0; i < plan.stages.size(); ++i)
    stages += stage(plan.stages[i]) + (i + 1 < plan.stages.size() ? ",\n" : "};\n");
  tables_.text += stages;
  constexpr size_t kStage = 120, kAddition = 44;  // bytes of a struct where pointers have 32 bits
  tables_.bytes += plan.stages.size() * kStage;
  for (const CStage& s : plan.stages) tables_.bytes += s.add >= 0 ? kAddition : 0;
  return std::move(tables_);
}

}  // namespace

std::vector<uint32_t> words_of(const std::vector<int8_t>& weights, int K) {
  const size_t rows = weights.size() / size_t(K), groups = size_t(K + 7) / 8;
  std::vector<uint32_t> words(groups * rows * 2);
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < size_t(K); ++k) {
      const uint32_t byte = uint32_t(weights[r * size_t(K) + k] + 128);
      words[(k / 8 * rows + r) * 2 + k % 8 / 4] |= byte << (8 * (k % 4));
    }
  return words;
}

CTables tables_c(const Model& model, const CPlan& plan) { return Tables(model).write(plan); }

}  // namespace tri
