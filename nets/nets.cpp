#include "nets/nets.h"

#include <cmath>
#include <map>

#include "data/base/file.h"

namespace tri {
namespace {

using Table = std::vector<Layer>;

constexpr int kClasses = 10;
constexpr Shape kPicture{32, 32, 3};

// Simonyan and Zisserman, ICLR 2015, with batch norm and one linear layer, as usual on CIFAR.
// repeats: 3x3 layers in each of the five blocks.
Table vgg(const std::vector<int>& repeats) {
  const int channels[] = {64, 128, 256, 512, 512};
  Table t;
  for (int block = 0; block < 5; ++block) {
    const std::string b = std::to_string(block + 1);
    for (int i = 1; i <= repeats[block]; ++i)
      t.push_back(conv3("conv" + b + "_" + std::to_string(i), channels[block]));
    t.push_back(pool("pool" + b, 2, 2));
  }
  t.push_back(logits(linear("fc", kClasses)));
  return t;
}

// Krizhevsky et al., NIPS 2012, in its usual CIFAR form: 3x3 layers, batch norm for local response
// normalisation, and smaller linear layers (4.8 M parameters).
Table alexnet() {
  return {conv3("conv1", 64),
          pool("pool1", 2, 2),
          conv("conv2", 192, 5, 1, 2),
          pool("pool2", 2, 2),
          conv3("conv3", 384),
          conv3("conv4", 256),
          conv3("conv5", 256),
          pool("pool5", 2, 2),
          drop(0.2f),
          linear("fc6", 512),
          drop(0.2f),
          linear("fc7", 512),
          logits(linear("fc8", kClasses))};
}

// Lin et al., ICLR 2014; both pools take the maximum, so that what they hand on has three levels.
Table nin() {
  return {conv("conv1", 192, 5, 1, 2),
          pw("cccp1", 160),
          pw("cccp2", 96),
          pool("pool1", 3, 2, 1),
          drop(0.2f),
          conv("conv2", 192, 5, 1, 2),
          pw("cccp3", 192),
          pw("cccp4", 192),
          pool("pool2", 3, 2, 1),
          drop(0.2f),
          conv3("conv3", 192),
          pw("cccp5", 192),
          logits(pw("cccp6", kClasses)),
          average("pool3")};
}

// Howard et al., 2017, with the strides that 32x32 pictures need: the first layer keeps their size.
Table mobilenetv1() {
  const int channels[] = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};
  const int strides[] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
  Table t{conv3("conv1", 32)};
  for (int i = 0; i < 13; ++i) {
    const std::string number = std::to_string(i + 1);
    t.push_back(dw("dw" + number, strides[i]));
    t.push_back(pw("pw" + number, channels[i]));
  }
  t.push_back(average("pool"));
  t.push_back(logits(linear("fc", kClasses)));
  return t;
}

struct Entry {
  Table layers;
  std::vector<std::string> attention;  // one layer after each of the later thirds, as in VGG
};

const std::map<std::string, Entry>& entries() {
  static const std::map<std::string, Entry> all = {
      {"vgg16", {vgg({2, 2, 3, 3, 3}), {"conv3_1", "conv4_1", "conv5_1"}}},
      {"vgg19", {vgg({2, 2, 4, 4, 4}), {"conv3_1", "conv4_1", "conv5_1"}}},
      {"alexnet", {alexnet(), {"conv2", "conv3", "conv5"}}},
      {"nin", {nin(), {"cccp2", "cccp4", "cccp5"}}},
      {"mobilenetv1", {mobilenetv1(), {"pw3", "pw5", "pw11"}}},
  };
  return all;
}

}  // namespace

const std::vector<std::string>& net_names() {
  static const std::vector<std::string> names = {"vgg16", "vgg19", "alexnet", "nin", "mobilenetv1"};
  return names;
}

std::vector<Layer> table(const std::string& net, double width) {
  const auto entry = entries().find(net);
  if (entry == entries().end()) return {};
  Table layers = entry->second.layers;
  for (Layer& l : layers)
    if (l.kind == Kind::conv && l.activated) l.out = std::max(1, int(std::lround(l.out * width)));
  resolve(layers, kPicture);
  return layers;
}

std::vector<Layer> table_of(const std::string& net) { return table(net, 1); }

Model load_model_of(const std::string& net, const std::string& file) {
  Model model = load_model(file, table_of);
  if (model.net != net) throw Error(file + ": is a " + model.net + ", expected " + net);
  return model;
}

Recipe recipe_of(const std::string& net) {
  // narrow, qat: epochs of all that run on half the channels, and on 8-bit weights and codes. Plain
  // networks as deep as VGG want a lower peak. These made the files in nets/weights.
  struct Row {
    const char* net;
    int epochs, narrow, qat, batch;
    float rate, smoothing;
    Augment augment;  // crop, flip, cutout
  };
  static const Row rows[] = {
      {"vgg16", 26, 6, 1, 128, 0.08f, 0.1f, {4, true, 8}},
      {"vgg19", 30, 5, 1, 128, 0.08f, 0.1f, {4, true, 8}},
      {"alexnet", 24, 6, 1, 128, 0.1f, 0.1f, {4, true, 8}},
      {"nin", 22, 8, 1, 128, 0.1f, 0.1f, {4, true, 8}},
      {"mobilenetv1", 60, 0, 1, 128, 0.1f, 0.1f, {4, true, 8}},
  };
  Recipe recipe;
  for (const Row& row : rows)
    if (net == row.net) {
      recipe.epochs = row.epochs, recipe.narrow_epochs = row.narrow, recipe.qat_epochs = row.qat;
      recipe.batch = row.batch, recipe.rate = row.rate, recipe.smoothing = row.smoothing;
      recipe.augment = row.augment;
    }
  return recipe;
}

std::vector<std::string> attention_layers(const std::string& net) {
  return entries().at(net).attention;
}

}  // namespace tri
