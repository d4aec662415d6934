// Checkpoints: what they hold, and what they refuse.
#include "engine/float/checkpoint.h"

#include <cmath>
#include <limits>

#include "data/base/sections.h"
#include "tests/support/small_training.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Contains;

namespace {

// The same data set but for one pixel or one label.
Dataset with_another_pixel(const Dataset& data) {
  std::vector<uint8_t> pixels = pixels_of(data);
  ++pixels[9];
  return {data.shape(), data.classes(), std::move(pixels), labels_of(data)};
}
Dataset with_another_label(const Dataset& data) {
  std::vector<uint16_t> labels = labels_of(data);
  labels[9] = uint16_t((labels[9] + 1) % 10);
  return data.relabeled(data.classes(), std::move(labels));
}

Recipe short_recipe() {
  Recipe recipe;
  recipe.epochs = 4, recipe.qat_epochs = 2, recipe.batch = 50, recipe.rate = 0.05f;
  return recipe;
}

void quiet(const Progress&) {}

Net fresh(int) { return Net("small", small_layers(), Rng(77)); }

Training train(const Recipe& recipe, const Dataset& data, int epochs) {
  Training training(Net("small", small_layers(), Rng(1)));
  while (training.epoch < epochs)
    train_epoch(training, recipe, cross_entropy(recipe.smoothing), data, quiet);
  return training;
}

// A checkpoint after three of four epochs, and how to read it.
struct Saved {
  Scratch scratch;
  std::filesystem::path file = scratch.path / "net.ckpt";
  Recipe recipe = short_recipe();
  Dataset data = bright_pictures(100);
  Training training = train(recipe, data, 3);
  Identity identity = identity_of("small", small_layers(), recipe, data);
  void save() const { save_checkpoint(training, identity, file); }
  Training load() const { return load_checkpoint(file, identity, recipe, fresh); }
  // What is wrong with the file; empty: nothing.
  std::string error() const {
    try {
      load();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
};

constexpr FileKind kKind{"trickpt\n", 2, "checkpoint"};
const auto kSections = {"identity",      "progress",          "parameters", "velocity",
                        "running means", "running variances", "scales"};

// The file again, without one of its sections, and with another one.
void rewrite(const std::filesystem::path& file, const std::string& without,
             const std::string& name = "", const Writer& contents = Writer()) {
  const SectionReader in(file, kKind, 1 << 30, kSections);
  SectionWriter out(kKind);
  for (const std::string section : kSections) {
    if (section == without) continue;
    Reader from = in.section(section);
    Writer part;
    while (!from.done()) part.number(from.number<uint8_t>());
    out.add(section, part);
  }
  if (!name.empty()) out.add(name, contents);
  out.save(file);
}

}  // namespace

TEST_CASE("a training that goes on from a checkpoint ends where the unbroken one does") {
  const Dataset data = bright_pictures(500);
  const Recipe recipe = short_recipe();
  const Identity identity = identity_of("small", small_layers(), recipe, data);
  const Loss loss = cross_entropy(recipe.smoothing);
  const Scratch folder;
  const auto file = folder.path / "net.ckpt";
  Training whole(Net("small", small_layers(), Rng(1))), broken = whole;
  while (whole.epoch < recipe.epochs) train_epoch(whole, recipe, loss, data, quiet);
  while (broken.epoch < recipe.epochs) {
    train_epoch(broken, recipe, loss, data, quiet);
    save_checkpoint(broken, identity, file);
    broken = load_checkpoint(file, identity, recipe, fresh);
  }
  CHECK(same(whole, broken));
}

TEST_CASE("a damaged checkpoint is refused") {
  const Saved saved;
  saved.save();
  CHECK(saved.error().empty());
  const auto bytes = read_file(saved.file);
  for (size_t at : {size_t(3), size_t(9), size_t(14), bytes.size() / 2, bytes.size() - 1}) {
    auto broken = bytes;
    broken[at] ^= 4;
    write_file(saved.file, broken);
    CHECK_THROWS_AS(saved.load(), Error);
    broken.resize(at);
    write_file(saved.file, broken);
    CHECK_THROWS_AS(saved.load(), Error);
  }
}

TEST_CASE("a checkpoint of another training is refused, with all that differs") {
  Saved saved;
  saved.save();
  const Identity before = saved.identity;
  for (size_t i = 0; i < before.size(); ++i) {
    CAPTURE(before[i].first);
    saved.identity = before;
    saved.identity[i].second += "7";
    CHECK(saved.error().find(before[i].first + " was " + before[i].second + " and is " +
                             before[i].second + "7") != std::string::npos);
  }
  // Every field of the recipe, the table, the pictures and the labels are among it.
  const auto refused = [&](auto change) {
    Recipe recipe = short_recipe();
    std::string net = "small";
    auto layers = small_layers();
    Dataset data = saved.data;
    change(recipe, net, layers, data);
    saved.identity = identity_of(net, layers, recipe, data);
    return saved.error();
  };
  using Layers = std::vector<Layer>;
  using Change = std::function<void(Recipe&, std::string&, Layers&, Dataset&)>;
  const std::pair<const char*, Change> changes[] = {
      {"--epochs was 4 and is 5", [](Recipe& r, auto&&...) { r.epochs = 5; }},
      {"--narrow-epochs was 0 and is 1", [](Recipe& r, auto&&...) { r.narrow_epochs = 1; }},
      {"the epochs of QAT was 2 and is 1", [](Recipe& r, auto&&...) { r.qat_epochs = 1; }},
      {"--batch was 50 and is 25", [](Recipe& r, auto&&...) { r.batch = 25; }},
      {"--rate was 0.05 and is 0.1", [](Recipe& r, auto&&...) { r.rate = 0.1f; }},
      {"the warm-up was 0.2 and is 0.3", [](Recipe& r, auto&&...) { r.warm = 0.3f; }},
      {"the momentum was 0.9 and is 0.8", [](Recipe& r, auto&&...) { r.momentum = 0.8f; }},
      {"the decay was 5e-04 and is 0.25", [](Recipe& r, auto&&...) { r.decay = 0.25f; }},
      {"the label smoothing was 0.1 and is 0", [](Recipe& r, auto&&...) { r.smoothing = 0; }},
      {"the crop was 4 and is 2", [](Recipe& r, auto&&...) { r.augment.crop = 2; }},
      {"the flip was on and is off", [](Recipe& r, auto&&...) { r.augment.flip = false; }},
      {"--cutout was 8 and is 0", [](Recipe& r, auto&&...) { r.augment.cutout = 0; }},
      {"--seed was 1 and is 2", [](Recipe& r, auto&&...) { r.seed = 2; }},
      {"the net was small and is tiny", [](auto&, std::string& n, auto&&...) { n = "tiny"; }},
      {"the layer table's hash was",
       [](auto&, auto&, Layers& l, auto&) {
         l[0] = conv("a", 8, 3, 2, 1), resolve(l, {kSide, kSide, kChannels});
       }},
      {"the pictures' checksum was",
       [](auto&, auto&, auto&, Dataset& d) { d = with_another_pixel(d); }},
      {"the labels' checksum was",
       [](auto&, auto&, auto&, Dataset& d) { d = with_another_label(d); }},
  };
  for (const auto& [words, change] : changes) {
    CAPTURE(words);
    CHECK(refused(change).find(words) != std::string::npos);
  }
}

TEST_CASE("a checkpoint with numbers that no training leaves is refused with the reason") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  Saved saved;
  Training& t = saved.training;
  Net& net = t.net;
  const auto error_with = [&](float& number, float hostile) {
    const float before = std::exchange(number, hostile);
    saved.save();
    number = before;
    return saved.error();
  };
  for (const float hostile : {kNan, HUGE_VALF, -HUGE_VALF}) {
    CHECK(error_with(net.params[7], hostile).find("'parameters': its number 7 is") !=
          std::string::npos);
    CHECK(error_with(t.velocity[0], hostile).find("'velocity'") != std::string::npos);
    CHECK(error_with(net.running_mean[1], hostile).find("'running means'") != std::string::npos);
    CHECK(error_with(net.running_variance[1], hostile).find("'running variances'") !=
          std::string::npos);
    CHECK(error_with(net.scale[0], hostile).find("'scales'") != std::string::npos);
  }
  CHECK(error_with(net.running_variance[0], -1).find("number 0 is -1") != std::string::npos);
  CHECK(error_with(net.scale[1], 0).find("that of layer b is not above 0") != std::string::npos);
  CHECK(error_with(net.scale[1], 1e-42f).find("that of layer b is not above 0") !=
        std::string::npos);
  for (const int epoch : {-1, 0, 5, std::numeric_limits<int>::max()}) {
    const int before = std::exchange(t.epoch, epoch);
    saved.save();
    t.epoch = before;
    CHECK(saved.error().find("its epoch is " + std::to_string(epoch) + " of 4") !=
          std::string::npos);
  }
  net.quantized = false;
  saved.save();
  CHECK(saved.error().find("after epoch 3 QAT is 0, expected 1") != std::string::npos);
}

TEST_CASE(
    "a checkpoint's sections: each must be there, once, of its size; others may be passed over") {
  const Saved saved;
  for (const std::string section : kSections) {
    CAPTURE(section);
    saved.save();
    rewrite(saved.file, section);
    CHECK(saved.error().find("has no section '" + section + "'") != std::string::npos);
    saved.save();
    rewrite(saved.file, "", section);
    CHECK(saved.error().find("has the section '" + section + "' twice") != std::string::npos);
    saved.save();
    rewrite(saved.file, section, section);
    CHECK(!saved.error().empty());
    Writer more;
    more.number(uint64_t(1) << 62);
    saved.save();
    rewrite(saved.file, section, section, more);
    CHECK(!saved.error().empty());
  }
  saved.save();
  rewrite(saved.file, "", "average of weights?");
  CHECK(same(saved.load(), saved.training));
  saved.save();
  rewrite(saved.file, "", "average of weights");
  CHECK(saved.error().find("has a section 'average of weights' that this version of the program "
                           "does not know") != std::string::npos);
}
