// VGG: Simonyan and Zisserman, ICLR 2015, with batch norm and one linear layer, as usual on CIFAR.
#include "nets/nets.h"

namespace tri {
namespace {

// repeats: 3x3 layers in each of the five blocks.
NetDefinition vgg(const std::vector<int>& repeats, int classes) {
  const int channels[] = {64, 128, 256, 512, 512};
  std::vector<Layer> t;
  for (size_t block = 0; block < 5; ++block) {
    const std::string b = std::to_string(block + 1);
    for (int i = 1; i <= repeats[block]; ++i)
      t.push_back(conv3("conv" + b + "_" + std::to_string(i), channels[block]));
    t.push_back(pool("pool" + b, 2, 2));
  }
  t.push_back(logits(linear("fc", classes)));
  // The first layers of the later blocks.
  return {t, {"conv3_1", "conv4_1", "conv5_1"}};
}

}  // namespace

NetDefinition vgg16(int classes) { return vgg({2, 2, 3, 3, 3}, classes); }
NetDefinition vgg19(int classes) { return vgg({2, 2, 4, 4, 4}, classes); }

}  // namespace tri
