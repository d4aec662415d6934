#include "tools/pipeline/evaluation.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "data/base/error.h"
#include "data/images.h"
#include "distill/judge/evaluate.h"
#include "distill/judge/kl.h"
#include "nets/nets.h"

namespace tri {

Network::Network(const std::string& file) : Network(load_model(file, table_of)) {}

Network::Network(Model network) : net_(std::move(network)) {
  if (!model().staircases.empty()) staircases_.emplace(model(), model().staircases);
}

std::vector<int32_t> Network::logits(const Dataset& pictures, Observer* observer) const {
  return logits_of(net_, pictures,
                   {.staircases = staircases_ ? &*staircases_ : nullptr, .observer = observer});
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

NetworkMeasures evaluate(const Network& net, const Dataset& test, int top,
                         const std::string& teacher_file, const EnergyTable& energies) {
  using Clock = std::chrono::steady_clock;
  const int classes = net.classes();
  std::optional<Network> teacher;
  if (!teacher_file.empty()) {
    teacher.emplace(teacher_file);
    if (teacher->input() != net.input() || teacher->model().classes != net.model().classes)
      throw Error(teacher_file + ": has other pictures or classes than the network to measure");
  }
  const auto begin = Clock::now();
  const std::vector<int32_t> logits = net.logits(test);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  top = std::min(top, classes);
  NetworkMeasures e{count_correct(logits, test.labels(), classes),
                    test.size(),
                    test.size() / seconds,
                    top,
                    count_within_top(top, logits, test.labels(), classes),
                    confusion_matrix(logits, test.labels(), classes),
                    total(teacher_energy(net.model(), energies)),
                    {},
                    {},
                    logits};
  if (const StaircaseSet& staircases = net.model().staircases; !staircases.empty()) {
    const Recording recording = record(net.net(), test);
    e.zero_share = recording.zero_share();
    e.energy = total(energy(net.model(), staircases, recording.events, energies));
  }
  if (teacher) {
    const std::vector<int32_t> own = teacher->logits(test);
    e.teacher = {teacher_file, accuracy(own, test.labels(), classes),
                 agreement(logits, own, classes), kl_divergence(logits, own, classes)};
  }
  return e;
}

Json to_json(const Network& net, const NetworkMeasures& e) {
  Json json = {{"net", net.model().net},
               {"kind", net.kind()},
               {"accuracy", e.accuracy()},
               {"correct", e.correct},
               {"images", e.pictures},
               {"images_per_s", e.pictures_per_s},
               {"top", e.top},
               {"top_accuracy", double(e.within_top) / e.pictures},
               {"energy", 1e-6 * e.energy},
               {"zero_share", e.zero_share ? Json(*e.zero_share) : Json()},
               {"classes", net.model().classes},
               {"confusion", e.confusion}};
  if (const auto& t = e.teacher)
    json["teacher"] = {
        {"file", t->file}, {"accuracy", t->accuracy}, {"agreement", t->agreement}, {"kl", t->kl}};
  return json;
}

std::string text(const Network& net, const NetworkMeasures& e) {
  char line[256];
  std::snprintf(line, sizeof line,
                "%s %s: %.2f %% of %d test pictures (%.2f %% within the first %d), %.1f uJ a "
                "picture, %.0f pictures/s\n",
                net.model().net.c_str(), net.kind(), 100 * e.accuracy(), e.pictures,
                100.0 * e.within_top / e.pictures, e.top, 1e-6 * e.energy, e.pictures_per_s);
  std::string all = line;
  if (e.zero_share) {
    std::snprintf(line, sizeof line, "zeros: %.1f %% of its activations\n", 100 * *e.zero_share);
    all += line;
  }
  if (const auto& t = e.teacher) {
    std::snprintf(line, sizeof line, "%.2f points below %s (%.2f %%), agreement %.2f %%, KL %.4f\n",
                  100 * (t->accuracy - e.accuracy()), t->file.c_str(), 100 * t->accuracy,
                  100 * t->agreement, t->kl);
    all += line;
  }
  return all;
}

Json to_json(const std::vector<Classified>& list) {
  Json json = Json::array();
  for (const Classified& c : list)
    json.push_back({{"image", c.image},
                    {c.error.empty() ? "class" : "error", c.error.empty() ? c.name : c.error}});
  return json;
}

}  // namespace tri
