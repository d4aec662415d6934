#include "distill/judge/energy.h"

#include "engine/integer/int_net.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Approx;

namespace {

// A table whose energies are told apart by their decimal place.
const EnergyTable kPlaces{.add8 = 0,
                          .add16 = 1,
                          .add32 = 1e3,
                          .multiply8 = 1e6,
                          .multiply32 = 1e9,
                          .sram = {{16, 0}, {1 << 30, 1e12}}};

}  // namespace

TEST_CASE("energy counts every operation of a layer, the map's edges left out") {
  Rng rng(1);
  // 32x32x3 -> 1 channel, 3x3; then 1x1 to 2 logits.
  const Model model = random_model({conv3("a", 1), logits(pw("b", 2)), average("c")}, rng);
  std::vector<EventRecorder::Events> events(model.layers.size());
  events[0] = {.zeros = 1, .low = 0, .high = 1};
  events[1] = {.zeros = 70, .low = 10, .high = 20, .coded = true};
  const StaircaseSet student = {TriSegment{1, 2, 3, 4}};
  EnergyTable free = kPlaces;
  free.sram = {{1, 0}};
  // Within the map there are 32 * 3 - 2 taps an axis.
  const double uses = 94 * 94 * 3;
  const std::vector<double> coded = energy(model, student, events, free);
  CHECK(coded[0] == Approx(uses * (1e6 + 1e3) + 1024 * 2e3));
  CHECK(coded[1] == Approx(2048 * 0.3 * 1 + 2048 * 2 * (2e6 + 1e3) + 2048 * 1e9));
  CHECK(coded[2] == Approx(2048 * 1e3));  // logits to add up
  events[1] = {.zeros = 70, .low = 0, .high = 30, .coded = true};
  const std::vector<double> two = energy(model, {TriSegment{3, 4, 3, 4}}, events, free);
  CHECK(two[0] == Approx(uses * (1e6 + 1e3) + 1024 * 1e3));
  CHECK(two[1] == Approx(2048 * 0.3 * 1 + 2048 * (2e6 + 1e3) + 2048 * 1e9));
  events[1].coded = false;
  const std::vector<double> teacher = energy(model, {}, events, free);
  CHECK(teacher[0] == Approx(uses * (1e6 + 1e3) + 1024 * 1e9));
  CHECK(teacher[1] == Approx(2048 * (1e6 + 1e3) + 2048 * 1e9));
}

TEST_CASE("a value that is not 0 costs what the layers that read it save when it is") {
  Rng rng(1);
  const Model model =
      random_model({conv3("a", 4), conv3("b", 2), pool("p", 2, 2), logits(linear("c", 10))}, rng);
  const StaircaseSet student = {TriSegment{1, 2, 3, 4}, TriSegment{1, 2, 3, 4}};
  const std::vector<double> price = nonzero_energy(model, student, {});
  const auto cost = [&](uint64_t of_a, uint64_t of_p) {  // in thousandths not 0
    std::vector<EventRecorder::Events> events(model.layers.size());
    events[1] = {.zeros = 1000 - of_a, .low = of_a, .high = 0, .coded = true};
    events[3] = {.zeros = 1000 - of_p, .low = 0, .high = of_p, .coded = true};
    return total(energy(model, student, events, {}));
  };
  // 32 x 32 x 4 and, after the pool of four values, 16 x 16 x 2.
  CHECK(cost(400, 100) - cost(300, 100) == Approx(0.1 * 4096 * price[0]));
  CHECK(cost(400, 200) - cost(400, 100) == Approx(0.1 * 512 * 4 * price[1]));
  for (const size_t i : {2, 3}) CHECK(price[i] == 0);
}

TEST_CASE("max pools cost a comparison for every code of a window but the first") {
  Rng rng(4);
  // 3x3 windows, padded, have 16 * 3 - 1 places an axis within the map.
  const Model model = random_model(
      {conv3("a", 5), pool("p", 3, 2, 1), conv3("b", 2), pool("q", 2, 2), logits(linear("c", 10))},
      rng);
  const std::vector<EventRecorder::Events> events(model.layers.size(), {.zeros = 1});
  EnergyTable add{0, 0, 0, 0, 0, {{1, 0}}};
  add.add8 = 8;
  const double a = 5 * (47 * 47 - 16 * 16) * 8, b = 2 * (16 * 16 - 8 * 8) * 8;
  CHECK(teacher_energy(model, add) == std::vector<double>{0, a, 0, b, 0});
  const StaircaseSet student = {TriSegment{1, 2, 3, 4}, std::nullopt};
  CHECK(energy(model, student, events, add) == std::vector<double>{0, a / 4, 0, b, 0});
  const StaircaseSet two = {TriSegment{3, 4, 3, 4}, std::nullopt};
  CHECK(energy(model, two, events, add) == std::vector<double>{0, a / 8, 0, b, 0});
}

TEST_CASE("bytes cost what the smallest memory costs that holds them") {
  Rng rng(2);
  const Model model = random_model({conv3("a", 1), logits(pw("b", 2)), average("c")}, rng);
  std::vector<EventRecorder::Events> events(model.layers.size());
  events[0] = {.zeros = 0, .low = 0, .high = 1};
  events[1] = {.zeros = 3, .low = 1, .high = 0, .coded = true};
  EnergyTable memory{0, 0, 0, 0, 0, {{8, 1}, {1024, 100}, {2048, 1e6}}};
  const std::vector<double> e = energy(model, {TriSegment{1, 2, 3, 4}}, events, memory);
  // 27 weights, 3,072 pixels (which fit in none), 1,024 codes of 2 bits.
  CHECK(e[0] == Approx(94 * 94 * 3 * 100 + 3072 * 1e6 + 1024 * 0.25 * 100));
  CHECK(e[1] == Approx(2048 * 0.25 * 1 + 1024 * 0.25 * 100));  // 2 weights
  const std::vector<double> two = energy(model, {TriSegment{3, 4, 3, 4}}, events, memory);
  CHECK(two[0] == Approx(94 * 94 * 3 * 100 + 3072 * 1e6 + 1024 * 0.125 * 100));
  CHECK(two[1] == Approx(2048 * 0.25 * 1 + 1024 * 0.125 * 100));
}

TEST_CASE("a student costs less than its teacher, and the less the more zeros it has") {
  Rng rng(3);
  const IntNet net(random_model(every_kind_of_layer(false), rng));
  const std::vector<uint8_t> pixels = random_pixels(4, rng);
  const auto cost = [&](const StaircaseSet& set) {
    EventRecorder recorder(net.model().layers.size());
    Workspace workspace;
    std::vector<int32_t> logits(4 * 10);
    const bool coded = !set.empty();
    const Staircases student(net.model(), coded ? set : StaircaseSet(size_t(net.model().taps())));
    net.forward({.staircases = coded ? &student : nullptr, .observer = &recorder}, pixels.data(), 4,
                logits.data(), workspace);
    if (set.empty())
      CHECK(energy(net.model(), {}, recorder.events(), {}) == teacher_energy(net.model(), {}));
    return total(energy(net.model(), set, recorder.events(), {}));
  };
  const auto set = [&](uint8_t t1) {
    return StaircaseSet(size_t(net.model().taps()), TriSegment{t1, 90, 200, 220});
  };
  const double teacher = cost({}), few = cost(set(20)), many = cost(set(120));
  CHECK(many < few);
  CHECK(few < teacher);
}
