// The networks: convolutional classifiers as tables of layers, one file a family. How a layer is
// computed is left to the engine; how ./train trains a network is its recipe (nets/recipes.cpp).
#pragma once

#include <string>
#include <vector>

#include "engine/float/train.h"
#include "engine/graph/layer.h"
#include "engine/integer/model_file.h"

namespace tri {

// What a family says of one network. Input shapes follow from the rows above when the table is
// resolved.
struct NetDefinition {
  std::vector<Layer> layers;           // at full width, up to the logits
  std::vector<std::string> attention;  // layers whose attention maps the reward compares
};

// By family. Adding a network: its function here, its row in the list of nets.cpp and its recipe.
NetDefinition vgg16(int classes);
NetDefinition vgg19(int classes);
NetDefinition alexnet(int classes);
NetDefinition nin(int classes);
NetDefinition mobilenetv1(int classes);
NetDefinition resnet20(int classes);
NetDefinition mobilenetv2(int classes);

const std::vector<std::string>& net_names();

// The resolved layers of a network for pictures of one shape; empty where there is none of that
// name. width: factor on the channels of every hidden layer.
std::vector<Layer> table(const std::string& net, Shape input, int classes, double width);
std::vector<Layer> table_of(const std::string& net);  // for CIFAR-10, at full width

// A network as a program names it: one of net_names(), or any name with a table in a JSON file
// (nets/layers_file.h). width: factor on the channels of every hidden layer.
struct NetChoice {
  std::string name, layers_file = {};
  double width = 1;
};
// Its resolved rows, a network (require_network); factor: on the channels besides its width. Throws
// Error, naming the layer where pictures of this shape do not fit.
std::vector<Layer> table_of(const NetChoice& net, Shape input, int classes, double factor = 1);

// The layers whose attention maps the reward compares: what the net's definition or its file names,
// else of the taps whose maps have more than one pixel those at one third, at two thirds and at the
// end. layers: of table_of().
std::vector<std::string> attention_of(const NetChoice& net, const std::vector<Layer>& layers);

// Multiplies the channels of every hidden convolution (to at least 1), in a table that is not yet
// resolved. Depthwise layers and pools have as many as come in, logits as there are classes.
void scale_channels(std::vector<Layer>& layers, double width);

// The model in a file that must hold one called `net`; throws Error as load_model does, and where
// it holds another. Models of old files, which have none, get their attention layers.
Model load_model_of(const std::string& net, const std::string& file);

// How ./train NET trains it unless told otherwise.
Recipe recipe_of(const std::string& net);
// How ./finetune trains its students: quantized throughout, their norms frozen.
Recipe finetuning_recipe_of(const std::string& net);

}  // namespace tri
