#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>

#include "data/base/file.h"
#include "distill/judge/evaluate.h"
#include "engine/integer/model_file.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Files of version 2 hold their tables.
std::vector<Layer> table(const std::string&) { return {}; }

Model student(bool residual = false) {
  Rng rng(3);
  Model model = random_model(residual ? residual_layers() : every_kind_of_layer(false), rng);
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
  for (const auto& [teacher, residual] :
       {std::pair(true, false), {false, false}, {true, true}, {false, true}}) {
    Model model = student(residual);
    if (!teacher) model.staircases[1] = TriSegment{9, 77, 9, 77};  // two levels
    if (teacher) model.staircases.clear();
    if (!teacher) model.teacher = 0x123456789abcdef;
    save(model, scratch.path / "model");
    const Model back = load_model(scratch.path / "model", table);
    CHECK(back.net == model.net);
    CHECK(back.classes == model.classes);
    CHECK(back.layers.front().in == model.layers.front().in);
    CHECK(hash(back.layers) == hash(model.layers));
    CHECK(back.staircases == model.staircases);
    CHECK(back.teacher == model.teacher);
    CHECK(checksum(back) == checksum(model));
    Model other = model;
    other.attention = {};
    CHECK(checksum(other) == checksum(model));
    other.quant[0].bias[0] += 1;
    CHECK(checksum(other) != checksum(model));
    REQUIRE(back.quant.size() == model.quant.size());
    for (size_t i = 0; i < model.quant.size(); ++i) {
      const QuantLayer &a = back.quant[i], &b = model.quant[i];
      CHECK(a.weights == b.weights);
      CHECK(a.factors == b.factors);
      CHECK(a.bias == b.bias);
      CHECK(a.m == b.m);
      CHECK(a.shift == b.shift);
      CHECK((a.scale == b.scale || !model.layers[i].has_sums()));
      CHECK(a.mean == b.mean);
      CHECK(a.variance == b.variance);
    }
  }
}

TEST_CASE("taps are the layers with ReLU, in order") {
  const Model model = student();
  CHECK(model.taps() == 6);
  CHECK(model.tap_rows() == std::vector<int>{0, 2, 3, 4, 5, 8});
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

TEST_CASE("a foreign file, version or table is refused with its reason") {
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
  constexpr size_t kVersionAt = 8, kPictureAt = 27, kZeroAt = 33, kClassesAt = 38;
  constexpr size_t kRowsAt = kClassesAt + 2 + 10 * 8 + 2, kOutAt = kRowsAt + 2 + 2 + 6;
  CHECK(changed([](auto&) {}) == "");
  CHECK(mentions(changed([](auto& b) { b[kVersionAt] = 9; }), "version 9"));
  CHECK(mentions(changed([](auto& b) { b[kPictureAt] = 1; }), "holds no network: layer"));
  CHECK(
      mentions(changed([](auto& b) { b[kPictureAt + 1] = 50; }), "holds no network: pictures of"));
  CHECK(mentions(changed([](auto& b) { b[kZeroAt] = 5; }), "normalizes"));
  CHECK(mentions(changed([](auto& b) { b[kRowsAt] = 0; }), "a table of 0 layers"));
  CHECK(mentions(changed([](auto& b) { b[kRowsAt + 2] = 6; }), "a kind that this program"));
  CHECK(mentions(changed([](auto& b) { b[kRowsAt + 3] = 2; }), "follow the logits"));
  CHECK(mentions(changed([](auto& b) { b[kRowsAt + 5] = '\x1b'; }), "a plain name"));
  CHECK(mentions(changed([](auto& b) { b[kOutAt + 3] = 1; }), "channels, expected"));
  CHECK(mentions(changed([](auto& b) {
                   b[kOutAt + 4] = 0;
                   b[kOutAt + 6] = 0;
                 }),
                 "out of range"));
  CHECK(mentions(changed([](auto& b) { b[b.size() - 17] = 5; }), "a layer of 5 levels"));
}

TEST_CASE("tables that are no network are refused, naming the row") {
  const auto refused = [](std::vector<Layer> layers, const std::string& why) {
    try {
      resolve(layers, {8, 8, 3});
      require_network(layers);
    } catch (const Error& error) {
      INFO(std::string(error.what()));
      CHECK(mentions(error.what(), why));
      return;
    }
    FAIL("accepted, expected: " << why);
  };
  const Layer end = logits(linear("fc", 4));
  refused({}, "0 layers");
  refused({conv3("a", 4), reading(conv3("b", 4), "c"), end}, "layer b: reads 'c', which no row");
  refused({conv3("a", 4), reading(conv3("b", 4), "b"), end}, "layer b: reads 'b', which no row");
  refused({conv3("a", 4), conv3("a", 4), reading(end, "a")},
          "layer fc: reads 'a', a name that two");
  refused({conv3("a", 4), conv3("a", 4), end}, "layer a: two rows have this name");
  refused({conv3("a", 4), conv3("b", 5), add("c", "a", "b"), end}, "layer c: adds 8 x 8 x 4 to");
  refused({conv3("a", 4), reading(add("c", "", ""), "a"), end},
          "layer c: has 1 inputs, expected 2");
  refused({conv3("a", 4), conv3("b", 5), reading(end, "a")}, "layer b: no row reads it");
  refused({pool("p", 9, 1), end}, "layer p: a kernel of 9 does not fit a map of 8 x 8");
  refused({conv3("a", 4)}, "layer a: no row makes the logits");
  refused({end, pool("p", 1, 1)}, "layer p: only an average may follow the logits");
  refused({logits(pw("fc", 4))}, "layer fc: returns 8 x 8 x 4");
  refused({conv("a", 1 << 14, 1, 1, 0), conv("b", 4, 3, 1, 1), end},
          "layer b: has too many weights");
  refused({logits(add("c", "a", "a"))}, "layer c: reads 'a', which no row");
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
  const Dataset pictures(kPictureShape, {}, random_pixels(1, rng), {0});
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
      CHECK(logits_of(net, pictures, {.staircases = f.empty() ? nullptr : &*staircases}).size() ==
            kClasses);
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
      INFO(std::string(error.what()));
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
