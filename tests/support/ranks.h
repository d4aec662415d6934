// Ranks (data/base/ranks.h) as threads of a test.
#pragma once

#include <algorithm>
#include <barrier>
#include <span>
#include <thread>
#include <vector>

#include "data/base/ranks.h"

namespace tri {

// What the ranks of one test share.
struct Hall {
  explicit Hall(int count) : barrier(count), parts(size_t(count)), summands(size_t(count)) {}
  std::barrier<> barrier;
  Bytes sent;
  std::vector<Bytes> parts;
  std::vector<std::span<float>> summands;
};

class ThreadRank : public Ranks {
 public:
  ThreadRank(Hall& hall, int rank) : hall_(hall), rank_(rank) {}
  int rank() const override { return rank_; }
  int count() const override { return int(hall_.parts.size()); }
  void broadcast(Bytes& bytes) const override {
    if (rank_ == 0) hall_.sent = bytes;
    hall_.barrier.arrive_and_wait();
    bytes = hall_.sent;
    hall_.barrier.arrive_and_wait();
  }
  std::vector<Bytes> gather(const Bytes& bytes) const override {
    hall_.parts[size_t(rank_)] = bytes;
    hall_.barrier.arrive_and_wait();
    const std::vector<Bytes> all = rank_ == 0 ? hall_.parts : std::vector<Bytes>{};
    hall_.barrier.arrive_and_wait();
    return all;
  }
  void sum(std::span<float> values) const override {
    hall_.summands[size_t(rank_)] = values;
    hall_.barrier.arrive_and_wait();
    std::vector<float> sums;
    for (size_t i = 0; i < values.size(); ++i) {
      std::vector<float> tree;
      for (const auto& other : hall_.summands) tree.push_back(other[i]);
      for (; tree.size() > 1; tree.resize(tree.size() / 2))
        for (size_t pair = 0; pair < tree.size() / 2; ++pair)
          tree[pair] = tree[2 * pair] + tree[2 * pair + 1];
      sums.push_back(tree[0]);
    }
    hall_.barrier.arrive_and_wait();
    std::ranges::copy(sums, values.begin());
    hall_.barrier.arrive_and_wait();
  }

 private:
  Hall& hall_;
  int rank_;
};

// Runs what rank 0 and the others do, each on a thread.
template <class First, class Other>
void on_ranks(int count, First first, Other other) {
  Hall hall(count);
  std::vector<std::jthread> others;
  for (int rank = 1; rank < count; ++rank)
    others.emplace_back([&hall, &other, rank] { other(ThreadRank(hall, rank)); });
  first(ThreadRank(hall, 0));
}

}  // namespace tri
