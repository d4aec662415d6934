// How well one list of numbers foretells the order of another.
#pragma once

#include <span>

namespace tri {

// Spearman's: the correlation of the two lists' ranks, -1 to 1; equals share the mean of their
// ranks. NaN where all numbers of a list are equal. REQUIRES: lists of the same length.
double rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace tri
