#include "tools/pipeline/evaluation.h"

#include <chrono>

#include "data/base/error.h"
#include "data/images.h"
#include "distill/judge/kl.h"
#include "nets/nets.h"

namespace tri {

Network::Network(const std::string& file) : net_(load_model(file, table_of)) {
  if (!model().staircases.empty()) staircases_.emplace(model(), model().staircases);
}

std::vector<int32_t> Network::logits(const Dataset& pictures) const {
  return logits_of(net_, pictures, {.staircases = staircases_ ? &*staircases_ : nullptr});
}

std::vector<Classified> classify(const Network& net, const std::vector<std::string>& images) {
  std::vector<uint8_t> pixels;
  std::vector<Classified> list;
  for (const std::string& image : images) {
    list.push_back({image, {}, {}});
    try {
      const std::vector<uint8_t> picture = decode_picture(image, net.input());
      pixels.insert(pixels.end(), picture.begin(), picture.end());
    } catch (const Error& error) {
      list.back().error = error.what();
    }
  }
  if (pixels.empty()) return list;
  std::vector<uint16_t> labels(pixels.size() / net.input().size());
  const Dataset pictures(net.input(), {}, std::move(pixels), std::move(labels));
  const std::vector<int> classes = top1(net.logits(pictures), net.classes());
  size_t seen = 0;
  for (Classified& c : list)
    if (c.error.empty()) c.name = net.model().classes[size_t(classes[seen++])];
  return list;
}

TestAccuracy measure(const Network& net, const Dataset& test) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::vector<int32_t> logits = net.logits(test);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const int correct = count_correct(logits, test.labels(), net.classes());
  return {correct, test.size(), test.size() / seconds, std::move(logits)};
}

Json to_json(const Network& net, const TestAccuracy& a) {
  return {{"net", net.model().net}, {"kind", net.kind()},   {"accuracy", a.accuracy()},
          {"correct", a.correct},   {"images", a.pictures}, {"images_per_s", a.pictures_per_s}};
}

Json to_json(const std::vector<Classified>& list) {
  Json json = Json::array();
  for (const Classified& c : list)
    json.push_back({{"image", c.image},
                    {c.error.empty() ? "class" : "error", c.error.empty() ? c.name : c.error}});
  return json;
}

}  // namespace tri
