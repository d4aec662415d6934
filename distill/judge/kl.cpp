#include "distill/judge/kl.h"

#include "data/base/check.h"
#include "engine/integer/model.h"

namespace tri {
namespace {

size_t pictures(std::span<const int32_t> logits, int classes) {
  CHECK(classes > 0 && !logits.empty() && logits.size() % size_t(classes) == 0);
  return logits.size() / size_t(classes);
}

}  // namespace

double kl_divergence(std::span<const int32_t> student, std::span<const int32_t> teacher,
                     int classes, double temperature) {
  CHECK(student.size() == teacher.size() && temperature > 0);
  const size_t n = pictures(student, classes), K = size_t(classes);
  const double unit = kLogitStep / temperature;
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    const std::vector<double> s = log_softmax(student.subspan(i * K, K), unit);
    const std::vector<double> t = log_softmax(teacher.subspan(i * K, K), unit);
    double kl = 0;
    for (size_t k = 0; k < K; ++k) kl += std::exp(s[k]) * (s[k] - t[k]);
    total += std::max(kl, 0.0);  // rounding may take it just below
  }
  return temperature * temperature * total / double(n);
}

std::vector<int> top1(std::span<const int32_t> logits, int classes) {
  std::vector<int> best(pictures(logits, classes));
  for (size_t i = 0; i < best.size(); ++i) {
    const auto row = logits.subspan(i * size_t(classes), size_t(classes));
    best[i] = int(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return best;
}

double agreement(std::span<const int32_t> student, std::span<const int32_t> teacher, int classes) {
  CHECK(student.size() == teacher.size());
  const std::vector<int> s = top1(student, classes), t = top1(teacher, classes);
  size_t same = 0;
  for (size_t i = 0; i < s.size(); ++i) same += s[i] == t[i];
  return double(same) / double(s.size());
}

int count_correct(std::span<const int32_t> logits, std::span<const uint16_t> labels, int classes) {
  const std::vector<int> best = top1(logits, classes);
  CHECK(best.size() == labels.size());
  int correct = 0;
  for (size_t i = 0; i < best.size(); ++i) correct += best[i] == labels[i];
  return correct;
}

double accuracy(std::span<const int32_t> logits, std::span<const uint16_t> labels, int classes) {
  return count_correct(logits, labels, classes) / double(labels.size());
}

int count_within_top(int k, std::span<const int32_t> logits, std::span<const uint16_t> labels,
                     int classes) {
  const size_t K = size_t(classes);
  CHECK(pictures(logits, classes) == labels.size());
  int within = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = logits.subspan(i * K, K);
    const int32_t own = row[labels[i]];
    int before = 0;
    for (size_t c = 0; c < K; ++c) before += row[c] > own || (row[c] == own && c < labels[i]);
    within += before < k;
  }
  return within;
}

std::vector<std::vector<int>> confusion_matrix(std::span<const int32_t> logits,
                                               std::span<const uint16_t> labels, int classes) {
  const std::vector<int> best = top1(logits, classes);
  CHECK(best.size() == labels.size());
  const std::vector<int> none(static_cast<size_t>(classes));
  std::vector<std::vector<int>> matrix(none.size(), none);
  for (size_t i = 0; i < best.size(); ++i) ++matrix[labels[i]][size_t(best[i])];
  return matrix;
}

}  // namespace tri
