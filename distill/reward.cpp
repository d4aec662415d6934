#include "distill/reward.h"

#include <utility>

#include "distill/kl.h"
#include "engine/check.h"

namespace tri {
namespace {

std::vector<int> taps_of(const Model& model, const std::vector<std::string>& layers) {
  std::vector<int> taps;
  for (const std::string& name : layers) taps.push_back(model.tap(name));
  return taps;
}

}  // namespace

Reward::Reward(const IntNet& net, std::vector<uint8_t> pixels,
               const std::vector<std::string>& attention_layers, double attention_weight)
    : net_(net),
      pixels_(std::move(pixels)),
      attention_weight_(attention_weight),
      teacher_maps_(taps_of(net.model(), attention_layers)),
      student_maps_(teacher_maps_) {
  run(nullptr, teacher_logits_, teacher_maps_);
}

Reward::Parts Reward::operator()(const Staircases& student) {
  run(&student, student_logits_, student_maps_);
  const int classes = net_.model().layers.back().output.c;
  const double kl = kl_divergence(student_logits_, teacher_logits_, classes);
  const double attention = attention_distance(student_maps_, teacher_maps_);
  return {kl, attention, -kl - attention_weight_ * attention};
}

void Reward::run(const Staircases* staircases, std::vector<int32_t>& logits, AttentionMaps& maps) {
  const auto& layers = net_.model().layers;
  const size_t picture = layers.front().in.size();
  CHECK(!pixels_.empty() && pixels_.size() % picture == 0);
  const size_t n = pixels_.size() / picture;
  logits.resize(n * size_t(layers.back().output.c));
  maps.clear();
  net_.forward(pixels_.data(), int(n), logits.data(), workspace_, staircases, &maps);
}

}  // namespace tri
