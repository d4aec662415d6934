#include "nets/layers_file.h"

#include <algorithm>

#include "data/base/error.h"
#include "data/base/json.h"

namespace tri {
namespace {

template <class T>
struct Word {
  const char* word;
  T value;
};
constexpr Word<Kind> kKinds[] = {{"conv", Kind::conv},         {"depthwise", Kind::depthwise},
                                 {"max_pool", Kind::max_pool}, {"avg_pool", Kind::avg_pool},
                                 {"dropout", Kind::dropout},   {"add", Kind::add}};
constexpr Word<Activation> kActivations[] = {
    {"relu", Activation::relu}, {"linear", Activation::linear}, {"logits", Activation::logits}};

// One row of the file.
class Row {
 public:
  Row(const Json& json, const std::string& where) : json_(json), where_(where) {
    if (!json.is_object()) fail("is no object");
  }

  Layer layer(int classes) {
    Layer l;
    l.kind = word("kind", kKinds, Kind::conv);
    l.activation = word("activation", kActivations, Activation::relu);
    l.name = text("name", json_.value("kind", "conv"));
    l.kernel = number("kernel", 1), l.stride = number("stride", 1), l.pad = number("pad", 0);
    l.out = number("out", l.is_logits() ? classes : 0);
    l.rate = rate();
    inputs(l);
    for (const auto& item : json_.items())
      if (std::ranges::find(known_, item.key()) == known_.end())
        fail("has an unknown key '" + item.key() + "'");
    if (l.is_logits() && l.out != classes)
      fail("makes " + std::to_string(l.out) + " logits of " + std::to_string(classes) +
           " classes: leave \"out\" out");
    return l;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error(where_ + " " + why); }

  // The value of a key, or null.
  const Json* find(const std::string& key) {
    known_.push_back(key);
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }

  template <class T, size_t N>
  T word(const std::string& key, const Word<T> (&words)[N], T missing) {
    const Json* value = find(key);
    if (!value) return missing;
    std::string all;
    for (const Word<T>& w : words) {
      if (*value == w.word) return w.value;
      all += std::string(all.empty() ? "" : ", ") + w.word;
    }
    fail("has a " + key + " that is none of " + all);
  }
  int number(const std::string& key, int missing) {
    const Json* value = find(key);
    if (!value) return missing;
    if (!value->is_number_integer() || *value < 0 || *value > 1 << 20)
      fail("has a " + key + " that is no whole number of 0 to 2^20");
    return value->get<int>();
  }
  std::string text(const std::string& key, const std::string& missing) {
    const Json* value = find(key);
    if (!value) return missing;
    if (!value->is_string() || !is_plain_name(value->get<std::string>()))
      fail("has a " + key + " that is not made of letters, digits and _ - .");
    return value->get<std::string>();
  }
  float rate() {
    const Json* value = find("rate");
    if (!value) return 0;
    if (!value->is_number()) fail("has a rate that is no number");
    return value->get<float>();
  }
  void inputs(Layer& l) {
    const Json* value = find("inputs");
    if (!value) return;
    if (!value->is_array() || value->empty() || value->size() > 2) fail("has no one or two inputs");
    for (const Json& input : *value) {
      if (!input.is_string()) fail("has an input that is no name");
      l.inputs.push_back(input.get<std::string>());
    }
  }

  const Json& json_;
  std::string where_;
  std::vector<std::string> known_;
};

}  // namespace

NetDefinition load_layers(const std::filesystem::path& file, int classes) {
  const Json json = read_json(file);
  const std::string where = file.string() + ": ";
  if (!json.is_object() || !json.contains("layers") || !json["layers"].is_array())
    throw Error(where + "has no list \"layers\": nets/README.md shows one");
  for (const auto& item : json.items())
    if (item.key() != "layers" && item.key() != "attention")
      throw Error(where + "has an unknown key '" + item.key() + "'");
  NetDefinition net;
  for (size_t i = 0; i < json["layers"].size(); ++i)
    net.layers.push_back(
        Row(json["layers"][i], where + "layer " + std::to_string(i + 1)).layer(classes));
  if (!json.contains("attention")) return net;
  for (const Json& name : json["attention"]) {
    if (!name.is_string()) throw Error(where + "\"attention\" is no list of names");
    net.attention.push_back(name.get<std::string>());
  }
  return net;
}

}  // namespace tri
