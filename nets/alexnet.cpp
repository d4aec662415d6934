// AlexNet: Krizhevsky et al., NIPS 2012, in its usual CIFAR form: 3x3 layers, batch norm for local
// response normalization, and smaller linear layers (4.8 M parameters).
#include "nets/nets.h"

namespace tri {

NetDefinition alexnet(int classes) {
  const std::vector<Layer> layers = {conv3("conv1", 64),
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
                                     logits(linear("fc8", classes))};
  return {layers, {"conv2", "conv3", "conv5"}};
}

}  // namespace tri
