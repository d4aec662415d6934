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

}  // namespace tri
