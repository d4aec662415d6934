#include "nets/nets.h"

#include <algorithm>
#include <cmath>

#include "data/base/check.h"
#include "data/base/file.h"
#include "data/cifar10.h"

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
    if (l.kind == Kind::conv && !l.is_logits()) l.out = std::max(1, int(std::lround(l.out * width)));
}

std::vector<Layer> table(const std::string& net, Shape input, int classes, double width) {
  const Entry* entry = find(net);
  if (!entry) return {};
  std::vector<Layer> layers = entry->definition(classes).layers;
  scale_channels(layers, width);
  resolve(layers, input);
  return layers;
}

std::vector<Layer> table(const std::string& net, double width) {
  return table(net, {kSide, kSide, kChannels}, kClasses, width);
}

std::vector<Layer> table_of(const std::string& net) { return table(net, 1); }

std::vector<std::string> attention_layers(const std::string& net) {
  const Entry* entry = find(net);
  CHECK(entry);
  return entry->definition(kClasses).attention;
}

Model load_model_of(const std::string& net, const std::string& file) {
  Model model = load_model(file, table_of);
  if (model.net != net) throw Error(file + ": is a " + model.net + ", expected " + net);
  return model;
}

}  // namespace tri
