// Network in network: Lin et al., ICLR 2014. Both pools take the maximum, so that what they hand on
// has three levels.
#include "nets/nets.h"

namespace tri {

NetDefinition nin(int classes) {
  const std::vector<Layer> layers = {conv("conv1", 192, 5, 1, 2),
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
                                     logits(pw("cccp6", classes)),
                                     average("pool3")};
  return {layers, {"cccp2", "cccp4", "cccp5"}};
}

}  // namespace tri
