// ResNets for 32x32 pictures (He, Zhang, Ren and Sun, CVPR 2016, section 4.2): three stages of
// residual blocks of two 3x3 layers. Where a block changes the shape its shortcut is a 1x1
// convolution (the paper's option B), else the identity.
#include "nets/nets.h"

namespace tri {

NetDefinition resnet20(int classes) {
  constexpr int kBlocks = 3;
  std::vector<Layer> t{conv3("conv1", 16)};
  std::string last = "conv1";
  for (int stage = 1; stage <= 3; ++stage)
    for (int block = 1; block <= kBlocks; ++block) {
      const std::string b = "b" + std::to_string(stage) + "_" + std::to_string(block);
      const int channels = 8 << stage, stride = stage > 1 && block == 1 ? 2 : 1;
      t.push_back(reading(conv3(b + "_conv1", channels, stride), last));
      t.push_back(without_relu(conv3(b + "_conv2", channels)));
      std::string shortcut = last;
      if (stride > 1) {
        shortcut = b + "_short";
        t.push_back(without_relu(reading(pw(shortcut, channels, stride), last)));
      }
      t.push_back(add(b + "_add", b + "_conv2", shortcut));
      last = b + "_add";
    }
  t.push_back(average("pool"));
  t.push_back(logits(linear("fc", classes)));
  return {t, {"b1_3_add", "b2_3_add", "b3_3_add"}};
}

}  // namespace tri
