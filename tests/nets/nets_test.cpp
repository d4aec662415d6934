#include "nets/nets.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "data/base/error.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Weights in millions, and activated layers.
struct Size {
  double weights;
  int taps;
};

Size size_of(const std::vector<Layer>& layers) {
  Size size{0, 0};
  for (const Layer& l : layers) size.weights += double(l.weights()) / 1e6, size.taps += l.is_tap();
  return size;
}

}  // namespace

TEST_CASE("the networks have the layers and the size the literature gives them") {
  const std::vector<std::pair<std::string, Size>> expected = {
      {"vgg16", {14.72, 13}},      {"vgg19", {20.02, 16}},      {"alexnet", {4.85, 7}},
      {"nin", {0.97, 8}},          {"mobilenetv1", {3.19, 27}}, {"resnet20", {0.27, 19}},
      {"mobilenetv2", {2.20, 35}},
  };
  CHECK(net_names().size() == expected.size());
  for (const auto& [name, size] : expected) {
    const std::string& net = name;
    CAPTURE(net);
    const auto layers = table_of(net);
    CHECK(size_of(layers).weights == doctest::Approx(size.weights).epsilon(0.01));
    CHECK(size_of(layers).taps == size.taps);
    CHECK(layers.back().output == Shape{1, 1, 10});
    CHECK(!std::any_of(layers.begin(), layers.end(),
                       [](const Layer& l) { return l.is_tap() && l.out == 10; }));
  }
  CHECK(table_of("vgg11").empty());
}

TEST_CASE("the committed teachers are of these very tables") {
  int found = 0;
  for (const std::string& net : net_names()) {
    CAPTURE(net);
    const std::string file = "nets/weights/" + net + ".q8";
    if (!std::filesystem::exists(file)) continue;
    ++found;
    CHECK(load_model_of(net, file).taps() == size_of(table_of(net)).taps);
  }
  CHECK(found >= 5);
  CHECK_THROWS_WITH_AS(load_model_of("vgg16", "nets/weights/nin.q8"),
                       doctest::Contains("is a nin, expected vgg16"), Error);
}

TEST_CASE("a network is made for the pictures and the classes at hand, and scaled by its width") {
  for (const std::string& net : net_names()) {
    CAPTURE(net);
    const auto layers = table(net, {64, 64, 1}, 37, 1), half = table(net, {64, 64, 1}, 37, 0.5);
    CHECK(layers.front().in == Shape{64, 64, 1});
    CHECK(layers.back().output == Shape{1, 1, 37});
    REQUIRE(half.size() == layers.size());
    for (size_t i = 0; i < half.size(); ++i) {
      const bool hidden = layers[i].output.c != 37;
      CHECK(half[i].output.c * (hidden ? 2 : 1) == layers[i].output.c);
      CHECK(half[i].output.h == layers[i].output.h);
    }
    CHECK(hash(table(net, {32, 32, 3}, 10, 1)) == hash(table_of(net)));
    // However narrow: a channel is left.
    CHECK(table(net, {64, 64, 1}, 37, 1e-6).front().out == 1);
  }
}

TEST_CASE("every network has a recipe of its own, whose epochs are more than its parts") {
  for (const std::string& net : net_names()) {
    const Recipe recipe = recipe_of(net), usual;
    CAPTURE(net);
    CHECK(recipe.epochs > recipe.narrow_epochs + recipe.qat_epochs);
    CHECK(recipe.qat_epochs > 0);
    CHECK((recipe.epochs != usual.epochs || recipe.narrow_epochs != usual.narrow_epochs));
  }
}

TEST_CASE("names are unique within a network, tables differ, and attention layers exist") {
  std::set<uint64_t> hashes;
  for (const std::string& net : net_names()) {
    CAPTURE(net);
    const auto layers = table_of(net);
    hashes.insert(hash(layers));
    hashes.insert(hash(table(net, {32, 32, 3}, 10, 0.5)));
    std::set<std::string> names;
    size_t named = 0;
    for (const Layer& l : layers)
      if (l.kind != Kind::dropout) names.insert(l.name), ++named;
    CHECK(names.size() == named);
    CHECK(attention_of({net}, layers).size() == 3);
    for (const std::string& name : attention_of({net}, layers))
      CHECK(std::any_of(layers.begin(), layers.end(),
                        [&](const Layer& l) { return l.name == name && l.is_tap(); }));
  }
  CHECK(hashes.size() == 2 * net_names().size());
}
