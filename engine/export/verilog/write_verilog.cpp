#include "engine/export/verilog/write_verilog.h"

#include <algorithm>
#include <bit>

#include "data/base/embedded_text.h"
#include "data/base/file.h"
#include "engine/export/device/golden.h"
#include "engine/export/device/levels.h"
#include "engine/graph/plan.h"

namespace tri {
namespace {

EMBEDDED_TEXT(elements_v, engine_export_verilog_elements_v)
EMBEDDED_TEXT(network_v, engine_export_verilog_network_v)
EMBEDDED_TEXT(testbench_v, engine_export_verilog_testbench_v)

constexpr int kPictures = 2;

// As network.v reads them: numbers of `digits` hexadecimal digits, one a line.
template <class T>
std::string hex(const std::vector<T>& numbers) {
  const char* const kDigits = "0123456789abcdef";
  std::string text;
  for (const T number : numbers) {
    const auto bits = static_cast<std::make_unsigned_t<T>>(number);
    for (int shift = int(8 * sizeof(T)) - 4; shift >= 0; shift -= 4)
      text += kDigits[bits >> shift & 15];
    text += '\n';
  }
  return text.empty() ? "0\n" : text;
}

struct Program {
  std::vector<int> rows;  // the layers, of the table
  std::vector<uint32_t> words;
  std::vector<int8_t> weights;
  std::vector<uint32_t> numbers;
  ArenaPlan memory;
  size_t picture = 0;  // its place in the memory
};

class Programmer {
 public:
  explicit Programmer(const Model& model) : model_(model), value_(model.layers.size()) {}
  Program write();

 private:
  void place_maps();
  void layer(int row);
  void numbers(int row);
  uint32_t place_of(int source) const {
    const int row = codes_of(model_.layers, source);
    return uint32_t(program_.memory.offset[row == kPicture ? 0 : value_[size_t(row)]]);
  }
  void levels(const Layer& l, size_t input);

  const Model& model_;
  Program program_;
  std::vector<size_t> value_;  // row -> its map, among those in the memory; the picture is 0
};

void Programmer::place_maps() {
  std::vector<Lifetime> maps = {{0, 0, model_.layers.front().in.size()}};
  for (size_t i = 0; i < program_.rows.size(); ++i) {
    const Layer& l = model_.layers[size_t(program_.rows[i])];
    value_[size_t(program_.rows[i])] = maps.size();
    maps.push_back({int(i), int(i), l.is_logits() ? 0 : l.output.size()});
    for (const int source : l.sources) {
      const int row = codes_of(model_.layers, source);
      maps[row == kPicture ? 0 : value_[size_t(row)]].end = int(i);
    }
  }
  program_.memory = plan_arena(maps, 1);
  program_.picture = program_.memory.offset[0];
}

void Programmer::levels(const Layer& l, size_t input) {
  const int row = codes_of(model_.layers, l.sources[input]);
  const auto f = row == kPicture ? std::nullopt : levels_of(model_, row);
  for (const int number : {f ? 1 : 0, f ? f->v1 : 0, f ? f->v2 : 0})
    program_.words.push_back(uint32_t(number));
}

// Five words a channel: bias, m, shift or two thresholds and nothing; two factors.
void Programmer::numbers(int row) {
  const QuantLayer& q = model_.quant[size_t(row)];
  const size_t K = q.m.size();
  const bool levels = levels_of(model_, row).has_value();
  const auto t = levels ? thresholds_of(model_, row) : std::vector<std::array<int32_t, 2>>();
  for (size_t k = 0; k < K; ++k) {
    const std::array<int32_t, 3> first =
        levels ? std::array<int32_t, 3>{t[k][0], t[k][1], 0}
               : std::array<int32_t, 3>{q.bias[k], q.m[k], q.shift[k]};
    for (const int32_t number : first) program_.numbers.push_back(uint32_t(number));
    for (size_t input = 0; input < 2; ++input)
      program_.numbers.push_back(q.factors.empty() ? 0 : uint32_t(q.factors[input * K + k]));
  }
}

void Programmer::layer(int row) {
  const Layer& l = model_.layers[size_t(row)];
  const bool sums = l.has_sums();
  const int kind = l.kind == Kind::conv        ? 0
                   : l.kind == Kind::depthwise ? 1
                   : l.kind == Kind::add       ? 2
                   : l.kind == Kind::max_pool  ? 3
                                               : 4;
  const int to = l.is_logits() ? 2 : sums && levels_of(model_, row) ? 1 : 0;
  const size_t other = l.sources.size() - 1;
  for (const size_t number :
       {size_t(kind), size_t(to), size_t(place_of(l.sources[0])),
        size_t(place_of(l.sources[other])), program_.memory.offset[value_[size_t(row)]],
        size_t(l.in.h), size_t(l.in.w), size_t(l.in.c), size_t(l.output.h), size_t(l.output.w),
        size_t(l.output.c), size_t(l.kernel), size_t(l.stride), size_t(l.pad),
        size_t(zero_point(model_.layers, l.reads[0].from)), program_.weights.size(),
        program_.numbers.size()})
    program_.words.push_back(uint32_t(number));
  levels(l, 0), levels(l, other);
  program_.words.push_back(row == program_.rows.back());
  if (!sums) return;
  const std::vector<int8_t>& w = model_.quant[size_t(row)].weights;
  program_.weights.insert(program_.weights.end(), w.begin(), w.end());
  numbers(row);
}

Program Programmer::write() {
  bool logits = false;
  for (size_t row = 0; row < model_.layers.size(); ++row) {
    const Layer& l = model_.layers[row];
    if (l.kind == Kind::dropout) continue;
    if (logits) throw Error("layer " + l.name + ": the Verilog engine does not average logits");
    logits = l.is_logits();
    if (logits && l.output.h * l.output.w != 1)
      throw Error("layer " + l.name + ": the Verilog engine makes one logit a class");
    program_.rows.push_back(int(row));
  }
  place_maps();
  for (const int row : program_.rows) layer(row);
  return std::move(program_);
}

std::string sizes(const Model& model, const Program& program) {
  std::string text = "// Of this network.\n";
  const auto define = [&](const std::string& name, size_t value) {
    text += "`define " + name + " " + std::to_string(value) + "\n";
  };
  const auto room = [&](const std::string& name, const std::string& bits, size_t size) {
    define(name, std::max(size, size_t(2)));
    define(bits, size_t(std::bit_width(std::max(size, size_t(2)) - 1)));
  };
  room("PROGRAM_WORDS", "PROGRAM_BITS", program.words.size());
  room("WEIGHTS", "WEIGHT_BITS", program.weights.size());
  room("NUMBERS", "NUMBER_BITS", program.numbers.size());
  room("MEMORY", "MEMORY_BITS", program.memory.size);
  define("PICTURES", kPictures);
  define("PICTURE_BYTES", model.layers.front().in.size());
  define("PICTURE_AT", program.picture);
  define("LAYERS", program.rows.size());
  define("CLASSES", model.classes.size());
  return text;
}

}  // namespace

Told write_verilog(const Model& model, const std::filesystem::path& folder) {
  const Program program = Programmer(model).write();
  const Golden g = golden(model, kPictures);
  std::vector<uint32_t> checksums;  // 0: none is known
  for (int p = 0; p < kPictures; ++p)
    for (const int row : program.rows) {
      const auto at = std::ranges::find(g.rows, row);
      checksums.push_back(
          at == g.rows.end()
              ? 0
              : g.checksums[size_t(p) * g.rows.size() + size_t(at - g.rows.begin())]);
    }
  const std::pair<const char*, std::string> files[] = {
      {"elements.v", std::string(elements_v())},   {"network.v", std::string(network_v())},
      {"testbench.v", std::string(testbench_v())}, {"sizes.vh", sizes(model, program)},
      {"program.hex", hex(program.words)},         {"weights.hex", hex(program.weights)},
      {"numbers.hex", hex(program.numbers)},       {"pictures.hex", hex(g.pixels)},
      {"checksums.hex", hex(checksums)},           {"logits.hex", hex(g.logits)}};
  for (const auto& [name, text] : files) write_file(folder / name, text);
  const size_t roms =
      program.weights.size() + 4 * program.numbers.size() + 4 * program.words.size();
  return {"memory " + std::to_string(program.memory.size) + " bytes, ROMs " + std::to_string(roms) +
              " bytes\n",
          {{"memory", program.memory.size}, {"roms", roms}}};
}

}  // namespace tri
