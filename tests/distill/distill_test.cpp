#include <omp.h>

#include <cmath>

#include "distill/judge/attention.h"
#include "distill/judge/kl.h"
#include "distill/judge/reward.h"
#include "tests/support/pictures.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
using doctest::Approx;

TEST_CASE("log softmax gives the logarithms of probabilities, also for extreme logits") {
  const std::vector<int32_t> logits = {0, 1024, 2048};  // 0, 1, 2
  const double sum = 1 + std::exp(1) + std::exp(2);
  const std::vector<double> y = log_softmax(std::span<const int32_t>(logits), kLogitStep);
  for (int k = 0; k < 3; ++k) CHECK(std::exp(y[size_t(k)]) == Approx(std::exp(k) / sum));
  const std::vector<int32_t> extreme = {INT32_MIN, INT32_MAX};
  CHECK(log_softmax(std::span<const int32_t>(extreme), kLogitStep)[1] == 0);
  CHECK(std::isfinite(log_softmax(std::span<const int32_t>(extreme), kLogitStep)[0]));
}

TEST_CASE("the divergence is the student's expectation of the log ratio, averaged over pictures") {
  // Two classes with probabilities 1/2, 1/2 and (of odds e^2) 1/(1+e^2), e^2/(1+e^2).
  const std::vector<int32_t> even = {0, 0}, odd = {0, 2048};
  const double low = 1 / (1 + std::exp(2)), high = 1 - low;
  const double even_odd = 0.5 * std::log(0.5 / low) + 0.5 * std::log(0.5 / high);
  const double odd_even = low * std::log(low / 0.5) + high * std::log(high / 0.5);
  CHECK(kl_divergence(even, odd, 2) == Approx(even_odd));
  CHECK(kl_divergence(odd, even, 2) == Approx(odd_even));
  CHECK(kl_divergence(odd, odd, 2) == 0);
  CHECK(kl_divergence(even, std::vector<int32_t>{0, 3 * 2048}, 2, 3) == Approx(9 * even_odd));
  const std::vector<int32_t> students = {0, 0, 0, 2048}, teachers = {0, 2048, 0, 2048};
  CHECK(kl_divergence(students, teachers, 2) == Approx(even_odd / 2));
  const std::vector<int32_t> a = {INT32_MIN, INT32_MAX}, b = {INT32_MAX, INT32_MIN};
  CHECK(std::isfinite(kl_divergence(a, b, 2)));
}

TEST_CASE("agreement and accuracy compare top-1 classes, the first of equals") {
  const std::vector<int32_t> s = {1, 5, 5, 9, 0, 0, 0, 0, 1}, t = {0, 3, 2, 0, 0, 1, 0, 0, 7};
  const std::vector<uint16_t> labels = {1, 0, 1};
  CHECK(top1(s, 3) == std::vector<int>{1, 0, 2});
  CHECK(agreement(s, t, 3) == Approx(2.0 / 3));
  CHECK(count_correct(s, labels, 3) == 2);
  CHECK(accuracy(s, labels, 3) == Approx(2.0 / 3));
}

TEST_CASE("top k and the confusion matrix count labels, of equal logits the first") {
  const std::vector<int32_t> z = {1, 5, 5, 9, 0, 0, 0, 0, 1};
  const std::vector<uint16_t> labels = {2, 2, 2};
  CHECK(count_within_top(1, z, labels, 3) == 1);
  CHECK(count_within_top(2, z, labels, 3) == 2);
  CHECK(count_within_top(3, z, labels, 3) == 3);
  CHECK(confusion_matrix(z, labels, 3) ==
        std::vector<std::vector<int>>{{0, 0, 0}, {0, 0, 0}, {1, 1, 1}});
  const std::vector<uint16_t> others = {1, 0, 1};
  CHECK(confusion_matrix(z, others, 3) ==
        std::vector<std::vector<int>>{{1, 0, 0}, {0, 1, 1}, {0, 0, 0}});
}

TEST_CASE("attention distance is the norm of the difference of normalized maps") {
  // Maps of squares summed over 2 channels: the student's is (25, 0), the teacher's (9, 16), / 25
  // and / sqrt(337) after normalization.
  const std::vector<uint8_t> s = {3, 4, 0, 0}, t = {0, 3, 4, 0}, s3 = {9, 12, 0, 0}, off(4);
  const auto maps = [](std::initializer_list<std::vector<uint8_t>> pictures) {
    AttentionMaps maps({2});
    for (const auto& picture : pictures) {
      maps.activation(1, picture.data(), 1, {2, 2, 1});  // not asked for
      maps.activation(2, picture.data(), 1, {1, 2, 2});
    }
    return maps;
  };
  const double x = 1 - 9 / std::sqrt(337), y = 16 / std::sqrt(337);
  const double distance = std::sqrt(x * x + y * y);
  CHECK(attention_distance(maps({s}), maps({t})) == Approx(distance));
  CHECK(attention_distance(maps({s3}), maps({t})) == Approx(distance));  // the scale is divided out
  CHECK(attention_distance(maps({s, t}), maps({t, t})) == Approx(distance / 2));
  CHECK(attention_distance(maps({s}), maps({s})) == 0);
  CHECK(attention_distance(maps({off}), maps({s})) == Approx(1));
  CHECK(attention_distance(maps({off}), maps({off})) == 0);
  AttentionMaps two_layers({0, 1}), one_differs({0, 1});
  for (int tap : {0, 1}) {
    two_layers.activation(tap, s.data(), 1, {1, 2, 2});
    one_differs.activation(tap, tap ? t.data() : s.data(), 1, {1, 2, 2});
  }
  CHECK(attention_distance(two_layers, one_differs) == Approx(distance / 2));
  AttentionMaps again = maps({s, s});
  again.clear();
  again.activation(2, t.data(), 1, {1, 2, 2});
  CHECK(attention_distance(again, maps({t})) == 0);
  CHECK(attention_distance(AttentionMaps({}), AttentionMaps({})) == 0);
}

TEST_CASE("the reward is minus the divergence, the weighted attention distance and energy") {
  const RewardParts parts{.kl = 0.25, .attention = 0.5, .agreement = 0.75, .energy = 2};
  CHECK(reward(parts, {.attention = 0.5, .energy = 0.125}) == -0.75);
  CHECK(reward(parts, {.attention = 0.5, .energy = 0}) == -0.5);
  CHECK(reward(parts, {.attention = 0, .energy = 0}) == -0.25);
  CHECK(reward({.agreement = 1}, {.attention = 3, .energy = 4}) == 0);
}

TEST_CASE("a judge compares a student's logits and attention with the teacher's") {
  Rng rng(9);
  const IntNet net(random_model(every_kind_of_layer(false), rng));
  const Model& model = net.model();
  const std::vector<uint8_t> pixels = random_pixels(40, rng);
  const Dataset pictures(kPictureShape, {}, pixels, std::vector<uint16_t>(40));
  const std::vector<std::string> layers = {"conv2", "conv3"};

  const Judge judge(net, pictures, layers);
  Workspace workspace;
  const Staircases none(model, {size_t(model.taps()), std::nullopt});
  const RewardParts unchanged = judge(net, none, workspace);
  CHECK(unchanged.kl == 0);
  CHECK(unchanged.attention == 0);
  CHECK(unchanged.agreement == 1);
  const Staircases student(model, random_staircases(model, rng));
  const RewardParts parts = judge(net, student, workspace);
  CHECK(parts.kl > 0);
  CHECK(parts.attention > 0);
  CHECK(parts.energy == 0);  // nobody counts it here
  CHECK(Judge(net, pictures, {})(net, student, workspace).attention == 0);

  // By hand, from the two networks' own logits.
  std::vector<int32_t> s(40 * kClasses), t(40 * kClasses);
  net.forward({.staircases = &student}, pixels.data(), 40, s.data(), workspace);
  net.forward({}, pixels.data(), 40, t.data(), workspace);
  CHECK(parts.kl == kl_divergence(s, t, kClasses));
  CHECK(Judge(net, pictures, layers, 3)(net, student, workspace).kl ==
        kl_divergence(s, t, kClasses, 3));
  CHECK(parts.agreement == agreement(s, t, kClasses));

  const int before = omp_get_max_threads();
  for (int threads : {1, 2}) {
    omp_set_num_threads(threads);
    const RewardParts again = Judge(net, pictures, layers)(net, student, workspace);
    CHECK(again.kl == parts.kl);
    CHECK(again.attention == parts.attention);
  }
  omp_set_num_threads(before);
}
