// A teacher made ready to be searched: what students are made of, the warm-up, what judges them,
// and where a search of it starts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/split.h"
#include "rl/search/deploy.h"
#include "tools/pipeline/search_mixing.h"
#include "tools/pipeline/search_options.h"

namespace tri {

// Members stand in the order in which each needs those above.
struct SearchedNet {
  using Note = std::function<void(const std::string&)>;

  IntNet teacher;
  IntNet body;   // what students are made of
  WarmUp start;  // of them
  StudentBuilder builder;
  Objective objective, held_out;

  StaircaseSet all = {};              // the mean-square start with a staircase in every layer
  std::optional<Mixed> mixed = {};    // where kinds are searched for too
  std::optional<Candidate> mse = {};  // `all` on held-out pictures, where mixed has asked for it

  // Runs the teacher. settings and splits must outlive it.
  SearchedNet(const Settings& settings, const Model& model, const Splits& splits, const Note& note);
  SearchedNet(const SearchedNet&) = delete;
  // Completes `start`. keep: the layers that keep their 8 bits; rule: nobody named them, so that
  // a search of mixtures may choose others. journal: of the trials.
  void choose_start(const Settings& settings, const std::vector<std::string>& keep, bool rule,
                    Journal& journal, const Note& note);
};

// What students of this teacher are made of: itself, equalized unless the settings say no.
Model body_of(const Settings& settings, const IntNet& teacher, const Splits& splits);
// How they are judged.
ObjectiveOptions objective_of(const Settings& settings, const Model& teacher);

}  // namespace tri
