// ./evaluate FILE: accuracy and speed of a teacher (.q8) or a student (.tri), or the classes of
// pictures.
#include "distill/judge/evaluate.h"

#include <chrono>
#include <iostream>

#include "data/cifar.h"
#include "data/download.h"
#include "data/base/file.h"
#include "data/images.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/cli/json.h"
#include "tools/cli/options.h"

using namespace tri;

namespace {

// A network from a file, as it is meant to run: with its staircases, if it has any.
class Network {
 public:
  explicit Network(const std::string& file) : net_(load_model(file, table_of)) {
    const Model& model = net_.model();
    if (!model.staircases.empty()) staircases_.emplace(model, model.staircases);
  }
  const std::string& name() const { return net_.model().net; }
  Shape input() const { return net_.model().layers.front().in; }
  int classes() const { return net_.model().layers.back().output.c; }
  const char* kind() const { return staircases_ ? "student" : "teacher"; }
  std::vector<int32_t> logits(const Dataset& pictures) const {  // [N][classes]
    return logits_of(net_, pictures, {.staircases = staircases_ ? &*staircases_ : nullptr});
  }

 private:
  IntNet net_;
  std::optional<Staircases> staircases_;
};

// The class of every picture. One that cannot be read does not keep the others from it; there is an
// Error in the end.
void classify(const Network& net, const std::vector<std::string>& images, bool json) {
  std::vector<uint8_t> pixels;
  std::vector<std::string> errors;  // one a picture, empty where it could be read
  for (const std::string& image : images) {
    errors.emplace_back();
    try {
      const std::vector<uint8_t> picture = decode_picture(image, net.input());
      pixels.insert(pixels.end(), picture.begin(), picture.end());
    } catch (const Error& error) {
      errors.back() = error.what();
      std::cerr << "error: " << error.what() << "\n";
    }
  }
  std::vector<int> classes;
  if (!pixels.empty()) {
    std::vector<uint16_t> labels(pixels.size() / net.input().size());
    const Dataset pictures(net.input(), {}, std::move(pixels), std::move(labels));
    classes = top1(net.logits(pictures), net.classes());
  }
  Json list = Json::array();
  size_t seen = 0;
  for (size_t i = 0; i < images.size(); ++i) {
    const bool good = errors[i].empty();
    const std::string text = good ? cifar10_classes()[size_t(classes[seen++])] : errors[i];
    list.push_back({{"image", images[i]}, {good ? "class" : "error", text}});
    if (good && !json) std::cout << images[i] << ": " << text << "\n";
  }
  if (json) std::cout << dump(list);
  if (seen < images.size())
    throw Error(std::to_string(images.size() - seen) + " of " + std::to_string(images.size()) +
                " pictures cannot be classified");
}

void measure(const Network& net, const Dataset& test, bool json) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const std::vector<int32_t> logits = net.logits(test);
  const double speed = test.size() / std::chrono::duration<double>(Clock::now() - begin).count();
  const int correct = count_correct(logits, test.labels(), net.classes());
  const double accuracy = double(correct) / test.size();
  if (json)
    std::cout << dump({{"net", net.name()},
                       {"kind", net.kind()},
                       {"accuracy", accuracy},
                       {"correct", correct},
                       {"images", test.size()},
                       {"images_per_s", speed}},
                      -1);
  else
    std::printf("%s %s: %.2f %% of %d test pictures, %.0f pictures/s\n", net.name().c_str(),
                net.kind(), 100 * accuracy, test.size(), speed);
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Measures a teacher or a student on the test set, or classifies pictures.\n"
      "Example: ./evaluate nets/weights/vgg19.q8 --json");
  std::string file, isa;
  DataOptions data;
  std::vector<std::string> images;
  bool json = false;
  options.add_option("FILE", file, "a .q8 or .tri file")->required();
  data.add_to(options);
  options.add_option("--images", images, "picture files to classify: JPEG, PNG, BMP, GIF, TGA, PSD, PGM or PPM");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_flag("--json", json, "results as JSON");
  return run_program(options, argc, argv, [&] {
    set_isa(isa);
    const Network net(file);
    if (!images.empty()) return classify(net, images, json);
    const auto folder = require_cifar10(data.folder, data.offline);
    const Dataset test = load_test(folder);
    require_fit(test, folder.string(), net.input(), net.classes());
    measure(net, test, json);
  });
}
