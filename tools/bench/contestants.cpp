#include "tools/bench/contestants.h"

#include <cmath>
#include <utility>

namespace tri {

Contestants::Contestants(const Problems& problems, ConvKind kind, const std::string& isa,
                         int threads) {
  const auto add_ours = [&](const char* name, ConvKind k, const std::string& set) {
    add(name, [&problems, k, set, threads] { return our_kernel(problems, k, set, threads); });
  };
  add_ours("ours", kind, isa);
  isa_ = contest_.description();
  both_isas_ = isa.empty() && (isa_ == "avx512" || isa_ == "amx");
  if (both_isas_) add_ours("ours_avx2", kind, "avx2");
  if (kind == ConvKind::lut) add_ours("int8", ConvKind::int8, isa);
  add("sgemm", [&] { return sgemm_peer(problems, threads); });
  description_ = "sgemm: OpenBLAS for " + contest_.description();
  if (!has_onednn()) {
    description_ += "; no oneDNN, as libdnnl-dev was not there when bench was built";
    return;
  }
  add("onednn", [&] { return onednn_peer(problems, false, threads); });
  description_ += "; onednn: " + contest_.description();
  if (contest_.description() == "avx2")
    description_ += ", which is all this CPU has, so it is also onednn_avx2";
  else
    add("onednn_avx2", [&] { return onednn_peer(problems, true, threads); });
}

void Contestants::add(const std::string& name, Contest::Make make) {
  contest_.add(name, std::move(make));
  names_.push_back(name);
}

Seconds Contestants::race(size_t problem, int repeats) {
  const std::vector<double> medians = contest_.race(int(problem), repeats);
  Seconds seconds;
  for (size_t i = 0; i < names_.size(); ++i) seconds[names_[i]] = medians[i];
  seconds.try_emplace("ours_avx2", seconds.at("ours"));
  if (seconds.contains("onednn")) seconds.try_emplace("onednn_avx2", seconds.at("onednn"));
  return seconds;
}

void Totals::add(double layer_macs, const Seconds& seconds) {
  macs += layer_macs;
  for (const auto& [name, value] : seconds) {
    if (std::isnan(value)) continue;
    peer[name] += value;
    ours_beside[name] += seconds.at(name == "onednn_avx2" ? "ours_avx2" : "ours");
  }
}

void Totals::add(const Totals& other) {
  macs += other.macs;
  for (const auto& [name, value] : other.peer) peer[name] += value;
  for (const auto& [name, value] : other.ours_beside) ours_beside[name] += value;
}

Json Totals::ratios(const std::string& ours) const {
  Json json;
  for (const char* name : {"int8", "sgemm", "onednn", "onednn_avx2"})
    if (peer.contains(name)) json[ours + "_vs_" + name] = peer.at(name) / ours_beside.at(name);
  return json;
}

}  // namespace tri
