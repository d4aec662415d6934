// What logits say: probabilities, classes, and how far a student's are from its teacher's.
// Logits are 32-bit integers in steps of kLogitStep, [n][classes].
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tri {

// Logarithms of the softmax (temperature 1) of one picture's logits: [classes].
std::vector<double> log_softmax(std::span<const int32_t> logits);

// KL(student || teacher) = sum over classes of p_s * (log p_s - log p_t), in nats, averaged over
// the pictures in their order. Never negative, 0 for equal logits.
double kl_divergence(std::span<const int32_t> student, std::span<const int32_t> teacher,
                     int classes);

// The class with the largest logit, by picture; of equals the first.
std::vector<int> top1(std::span<const int32_t> logits, int classes);

// Share of the pictures for which both have the same top-1 class.
double agreement(std::span<const int32_t> student, std::span<const int32_t> teacher, int classes);

// Pictures whose top-1 class is their label; accuracy is this divided by labels.size().
int count_correct(std::span<const int32_t> logits, std::span<const uint16_t> labels, int classes);
double accuracy(std::span<const int32_t> logits, std::span<const uint16_t> labels, int classes);

}  // namespace tri
