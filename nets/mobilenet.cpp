// MobileNets: depthwise separable convolutions, with the strides that 32x32 pictures need: the
// first layer keeps their size.
#include "nets/nets.h"

namespace tri {

// Howard et al., 2017 (arXiv 1704.04861).
NetDefinition mobilenetv1(int classes) {
  const int channels[] = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};
  const int strides[] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
  std::vector<Layer> t{conv3("conv1", 32)};
  for (size_t i = 0; i < 13; ++i) {
    const std::string number = std::to_string(i + 1);
    t.push_back(dw("dw" + number, strides[i]));
    t.push_back(pw("pw" + number, channels[i]));
  }
  t.push_back(average("pool"));
  t.push_back(logits(linear("fc", classes)));
  return {t, {"pw3", "pw5", "pw11"}};
}

// Sandler et al., CVPR 2018: inverted residuals with linear bottlenecks. ReLU stands for ReLU6, as
// codes have a largest value anyway.
NetDefinition mobilenetv2(int classes) {
  struct Stage {
    int expansion, channels, blocks, stride;
  };
  const Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 1},  {6, 32, 3, 2}, {6, 64, 4, 2},
                          {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  std::vector<Layer> t{conv3("conv1", 32)};
  std::string last = "conv1";
  int in = 32, number = 0;
  for (const Stage& stage : stages)
    for (int block = 0; block < stage.blocks; ++block) {
      const std::string b = "b" + std::to_string(++number);
      const int stride = block == 0 ? stage.stride : 1;
      if (stage.expansion > 1) t.push_back(pw(b + "_expand", in * stage.expansion));
      t.push_back(dw(b + "_dw", stride));
      t.push_back(without_relu(pw(b + "_project", stage.channels)));
      if (stride == 1 && in == stage.channels) {
        t.push_back(without_relu(add(b + "_add", b + "_project", last)));
        last = b + "_add";
      } else {
        last = b + "_project";
      }
      in = stage.channels;
    }
  t.push_back(pw("conv2", 1280));
  t.push_back(average("pool"));
  t.push_back(logits(linear("fc", classes)));
  return {t, {"b6_expand", "b10_expand", "b16_expand"}};
}

}  // namespace tri
