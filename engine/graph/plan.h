// Memory planning: which values of a network may share a buffer, by their lifetimes. What is in the
// buffers is left to the paths.
#pragma once

#include <span>
#include <vector>

#include "engine/graph/layer.h"

namespace tri {

// A value is written in step `begin` and read last in step `end`; it takes `size` elements.
struct Lifetime {
  int begin = 0, end = 0;
  size_t size = 0;
};

struct BufferPlan {
  std::vector<int> buffer;    // of each value; -1: it takes none
  std::vector<size_t> sizes;  // of each buffer: its largest value's
};

// Values that are alive in the same step get different buffers: whoever writes one reads others. A
// size of 0 takes none. REQUIRES: in the order of their begins.
BufferPlan plan_buffers(std::span<const Lifetime> values);

// For memory that is one piece: where each value stands in it. Values that are alive in the same
// step do not overlap; every offset is a multiple of `align`. The largest is placed first, at the
// lowest place that is free in all of its steps (greedy by size: Pisarchyk and Lee, 2020, arXiv
// 2001.03288).
struct ArenaPlan {
  std::vector<size_t> offset;  // of each value
  size_t size = 0;
};
ArenaPlan plan_arena(std::span<const Lifetime> values, size_t align);

// For a forward: row i's output is alive from step i to its last reader. Dropout hands on what it
// reads (`owner` says whose buffer a row's output stands in) and logits stand elsewhere.
struct ForwardPlan {
  BufferPlan buffers;      // parallel to layers
  std::vector<int> owner;  // row -> the row whose value it hands on; itself, but for dropout
};
ForwardPlan plan_forward(const std::vector<Layer>& layers);

// For a backward pass, which goes from the last row to the first: the gradient of row i's output is
// alive from its last reader to row i. The last entry is the picture's.
BufferPlan plan_backward(const std::vector<Layer>& layers);

}  // namespace tri
