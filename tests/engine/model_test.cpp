#include "engine/integer/model.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>

#include "data/base/file.h"
#include "distill/judge/evaluate.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

std::vector<Layer> table(const std::string& net) {
  std::vector<Layer> layers;
  if (net == "random") layers = every_kind_of_layer(false);
  if (net == "other") layers = every_kind_of_layer(true);
  resolve(layers, {32, 32, 3});
  return layers;
}

Model student() {
  Rng rng(3);
  Model model = random_model(every_kind_of_layer(false), rng);
  model.staircases = random_staircases(model, rng);
  return model;
}

// The size and the checksum of a file that was changed on purpose.
void sign(std::vector<uint8_t>& bytes) {
  const uint64_t size = bytes.size();
  std::memcpy(bytes.data() + 12, &size, 8);
  uint64_t h = 0xcbf29ce484222325ull;
  for (size_t i = 0; i + 8 < bytes.size(); ++i) h = (h ^ bytes[i]) * 0x100000001b3ull;
  std::memcpy(bytes.data() + bytes.size() - 8, &h, 8);
}

// Writes a file without waiting for the disk, as write_file would: there are hundreds of them.
void put(const std::filesystem::path& file, std::span<const uint8_t> bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
}

std::string reason(const std::filesystem::path& file) {
  try {
    load_model(file, table);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool mentions(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("a model comes back from its file as it was saved") {
  Scratch scratch;
  for (bool teacher : {true, false}) {
    Model model = student();
    if (teacher) model.staircases.clear();
    save(model, scratch.path / "model");
    const Model back = load_model(scratch.path / "model", table);
    CHECK(back.net == model.net);
    CHECK(hash(back.layers) == hash(model.layers));
    CHECK(back.staircases == model.staircases);
    REQUIRE(back.quant.size() == model.quant.size());
    for (size_t i = 0; i < model.quant.size(); ++i) {
      const QuantLayer &a = back.quant[i], &b = model.quant[i];
      CHECK(a.weights == b.weights);
      CHECK(a.bias == b.bias);
      CHECK(a.m == b.m);
      CHECK(a.shift == b.shift);
      CHECK((a.scale == b.scale || !model.layers[i].has_weights()));
      CHECK(a.mean == b.mean);
      CHECK(a.variance == b.variance);
    }
  }
}

TEST_CASE("taps are the activated layers, in order") {
  const Model model = student();
  CHECK(model.taps() == 6);
  CHECK(model.tap_layers() == std::vector<int>{0, 2, 3, 4, 5, 8});
}

TEST_CASE("a model file cut off anywhere is refused") {
  Scratch scratch;
  const auto file = scratch.path / "model";
  save(student(), file);
  const std::vector<uint8_t> whole = read_file(file);
  for (size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 97) {
    put(file, std::span(whole).first(size));
    CHECK(mentions(reason(file), file.string()));
  }
  put(file, std::span(whole).first(whole.size() - 1));
  CHECK(mentions(reason(file), "truncated"));
  std::vector<uint8_t> longer = whole;
  longer.push_back(0);
  put(file, longer);
  CHECK(mentions(reason(file), "bytes added"));
}

TEST_CASE("a flipped bit anywhere is noticed") {
  Scratch scratch;
  const auto file = scratch.path / "model";
  save(student(), file);
  std::vector<uint8_t> bytes = read_file(file);
  for (size_t at = 0; at < bytes.size(); at += at < 200 ? 1 : 97) {
    const auto bit = uint8_t(1 << (at % 8));
    bytes[at] ^= bit;
    put(file, bytes);
    CHECK(reason(file) != "");
    bytes[at] ^= bit;
  }
}

TEST_CASE("a foreign file, version, net or layer table is refused with its reason") {
  Scratch scratch;
  const auto file = scratch.path / "model";
  write_file(file, std::string("a letter, not a model"));
  CHECK(mentions(reason(file), "not a tri-segment model"));
  CHECK(mentions(reason(scratch.path / "none"), "cannot be read"));

  save(student(), file);
  const std::vector<uint8_t> good = read_file(file);
  const auto changed = [&](const std::function<void(std::vector<uint8_t>&)>& change) {
    std::vector<uint8_t> bytes = good;
    change(bytes);
    sign(bytes);
    put(file, bytes);
    return reason(file);
  };
  constexpr size_t kVersionAt = 8, kNetAt = 21, kHashAt = 27, kWeightsAt = 39;
  CHECK(changed([](auto&) {}) == "");
  CHECK(mentions(changed([](auto& b) { b[kVersionAt] = 9; }), "version 9"));
  CHECK(mentions(changed([](auto& b) { b[kNetAt] = 'R'; }), "'Random', which this program does"));
  CHECK(mentions(changed([](auto& b) { b[kNetAt] = '\x1b'; }), "'?'"));
  CHECK(mentions(changed([](auto& b) { b[kNetAt - 1] = 255; }), "does not know"));
  CHECK(mentions(changed([](auto& b) { b[kHashAt]++; }), "another layer table"));
  CHECK(mentions(changed([](auto& b) { b[kWeightsAt] = 0x80; }), "conv1: a weight is -128"));
  CHECK(mentions(changed([](auto& b) { b[b.size() - 8 - 30 - 4] = 5; }), "holds 5 staircases"));
  CHECK(mentions(changed([](auto& b) { b[b.size() - 8 - 30 - 4] = 0; }), "30 bytes too many"));
}

TEST_CASE("a file made shorter or longer with a right checksum is refused, whatever the length") {
  Scratch scratch;
  const auto file = scratch.path / "model";
  save(student(), file);
  const std::vector<uint8_t> whole = read_file(file);
  constexpr size_t kLeast = 8 + 4 + 8 + 8;  // magic, version, size, checksum
  for (size_t size = kLeast; size < whole.size(); ++size) {
    if (size > 200 && size + 200 < whole.size() && size % 53 != 0) continue;
    std::vector<uint8_t> bytes(whole.begin(), whole.begin() + ptrdiff_t(size));
    sign(bytes);
    put(file, bytes);
    CAPTURE(size);
    CHECK(mentions(reason(file), file.string()));
  }
}

TEST_CASE("a file with wrong bytes and a right checksum is refused, or is a network that runs") {
  Scratch scratch;
  const auto file = scratch.path / "model";
  save(student(), file);
  const std::vector<uint8_t> good = read_file(file);
  Rng rng(8);
  const Dataset pictures(kPicture, {}, random_pixels(1, rng), {0});
  int refused = 0, ran = 0;
  for (int round = 0; round < 150; ++round) {
    std::vector<uint8_t> bytes = good;
    const size_t n = bytes.size() - 8;
    for (int hits = 1 + rng.below(3); hits > 0; --hits) {
      // Half of the hits at the end, where the logits' layer and the staircases are.
      const size_t at = rng.below(2) ? size_t(rng.below(int(n))) : n - 1 - size_t(rng.below(300));
      bytes[at] = rng.below(4) ? uint8_t(rng.below(256)) : uint8_t(255 * rng.below(2));
    }
    sign(bytes);
    put(file, bytes);
    try {
      const IntNet net(load_model(file, table));
      const auto& f = net.model().staircases;
      std::optional<Staircases> staircases;
      if (!f.empty()) staircases.emplace(net.model(), f);
      CHECK(logits_of(net, pictures, f.empty() ? nullptr : &*staircases).size() == kClasses);
      ++ran;
    } catch (const Error& error) {
      CHECK(mentions(error.what(), file.string()));
      ++refused;
    }
  }
  CHECK(refused > 20);
  CHECK(ran > 20);
}

TEST_CASE("numbers that the integer arithmetic cannot rely on are refused") {
  Scratch scratch;
  const auto refused = [&](const char* why, const std::function<void(Model&)>& change) {
    Model model = student();
    change(model);
    try {
      save(model, scratch.path / "model");
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(mentions(error.what(), why));
      CHECK(!std::filesystem::exists(scratch.path / "model"));
      return;
    }
    FAIL("accepted, expected: " << why);
  };
  refused("scale", [](Model& m) { m.quant[0].scale = NAN; });
  refused("scale", [](Model& m) { m.quant[0].scale = 0; });
  refused("weight", [](Model& m) { m.quant[3].weights[5] = -128; });
  refused("overflow", [](Model& m) { m.quant[3].bias[5] = INT32_MIN; });
  refused("overflow", [](Model& m) { m.quant[3].bias[5] = INT32_MAX - 1; });
  refused("multiplier", [](Model& m) { m.quant[0].m[1] = (1 << 30) - 1; });
  refused("shift", [](Model& m) { m.quant[0].shift[1] = 0; });
  refused("shift", [](Model& m) { m.quant[0].shift[1] = 63; });
  refused("mean", [](Model& m) { m.quant[0].mean[1] = INFINITY; });
  refused("variance", [](Model& m) { m.quant[0].variance[1] = -1; });
  refused("order", [](Model& m) { m.staircases[0] = TriSegment{9, 1, 8, 2}; });
}

TEST_CASE("saving over a model leaves no other file behind") {
  Scratch scratch;
  save(student(), scratch.path / "model");
  save(student(), scratch.path / "model");
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(scratch.path))
    ++files;
  CHECK(files == 1);
  CHECK_THROWS_AS(save(student(), scratch.path / "none" / "model"), Error);
}
