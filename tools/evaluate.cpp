// ./evaluate FILE: what a teacher (.q8) or a student (.tri) is worth on the test set, or the
// classes of pictures.
#include <algorithm>
#include <iostream>

#include "data/altered.h"
#include "data/base/error.h"
#include "data/base/serial.h"
#include "data/cifar.h"
#include "data/download.h"
#include "engine/kernels/dispatch/isa.h"
#include "tools/cli/options.h"
#include "tools/pipeline/energy_table.h"
#include "tools/pipeline/evaluation.h"

using namespace tri;

namespace {

void print_classes(const std::vector<Classified>& list, bool json) {
  for (const Classified& c : list) {
    if (!c.error.empty())
      std::cerr << "error: " << c.error << "\n";
    else if (!json)
      std::cout << c.image << ": " << c.name << "\n";
  }
  if (json) std::cout << dump(to_json(list));
  const auto failed = std::ranges::count_if(list, [](auto& c) { return !c.error.empty(); });
  if (failed > 0)
    throw Error(std::to_string(failed) + " of " + std::to_string(list.size()) +
                " pictures cannot be classified");
}

// [pictures][classes], as they lie: little-endian.
void write_logits(const std::vector<int32_t>& logits, const std::string& file) {
  Writer bytes;
  bytes.array(logits);
  write_file(file, bytes.bytes());
}

}  // namespace

int main(int argc, char** argv) {
  Options options(
      "Measures a teacher or a student on the test set, or classifies pictures.\n"
      "Example: ./evaluate nets/weights/vgg19.q8 --json");
  std::string file, isa, logits;
  DataOptions data;
  std::vector<std::string> images;
  std::string teacher, energies, alter;
  int top = 5;
  bool json = false;
  options.add_option("FILE", file, "a .q8 or .tri file")->required();
  data.add_to(options);
  auto* pictures = options.add_option(
      "--images", images, "picture files to classify: JPEG, PNG, BMP, GIF, TGA, PSD, PGM or PPM");
  options
      .add_option("--logits", logits,
                  "file to write the logits of the test pictures to, in their order: 32-bit "
                  "integers [pictures][classes], little-endian")
      ->excludes(pictures);
  options.add_option("--teacher", teacher, "a .q8 or .tri file to compare with")
      ->check(CLI::ExistingFile);
  options.add_option("--top", top, "also count labels among so many largest logits")
      ->check(CLI::Range(1, kMostClasses));
  options.add_option("--alter", alter,
                     "what happens to the test pictures first: jpeg:QUALITY, shift:PIXELS or flip");
  options.add_option("--energy-table", energies, "JSON file of energies: README.md shows one")
      ->check(CLI::ExistingFile);
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_flag("--json", json, "results as JSON");
  return run_program(options, argc, argv, [&] {
    set_isa(isa);
    const Network net(file);
    if (!images.empty()) return print_classes(classify(net, images), json);
    const auto folder = require_cifar10(data.folder, data.offline);
    Dataset test = load_test(folder);
    require_fit(test, folder.string(), net.input(), net.classes());
    if (!alter.empty()) test = altered(test, alter);
    const EnergyTable table = energies.empty() ? EnergyTable() : load_energy_table(energies);
    const NetworkMeasures measured = evaluate(net, test, top, teacher, table);
    if (!logits.empty()) write_logits(measured.logits, logits);
    std::cout << (json ? dump(to_json(net, measured), -1) : text(net, measured));
  });
}
