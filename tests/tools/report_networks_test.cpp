// What networks do on pictures, as a report tells it (tools/report/page/examination.h).
#include <numeric>

#include "distill/judge/kl.h"
#include "nets/nets.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"
#include "tools/report/page/examination.h"
#include "tools/report/page/page.h"

using namespace tri;

namespace {

struct Pair {
  std::vector<Examined> subjects;
  Dataset pictures = random_pictures(24, 3).relabeled(
      {"a", "b", "c", "d", "e", "f", "g", "h", "i", "<j>"}, labels_in_turn(24));
  Pair() {
    Rng rng(1);
    Model teacher = random_model(table_of({"alexnet", "", 0.25}, kPictureShape, kClasses), rng);
    teacher.classes = pictures.classes();
    teacher.attention = {teacher.layers[size_t(teacher.tap_rows()[1])].name};
    Model student = teacher;
    student.staircases = random_staircases(teacher, rng);
    subjects.push_back({"teacher", "a.q8", Network(std::move(teacher))});
    subjects.push_back({"student", "a.tri", Network(std::move(student))});
  }
  std::vector<int32_t> logits(size_t i) const { return subjects[i].network.logits(pictures); }
};

double sum(const Json& list) {
  double all = 0;
  for (const Json& number : list) all += number.is_array() ? sum(number) : number.get<double>();
  return all;
}

}  // namespace

TEST_CASE("a confidence interval is Wilson's") {
  const Json half = interval(0.5, 100);
  CHECK(half[0].get<double>() == doctest::Approx(0.40383).epsilon(1e-4));
  CHECK(half[1].get<double>() == doctest::Approx(0.59617).epsilon(1e-4));
  const Json none = interval(0, 10);
  CHECK(none[0].get<double>() == doctest::Approx(0));
  CHECK(none[1].get<double>() == doctest::Approx(0.27753).epsilon(1e-4));
  CHECK(interval(1, 10)[1].get<double>() == doctest::Approx(1));
  CHECK(interval(0.5, 0).is_null());
}

TEST_CASE("a report's networks: accuracies, levels, and energies whose kinds add up") {
  const Pair pair;
  const EnergyTable table;
  const Json list = networks_json(pair.subjects, pair.pictures, true, table);
  REQUIRE(list.size() == 2);
  CHECK(list[0]["taps"].empty());
  CHECK(list[0]["agreement"] == 1.0);
  CHECK(list[0]["kl"].get<double>() == doctest::Approx(0));
  CHECK(sum(list[0]["energy"]["values"]) ==
        doctest::Approx(1e-6 * total(teacher_energy(pair.subjects[0].network.model(), table))));
  const auto teacher = pair.logits(0), student = pair.logits(1);
  CHECK(list[1]["agreement"].get<double>() == agreement(student, teacher, kClasses));
  CHECK(list[1]["accuracy"].get<double>() == accuracy(student, pair.pictures.labels(), kClasses));
  CHECK(list[1]["interval"] == interval(list[1]["accuracy"].get<double>(), 24));
  CHECK(sum(list[1]["confusion"]) == 24);
  CHECK(sum(list[1]["energy"]["values"]) < sum(list[0]["energy"]["values"]));
  CHECK(list[1]["energy"]["values"][0].size() == list[1]["energy"]["kinds"].size());
  int staircases = 0;
  for (const Json& tap : list[1]["taps"]) {
    if (tap["t1"].is_null()) continue;
    ++staircases;
    double shares = 0;
    for (const Json& level : tap["levels"]) shares += level["share"].get<double>();
    CHECK(shares == doctest::Approx(1));
  }
  CHECK(staircases > 2);
  const Json unlabeled = networks_json(pair.subjects, pair.pictures, false, table);
  CHECK(unlabeled[1]["accuracy"].is_null());
  CHECK(unlabeled[1]["confusion"].is_null());
  CHECK(unlabeled[1]["kl"] == list[1]["kl"]);
}

TEST_CASE("a report's taps: histograms of the body, and what one staircase alone does") {
  const Pair pair;
  const IntNet& body = pair.subjects[0].network.net();
  StaircaseSet f = pair.subjects[1].network.model().staircases;
  f[0] = TriSegment{254, 1, 254, 1};  // next to nothing is left
  f[2] = std::nullopt;
  const Json taps = taps_json(body, f, pair.pictures, pair.pictures, false);
  REQUIRE(taps.size() == size_t(body.model().taps()));
  const Layer& first = body.model().layers[size_t(body.model().tap_rows()[0])];
  CHECK(taps[0]["name"] == first.name);
  CHECK(sum(taps[0]["histogram"]) == double(24 * first.output.size()));
  CHECK(taps[2]["agreement"].is_null());
  StaircaseSet alone(f.size());
  alone[0] = f[0];
  const Staircases made(body.model(), alone);
  const auto student = logits_of(body, pair.pictures, {.staircases = &made});
  CHECK(taps[0]["agreement"].get<double>() == agreement(student, pair.logits(0), kClasses));
  CHECK(taps[0]["kl"].get<double>() ==
        doctest::Approx(kl_divergence(student, pair.logits(0), kClasses)));
  const Json calibrated = taps_json(body, f, pair.pictures, pair.pictures, true);
  CHECK(calibrated[0]["kl"] != taps[0]["kl"]);
  CHECK(calibrated[0]["histogram"] == taps[0]["histogram"]);
}

TEST_CASE("a report's pictures: attention maps of all networks, and where they differ") {
  const Pair pair;
  const Json attention = attention_json(pair.subjects, pair.pictures, true);
  REQUIRE(attention["layers"].size() == 1);
  const size_t size =
      attention["layers"][0]["h"].get<size_t>() * attention["layers"][0]["w"].get<size_t>();
  REQUIRE(attention["pictures"].size() == 6);
  const Json& second = attention["pictures"][1];
  CHECK(second["label"] == 1);
  CHECK(second["pixels"] == base64({pair.pictures.picture(1), pair.pictures.picture(2)}));
  REQUIRE(second["maps"][0].size() == 2);
  CHECK(second["maps"][0][0].get<std::string>().size() == (size + 2) / 3 * 4);
  CHECK(second["maps"][0][0] != second["maps"][0][1]);

  const Json d = disagreements_json(pair.subjects, pair.pictures, true);
  const auto teacher = top1(pair.logits(0), kClasses), student = top1(pair.logits(1), kClasses);
  int differ = 0;
  for (size_t i = 0; i < teacher.size(); ++i) differ += teacher[i] != student[i];
  REQUIRE(differ > 0);
  CHECK(d["count"] == differ);
  CHECK(d["of"] == 24);
  const Json& shown = d["pictures"][0];
  const size_t number = shown["number"].get<size_t>();
  CHECK(shown["answers"][0]["class"] == teacher[number]);
  CHECK(shown["answers"][1]["class"] == student[number]);
  CHECK(shown["answers"][1]["probability"].get<double>() > 0.1);
  CHECK(disagreements_json(pair.subjects, pair.pictures, false)["pictures"][0]["label"].is_null());
}
