// The five networks, as tables.
#pragma once

#include <string>
#include <vector>

#include "engine/graph/layer.h"
#include "engine/integer/model_file.h"
#include "engine/float/train.h"

namespace tri {

// vgg16, vgg19, alexnet, nin, mobilenetv1: for 32x32 pictures and 10 classes.
const std::vector<std::string>& net_names();

// The resolved layers of a network; empty where there is none of that name. width: factor on the
// channels of every hidden layer.
std::vector<Layer> table(const std::string& net, double width);
std::vector<Layer> table_of(const std::string& net);  // at full width

// The model in a file that must hold one of `net`; throws Error as load_model does, and where it
// holds another.
Model load_model_of(const std::string& net, const std::string& file);

// How ./train NET trains it unless told otherwise.
Recipe recipe_of(const std::string& net);

// The layers whose attention maps the reward compares.
std::vector<std::string> attention_layers(const std::string& net);

}  // namespace tri
