// Multiple-choice knapsack: of several choices for each thing one, so that the costs fit a limit
// and the losses are least.
#pragma once

#include <cstddef>
#include <vector>

namespace tri {

// losses, costs: [things][choices], as many for each; an infinite loss forbids a choice. Returns
// the choice of each thing with the least sum of losses (of equals one of the least costs), by
// dynamic programming over the costs above the cheapest ones; these are rounded up to 1/20,000 of
// what the limit leaves for them, so that what is returned always fits. Where even the cheapest
// choices do not fit, it returns those.
std::vector<size_t> knapsack(const std::vector<std::vector<double>>& losses,
                             const std::vector<std::vector<double>>& costs, double limit);

}  // namespace tri
