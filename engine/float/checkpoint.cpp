#include "engine/float/checkpoint.h"

#include <charconv>
#include <cmath>

#include "data/base/hash.h"
#include "data/base/sections.h"

namespace tri {
namespace {

constexpr FileKind kCheckpoint{"trickpt\n", 2, "checkpoint"};

template <class Number>
std::string text(Number number) {
  char digits[40];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class Values>
Writer numbers(const Values& values) {
  Writer part;
  part.number(uint64_t(values.size()));
  part.array(values);
  return part;
}

// Reads as many numbers as `values` has, each finite and at least `least`.
template <class Values>
void read_numbers(Reader in, float least, Values& values) {
  if (const auto size = in.number<uint64_t>(); size != values.size())
    in.fail("has " + std::to_string(size) + " numbers, expected " + std::to_string(values.size()));
  in.array(values.data(), values.size());
  in.end();
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]) || values[i] < least)
      in.fail("its number " + std::to_string(i) + " is " + std::to_string(values[i]) +
              ", which no training leaves");
}

void require_same(Reader in, const Identity& expected) {
  std::string differs;
  const auto add = [&](const std::string& name, const std::string& was, const std::string& is) {
    differs += (differs.empty() ? "" : ", ") + name + " was " + was + " and is " + is;
  };
  Identity found;
  while (!in.done()) {
    const std::string name = in.text();
    found.emplace_back(name, in.text());
  }
  const auto value = [](const Identity& identity, const std::string& name) {
    for (const auto& [other, text] : identity)
      if (other == name) return text;
    return std::string("unknown");
  };
  for (const auto& [name, is] : expected)
    if (const std::string was = value(found, name); was != is) add(name, was, is);
  for (const auto& [name, was] : found)
    if (value(expected, name) == "unknown") add(name, was, "unknown");
  if (!differs.empty()) in.fail("is of another training: " + differs);
}

}  // namespace

Identity identity_of(const std::string& net, const std::vector<Layer>& layers, const Recipe& recipe,
                     const Dataset& data) {
  const Augment& a = recipe.augment;
  Identity identity = {{"the net", net},
                       {"the layer table's hash", text(hash(layers))},
                       {"--epochs", text(recipe.epochs)},
                       {"--narrow-epochs", text(recipe.narrow_epochs)},
                       {"the epochs of QAT", text(recipe.qat_epochs)},
                       {"--batch", text(recipe.batch)},
                       {"--rate", text(recipe.rate)},
                       {"the warm-up", text(recipe.warm)},
                       {"the momentum", text(recipe.momentum)},
                       {"the decay", text(recipe.decay)},
                       {"the label smoothing", text(recipe.smoothing)},
                       {"the crop", text(a.crop)},
                       {"the flip", a.flip ? "on" : "off"},
                       {"--cutout", text(a.cutout)},
                       {"--seed", text(recipe.seed)},
                       {"the number of pictures", text(data.size())},
                       {"the pictures' checksum", text(fnv1a(data.pixels()))},
                       {"the labels' checksum", text(fnv1a(data.labels()))}};
  // Checkpoints of before there were parts have none.
  if (recipe.parts != 1) identity.emplace_back("--parts", text(recipe.parts));
  return identity;
}

void share(const Ranks& ranks, Training& training, const std::function<Net(int epoch)>& net_at) {
  const auto each = [&](auto f) {
    Net& net = training.net;
    for (Buffer<float>* values :
         {&net.params, &training.velocity, &net.running_mean, &net.running_variance})
      f(*values);
    f(net.scale);
  };
  std::vector<int32_t> state = {training.epoch, training.net.quantized};
  Writer out;
  out.array(state);
  each([&](const auto& values) { out.array(values); });
  Bytes bytes = out.bytes();
  ranks.broadcast(bytes);
  if (ranks.rank() == 0) return;
  Reader in("the training of rank 0", std::move(bytes));
  in.array(state.data(), state.size());
  training = Training(net_at(state[0]));
  training.epoch = state[0];
  training.net.quantized = state[1] != 0;
  each([&](auto& values) { in.array(values.data(), values.size()); });
  in.end();
}

void save_checkpoint(const Training& training, const Identity& identity,
                     const std::filesystem::path& file) {
  const Net& net = training.net;
  Writer who, progress;
  for (const auto& [name, value] : identity) who.text(name), who.text(value);
  progress.number(int32_t(training.epoch));
  progress.number(uint8_t(net.quantized));
  SectionWriter out(kCheckpoint);
  out.add("identity", who);
  out.add("progress", progress);
  out.add("parameters", numbers(net.params));
  out.add("velocity", numbers(training.velocity));
  out.add("running means", numbers(net.running_mean));
  out.add("running variances", numbers(net.running_variance));
  out.add("scales", numbers(net.scale));
  out.save(file);
}

Training load_checkpoint(const std::filesystem::path& file, const Identity& identity,
                         const Recipe& recipe, const std::function<Net(int epoch)>& net_at) {
  const SectionReader in(file, kCheckpoint, 1ull << 32,
                         {"identity", "progress", "parameters", "velocity", "running means",
                          "running variances", "scales"});
  require_same(in.section("identity"), identity);
  Reader progress = in.section("progress");
  const auto epoch = progress.number<int32_t>();
  const auto quantized = progress.number<uint8_t>();
  progress.end();
  if (epoch < 1 || epoch > recipe.epochs)
    progress.fail("its epoch is " + std::to_string(epoch) + " of " + std::to_string(recipe.epochs));
  if (quantized != (epoch > recipe.epochs - recipe.qat_epochs))
    progress.fail("after epoch " + std::to_string(epoch) + " QAT is " + std::to_string(quantized) +
                  ", expected " + std::to_string(!quantized));
  Training training(net_at(epoch));
  Net& net = training.net;
  training.epoch = epoch;
  net.quantized = quantized;
  constexpr float kAny = -HUGE_VALF;
  read_numbers(in.section("parameters"), kAny, net.params);
  read_numbers(in.section("velocity"), kAny, training.velocity);
  read_numbers(in.section("running means"), kAny, net.running_mean);
  read_numbers(in.section("running variances"), 0, net.running_variance);
  read_numbers(in.section("scales"), 0, net.scale);
  for (size_t i = 0; i < net.layers.size(); ++i)
    if (net.layers[i].has_sums() && !net.layers[i].is_logits() && net.quantized &&
        !std::isnormal(net.scale[i]))
      in.section("scales").fail("that of layer " + net.layers[i].name + " is not above 0");
  return training;
}

}  // namespace tri
