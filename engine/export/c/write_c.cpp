#include "engine/export/c/write_c.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "data/base/file.h"
#include "engine/export/c/cost.h"
#include "engine/export/c/stages.h"
#include "engine/export/c/tables.h"
#include "engine/export/c/text.h"
#include "engine/export/device/golden.h"

namespace tri {
namespace {

constexpr int kGoldenPictures = 10;

std::string upper(std::string text) {
  for (char& c : text) c = char(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string define(const std::string& name, size_t value) {
  return "#define " + name + " " + std::to_string(value) + "\n";
}

int layers_with_codes(const Model& model) {
  return int(std::ranges::count_if(model.layers,
                                   [](const Layer& l) { return l.has_sums() && !l.is_logits(); }));
}

std::string header(const Model& model, const CPlan& plan, const std::string& net) {
  const Shape picture = model.layers.front().in;
  const std::string N = upper(net);
  return "/* The network " + model.net +
         " in integers. Nothing but <stdint.h> is needed. */\n#ifndef " + N + "_H\n#define " + N +
         "_H\n\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n" + "#endif\n\n" +
         define(N + "_HEIGHT", size_t(picture.h)) + define(N + "_WIDTH", size_t(picture.w)) +
         define(N + "_CHANNELS", size_t(picture.c)) + define(N + "_CLASSES", model.classes.size()) +
         define(N + "_LAYERS", size_t(layers_with_codes(model))) +
         "/* Bytes of its one static buffer. */\n" +
         define(N + "_SCRATCH", scratch_bytes(model, plan)) +
         "\n/* picture: [height][width][channels]; logits: [classes], in steps of 1/1024. Returns "
         "the class\n" +
         "   with the largest logit, of equals the first. One call at a time: it uses the buffer. "
         "*/\nint " +
         net +
         "_run(const uint8_t *picture, int32_t *logits);\n\n/* The same; shows the codes of each "
         "pixel of each layer, in order. */\nint " +
         net +
         "_run_watched(const uint8_t *picture, int32_t *logits,\n    void (*watcher)(int layer, "
         "const uint8_t *codes, int count));\n\nextern const char *const " +
         net + "_classes[" + N + "_CLASSES];\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
}

// What of the hand-written layers a network uses.
std::string switches(const Model& model, const CPlan& plan) {
  const auto any = [&](auto uses) { return size_t(std::ranges::any_of(plan.stages, uses)); };
  const auto is = [&](const CStage& s, Kind kind) {
    return s.row >= 0 && model.layers[size_t(s.row)].kind == kind;
  };
  return define("HAS_LEVELS",
                any([&](const CStage& s) { return is(s, Kind::conv) && s.in.levels; })) +
         define("HAS_DEPTHWISE", any([&](const CStage& s) { return is(s, Kind::depthwise); })) +
         define("HAS_AVERAGE", any([&](const CStage& s) { return is(s, Kind::avg_pool); })) +
         define("HAS_ADDITION", any([](const CStage& s) { return s.add >= 0; })) +
         define("HAS_POOL", any([](const CStage& s) { return s.pool >= 0; })) +
         define("HAS_READ", any([](const CStage& s) { return s.row < 0; })) +
         "/* The logits are means of so many; 0: they are no means. */\n" +
         define("HAS_MEAN_LOGITS", size_t(plan.mean_of));
}

std::string source(const Model& model, const CPlan& plan, const std::string& net) {
  const std::string N = upper(net);
  std::string text = "/* The network " + model.net + ": " + net +
                     ".h says how to run it. */\n#include \"" + net + ".h\"\n\n" +
                     switches(model, plan);
  text += "#define CLASSES " + N + "_CLASSES\n\nstatic struct {\n";
  if (plan.mean_of > 0) text += "  int64_t totals[CLASSES]; /* of the logits */\n";
  text += "  uint16_t memory[" + std::to_string(std::max(plan.memory, size_t(2)) / 2) +
          "];\n} scratch;\n";
  text += "typedef char scratch_has_the_size_that_the_header_tells[sizeof scratch == " + N +
          "_SCRATCH ? 1 : -1];\n\n";
  text += std::string(codes_c()) + std::string(layers_c());
  text += "/* ---- Its numbers */\n" + tables_c(model, plan).text;
  text += "\nconst char *const " + net + "_classes[CLASSES] = {\n";
  for (const std::string& name : model.classes) text += "  " + c_literal(name) + ",\n";
  text += "};\n\nint " + net +
          "_run_watched(const uint8_t *picture, int32_t *logits,\n    void (*watcher)(int layer, "
          "const uint8_t *codes, int count))\n{\n  picture_ = picture;\n  watcher_ = watcher;\n  "
          "return run_network(stages, sizeof stages / sizeof stages[0], logits);\n}\n\nint " +
          net + "_run(const uint8_t *picture, int32_t *logits)\n{\n  return " + net +
          "_run_watched(picture, logits, 0);\n}\n";
  return text;
}

template <class T>
std::string rows_of(const std::vector<T>& numbers, size_t row, bool hexadecimal) {
  std::string text = "{\n";
  for (size_t at = 0; row > 0 && at < numbers.size(); at += row)
    text += list_of(std::vector<T>(numbers.begin() + ptrdiff_t(at),
                                   numbers.begin() + ptrdiff_t(at + row)),
                    hexadecimal) +
            (at + row < numbers.size() ? ",\n" : "");
  return text + "}";
}

std::string check_program(const Model& model, const std::string& net) {
  const Golden g = golden(model, kGoldenPictures);
  const std::string N = upper(net);
  std::string text = "/* Checks " + net +
                     ".c: without arguments against golden vectors; with a file of raw pictures "
                     "it\n   prints their logits. */\n#include <stdio.h>\n\n#include \"" +
                     net + ".h\"\n\n#define NET_(name) " + net + "_##name\n#define NET_NAME " +
                     c_literal(model.net) + "\nenum {\n  CHANNELS = " + N +
                     "_CHANNELS, CLASSES = " + N + "_CLASSES, LAYERS = " + N +
                     "_LAYERS,\n  PICTURE_BYTES = " + N + "_HEIGHT * " + N +
                     "_WIDTH * CHANNELS,\n  PICTURES = " + std::to_string(g.pictures) + "\n};\n\n";
  text += "/* [height][width][channels] each */\nstatic const uint8_t pictures[] = " +
          list_of(g.pixels) + ";\n\n";
  text += "static const int32_t golden_logits[PICTURES][CLASSES] = " +
          rows_of(g.logits, model.classes.size(), false) + ";\n\n";
  text += "static const char *const layer_names[] = {";
  for (const int row : g.rows) text += "\n  " + c_literal(model.layers[size_t(row)].name) + ",";
  text += g.rows.empty() ? "0};\n\n" : "\n};\n\n";
  // C has no arrays of 0.
  const std::vector<uint32_t> none(size_t(g.pictures));
  text +=
      "/* Of the codes of each layer. */\nstatic const uint32_t golden_checksums[PICTURES][LAYERS "
      "> 0 ? LAYERS : 1] = " +
      (g.rows.empty() ? rows_of(none, 1, true) : rows_of(g.checksums, g.rows.size(), true)) + ";\n";
  return text + std::string(check_c());
}

void require_small(const Model& model) {
  for (const Layer& l : model.layers)
    for (const int size : {l.in.h, l.in.w, l.in.c, l.output.c})
      if (size > 65535)
        throw Error("layer " + l.name +
                    ": more than 65,535 channels, which the C export counts in 16 bits");
}

std::string thousands(double value) {
  std::string text = std::to_string(static_cast<long long>(std::llround(value)));
  for (int at = int(text.size()) - 3; at > 0; at -= 3) text.insert(size_t(at), ",");
  return text;
}

}  // namespace

std::string c_identifier(const std::string& net) {
  static const char* const kKeywords[] = {
      "auto",    "break",  "case",     "char",   "const",    "continue", "default",
      "do",      "double", "else",     "enum",   "extern",   "float",    "for",
      "goto",    "if",     "inline",   "int",    "long",     "register", "restrict",
      "return",  "short",  "signed",   "sizeof", "static",   "struct",   "switch",
      "typedef", "union",  "unsigned", "void",   "volatile", "while",    "main"};
  std::string name = net;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  const bool bad = name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ||
                   name[0] == '_' || std::ranges::find(kKeywords, name) != std::end(kKeywords);
  return bad ? "net_" + name : name;
}

namespace {

Told report(const Model& model) {
  const std::string net = c_identifier(model.net);
  Told told{"", {{"teacher", nullptr}, {"student", nullptr}}};
  std::string& text = told.text;
  if (net != model.net)
    text += "'" + model.net + "' is no identifier of C: files and symbols are called " + net + "\n";
  const bool student = !model.staircases.empty();
  Model teacher = model;
  teacher.staircases.clear();
  const CCost a = c_cost(teacher), b = c_cost(model);
  const auto row = [&](const char* key, const std::string& name, double of_teacher,
                       double of_student) {
    told.json["teacher"][key] = of_teacher;
    if (student) told.json["student"][key] = of_student;
    char line[120];
    if (student)
      std::snprintf(line, sizeof line, "%-28s %15s %15s %8.3f\n", name.c_str(),
                    thousands(of_teacher).c_str(), thousands(of_student).c_str(),
                    of_student / of_teacher);
    else
      std::snprintf(line, sizeof line, "%-28s %15s\n", name.c_str(), thousands(of_teacher).c_str());
    text += line;
  };
  text +=
      std::string(28, ' ') + "         teacher" + (student ? "         student    ratio\n" : "\n");
  row("flash", "flash, tables (bytes)", double(a.flash), double(b.flash));
  row("ram", "RAM, scratch (bytes)", double(a.ram), double(b.ram));
  row("additions", "additions a picture", a.additions, b.additions);
  row("multiplications", "multiplications a picture", a.multiplications, b.multiplications);
  row("reads", "table reads a picture", a.reads, b.reads);
  return told;
}

}  // namespace

Told write_c(const Model& model, const std::filesystem::path& folder) {
  require_small(model);
  const std::string net = c_identifier(model.net);
  const CPlan plan = plan_c(model);
  const std::string texts[] = {header(model, plan, net), source(model, plan, net),
                               check_program(model, net)};
  const char* const ends[] = {".h", ".c", "_check.c"};
  for (int i = 0; i < 3; ++i) write_file(folder / (net + ends[i]), texts[i]);
  return report(model);
}

}  // namespace tri
