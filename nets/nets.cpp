#include "nets/nets.h"

#include <algorithm>
#include <cmath>

#include "data/base/check.h"
#include "data/base/file.h"
#include "nets/layers_file.h"

namespace tri {
namespace {

struct Entry {
  const char* name;
  NetDefinition (*definition)(int classes);
};

const Entry kNets[] = {{"vgg16", vgg16},
                       {"vgg19", vgg19},
                       {"alexnet", alexnet},
                       {"nin", nin},
                       {"mobilenetv1", mobilenetv1},
                       {"resnet20", resnet20},
                       {"mobilenetv2", mobilenetv2}};

const Entry* find(const std::string& net) {
  const auto entry = std::find_if(std::begin(kNets), std::end(kNets),
                                  [&](const Entry& e) { return e.name == net; });
  return entry == std::end(kNets) ? nullptr : entry;
}

}  // namespace

const std::vector<std::string>& net_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Entry& entry : kNets) all.push_back(entry.name);
    return all;
  }();
  return names;
}

void scale_channels(std::vector<Layer>& layers, double width) {
  for (Layer& l : layers)
    if (l.kind == Kind::conv && !l.is_logits())
      l.out = std::max(1, int(std::lround(l.out * width)));
}

std::vector<Layer> table(const std::string& net, Shape input, int classes, double width) {
  const Entry* entry = find(net);
  if (!entry) return {};
  std::vector<Layer> layers = entry->definition(classes).layers;
  scale_channels(layers, width);
  resolve(layers, input);
  return layers;
}

std::vector<Layer> table_of(const std::string& net) { return table(net, {32, 32, 3}, 10, 1); }

std::vector<Layer> table_of(const NetChoice& net, Shape input, int classes, double factor) {
  const Entry* entry = find(net.name);
  if (!entry && net.layers_file.empty()) throw Error("there is no net " + net.name);
  std::vector<Layer> layers = net.layers_file.empty()
                                  ? entry->definition(classes).layers
                                  : load_layers(net.layers_file, classes).layers;
  scale_channels(layers, net.width * factor);
  try {
    resolve(layers, input);
    require_network(layers);
  } catch (const Error& error) {
    throw Error((net.layers_file.empty() ? net.name : net.layers_file) + ": " + error.what());
  }
  return layers;
}

std::vector<std::string> attention_of(const NetChoice& net, const std::vector<Layer>& layers) {
  const Entry* entry = find(net.name);
  const int classes = layers.back().output.c;
  std::vector<std::string> names;
  if (!net.layers_file.empty())
    names = load_layers(net.layers_file, classes).attention;
  else if (entry)
    names = entry->definition(classes).attention;
  std::vector<std::string> taps, maps;
  for (const Layer& l : layers) {
    if (l.tap < 0) continue;
    taps.push_back(l.name);
    if (l.output.h * l.output.w > 1) maps.push_back(l.name);
  }
  for (const std::string& name : names)
    if (std::ranges::find(taps, name) == taps.end())
      throw Error(net.layers_file + ": \"attention\" names '" + name +
                  "', which is no layer with ReLU");
  if (names.empty() && !maps.empty()) {
    const size_t last = maps.size() - 1;
    for (const size_t at : {maps.size() / 3, maps.size() * 2 / 3, last})
      if (names.empty() || names.back() != maps[std::min(at, last)])
        names.push_back(maps[std::min(at, last)]);
  }
  return names;
}

Model load_model_of(const std::string& net, const std::string& file) {
  Model model = load_model(file, table_of);
  if (model.net != net) throw Error(file + ": is a " + model.net + ", expected " + net);
  if (model.attention.empty()) model.attention = attention_of({net}, model.layers);
  return model;
}

}  // namespace tri
