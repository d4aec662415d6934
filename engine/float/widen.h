// Growing a network: the same function, computed by more channels.
#pragma once

#include "engine/float/net.h"

namespace tri {

// `narrow`, with as many times the channels as the resolved table `layers` says (a whole factor
// for each layer). Net2WiderNet (Chen, Goodfellow, Shlens, ICLR 2016): each channel is copied, and
// the weights that read it are shared out among the copies, unevenly and at random, so that the
// copies learn different things. Training a few epochs narrow costs a fraction of training wide.
Net widen(Net& narrow, std::vector<Layer> layers, Rng rng);

}  // namespace tri
