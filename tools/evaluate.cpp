// ./evaluate FILE: accuracy and speed of a teacher (.q8) or a student (.tri), or the classes of
// pictures.
#include "distill/evaluate.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/images.h"
#include "nets/nets.h"
#include "tools/options.h"

using namespace tri;
using Json = nlohmann::ordered_json;

int main(int argc, char** argv) {
  Options options(
      "Measures a teacher or a student on the CIFAR-10 test set, or classifies pictures.\n"
      "Example: ./evaluate nets/weights/vgg19.q8 --json");
  std::string file, data, isa;
  std::vector<std::string> images;
  bool json = false;
  options.add_option("FILE", file, "a .q8 or .tri file")->required();
  options.add_option("--data", data, "folder of CIFAR-10's binary version");
  options.add_option("--images", images, "picture files to classify");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_flag("--json", json, "results as JSON");
  return run_program(options, argc, argv, [&] {
    const IntNet net(load_model(file, table_of), isa);
    const Model& model = net.model();
    const bool student = !model.staircases.empty();
    std::optional<Staircases> staircases;
    if (student) staircases.emplace(model, model.staircases);
    const auto logits = [&](const Dataset& pictures) {
      return logits_of(net, pictures, student ? &*staircases : nullptr);
    };

    if (!images.empty()) {
      Dataset pictures;
      for (const std::string& image : images) {
        const auto pixels = decode_picture(image);
        pictures.pixels.insert(pictures.pixels.end(), pixels.begin(), pixels.end());
        pictures.labels.push_back(0);
      }
      const std::vector<int> classes = top1(logits(pictures), kClasses);
      Json list = Json::array();
      for (size_t i = 0; i < images.size(); ++i) {
        list.push_back({{"image", images[i]}, {"class", kClassNames[classes[i]]}});
        if (!json) std::cout << images[i] << ": " << kClassNames[classes[i]] << "\n";
      }
      if (json) std::cout << list.dump(2) << "\n";
      return;
    }

    const auto folder = find_cifar10(data);
    if (folder.empty())
      throw Error("no CIFAR-10 found: name its folder with --data, or run 'make cifar10'");
    const Dataset test = load_test(folder);
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<int32_t> result = logits(test);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const int correct = count_correct(result, test.labels, kClasses);
    const Json row = {{"net", model.net},
                      {"kind", student ? "student" : "teacher"},
                      {"accuracy", double(correct) / test.size()},
                      {"correct", correct},
                      {"images", test.size()},
                      {"images_per_s", test.size() / seconds}};
    if (json)
      std::cout << row.dump() << "\n";
    else
      std::printf("%s %s: %.2f %% of %d test pictures, %.0f pictures/s\n", model.net.c_str(),
                  student ? "student" : "teacher", 100.0 * correct / test.size(), test.size(),
                  test.size() / seconds);
  });
}
