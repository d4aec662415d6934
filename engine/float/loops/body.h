// The one body of every variant.
#pragma once

#include "engine/float/loops/accumulators.h"
#include "engine/float/loops/depthwise.h"
#include "engine/float/loops/norm.h"
#include "engine/float/loops/variants.h"
#include "engine/float/loops/winograd.h"

namespace tri {
namespace {

constexpr Loops body() {
  return {moments,
          relu_forward,
          linear_forward,
          staircase_forward,
          clamp_backward,
          staircase_backward,
          norm_backward,
          depthwise,
          depthwise_weights,
          max_forward,
          max_where,
          max_backward,
          sgd,
          Transforms<2, 3>::loops(),
          Transforms<4, 3>::loops(),
          Transforms<2, 5>::loops(),
          integer_moments};
}

}  // namespace
}  // namespace tri
