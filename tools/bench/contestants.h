// Everyone who runs a set of convolutions in ./bench int8|lut, and the sums of what they took.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/bench/peers.h"
#include "tools/bench/table.h"

namespace tri {

using Seconds = std::map<std::string, double>;  // by contestant

// Contestants: "ours"; "ours_avx2", our AVX2 kernels to stand against oneDNN held to AVX2, unless
// isa says which to take; "int8", our INT8 kernels beside those of three-level codes; "sgemm";
// "onednn" and "onednn_avx2".
class Contestants {
 public:
  // `problems` must outlive it.
  Contestants(const Problems& problems, ConvKind kind, const std::string& isa, int threads);

  const std::string& isa() const { return isa_; }  // of "ours"
  bool both_isas() const { return both_isas_; }    // is "ours_avx2" another than "ours"?
  // Which instruction sets the peers use.
  const std::string& description() const { return description_; }
  // Medians over `repeats` turns, NaN where a contestant does not take the problem. "ours_avx2" and
  // "onednn_avx2" are those of "ours" and "onednn" where they are the same.
  Seconds race(size_t problem, int repeats);

 private:
  void add(const std::string& name, Contest::Make make);

  Contest contest_;
  std::vector<std::string> names_;
  std::string isa_, description_;
  bool both_isas_ = false;
};

// Sums of medians over layers. A peer that does not take a layer is compared on the others alone.
struct Totals {
  double macs = 0;
  Seconds peer, ours_beside;  // by peer: its own, and ours on the same layers

  void add(double layer_macs, const Seconds& seconds);
  void add(const Totals& other);
  // OURS_vs_onednn and so on: above 1 where ours is faster.
  Json ratios(const std::string& ours) const;
};

}  // namespace tri
