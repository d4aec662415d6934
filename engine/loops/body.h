// The one body of every variant.
#pragma once

#include "engine/loops/accumulators.h"
#include "engine/loops/depthwise.h"
#include "engine/loops/norm.h"
#include "engine/loops/variants.h"
#include "engine/loops/winograd.h"

namespace tri {
namespace {

constexpr Loops body(const char* isa) {
  return {isa,
          moments,
          relu_forward,
          relu_backward,
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
          integer_moments,
          segments};
}

}  // namespace
}  // namespace tri
