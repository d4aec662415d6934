// What logits say: probabilities, classes, and how far a student's are from its teacher's.
// Logits are 32-bit integers in steps of kLogitStep, [n][classes].
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace tri {

// Logarithms of the softmax of one picture's logits, each times `unit`: [classes]. unit: kLogitStep
// for a network's integers, divided by the temperature where there is one.
template <class T>
std::vector<double> log_softmax(std::span<const T> logits, double unit) {
  const double largest = *std::ranges::max_element(logits);
  std::vector<double> y;
  double sum = 0;
  for (const T logit : logits) {
    y.push_back(unit * (double(logit) - largest));
    sum += std::exp(y.back());
  }
  for (double& value : y) value -= std::log(sum);
  return y;
}

// KL(student || teacher) = sum over classes of p_s * (log p_s - log p_t), in nats, averaged over
// the pictures in their order. Never negative, 0 for equal logits. temperature: T^2 KL of the
// softmax of logits / T (Hinton, Vinyals and Dean, 2015), which also hears what the unlikely
// classes say.
double kl_divergence(std::span<const int32_t> student, std::span<const int32_t> teacher,
                     int classes, double temperature = 1);

// The class with the largest logit, by picture; of equals the first.
std::vector<int> top1(std::span<const int32_t> logits, int classes);

// Share of the pictures for which both have the same top-1 class.
double agreement(std::span<const int32_t> student, std::span<const int32_t> teacher, int classes);

// Pictures whose top-1 class is their label; accuracy is this divided by labels.size().
int count_correct(std::span<const int32_t> logits, std::span<const uint16_t> labels, int classes);
double accuracy(std::span<const int32_t> logits, std::span<const uint16_t> labels, int classes);
// Pictures whose label is among the k largest logits (of equals, the first ones).
int count_within_top(int k, std::span<const int32_t> logits, std::span<const uint16_t> labels,
                     int classes);
// [classes][classes]: how many pictures of the row's class have the column's for their top-1 class.
std::vector<std::vector<int>> confusion_matrix(std::span<const int32_t> logits,
                                               std::span<const uint16_t> labels, int classes);

}  // namespace tri
