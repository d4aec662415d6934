// The algorithms one by one, for the table in algorithm.cpp: each is a file of its own, behind the
// interface of algorithm.h.
#pragma once

#include <memory>
#include <vector>

#include "rl/algorithms/algorithm.h"

namespace tri {

std::unique_ptr<SearchAlgorithm> make_mse(const AlgorithmSetup& setup);
std::unique_ptr<SearchAlgorithm> make_sensitivity(const AlgorithmSetup& setup);
std::unique_ptr<SearchAlgorithm> make_grid(const AlgorithmSetup& setup);
std::unique_ptr<SearchAlgorithm> make_random(const AlgorithmSetup& setup);
std::unique_ptr<SearchAlgorithm> make_greedy(const AlgorithmSetup& setup);
std::unique_ptr<SearchAlgorithm> make_cem(const AlgorithmSetup& setup);
std::unique_ptr<SearchAlgorithm> make_ppo(const AlgorithmSetup& setup);

// Best and mean, for algorithms that have nothing else to say.
PpoStatistics statistics_of(const std::vector<double>& rewards);

// The nearest bin.
uint8_t to_bin(double x);

}  // namespace tri
