// Equalization of a teacher: one staircase has to serve all channels of a layer, so each channel is
// rescaled to where it serves it best.
//
// A channel whose codes are small beside its neighbors' loses most of what it says to thresholds
// that fit the others. As ReLU and max pooling commute with positive factors, its codes may be
// multiplied by any s, and the next layer's weights for it divided by s, and the network computes
// what it did but for rounding; it costs no more either. (Cross-layer equalization: Nagel et al.,
// ICCV 2019, section 4.1, for ranges. Here s has the least mean squared error
//
//     E[(x - f(s x) / s)^2],   f: the mean-square staircase of all the layer's rescaled codes,
//
// found by turns with f, as one channel's scale moves the staircase of all.)
#pragma once

#include "data/dataset.h"
#include "engine/integer/int_net.h"

namespace tri {

// net: a teacher, without staircases. pictures: at least one, to count its codes on. The
// model keeps the net's name and table; its batch norm statistics are rescaled along.
Model equalized(const IntNet& net, const Dataset& pictures);

}  // namespace tri
