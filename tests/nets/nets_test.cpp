#include "nets/nets.h"

#include <algorithm>
#include <set>

#include "tests/support/pictures.h"
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
  for (const Layer& l : layers) size.weights += double(l.weights()) / 1e6, size.taps += l.activated;
  return size;
}

}  // namespace

TEST_CASE("the five networks have the layers and the size the literature gives them") {
  const std::vector<std::pair<std::string, Size>> expected = {
      {"vgg16", {14.72, 13}}, {"vgg19", {20.02, 16}},      {"alexnet", {4.85, 7}},
      {"nin", {0.97, 8}},     {"mobilenetv1", {3.19, 27}},
  };
  CHECK(net_names().size() == expected.size());
  for (const auto& [name, size] : expected) {
    const std::string& net = name;
    CAPTURE(net);
    const auto layers = table_of(net);
    CHECK(size_of(layers).weights == doctest::Approx(size.weights).epsilon(0.01));
    CHECK(size_of(layers).taps == size.taps);
    CHECK(layers.back().output == Shape{1, 1, kClasses});
    CHECK(!std::any_of(layers.begin(), layers.end(),
                       [](const Layer& l) { return l.activated && l.out == kClasses; }));
  }
  CHECK(table_of("vgg11").empty());
}

TEST_CASE("names are unique within a network, tables differ, and attention layers exist") {
  std::set<uint64_t> hashes;
  for (const std::string& net : net_names()) {
    CAPTURE(net);
    const auto layers = table_of(net);
    hashes.insert(hash(layers));
    hashes.insert(hash(table(net, 0.5)));
    std::set<std::string> names;
    size_t named = 0;
    for (const Layer& l : layers)
      if (l.kind != Kind::dropout) names.insert(l.name), ++named;
    CHECK(names.size() == named);
    CHECK(attention_layers(net).size() == 3);
    for (const std::string& name : attention_layers(net))
      CHECK(std::any_of(layers.begin(), layers.end(),
                        [&](const Layer& l) { return l.name == name && l.activated; }));
  }
  CHECK(hashes.size() == 2 * net_names().size());
}
