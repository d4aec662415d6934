#include "tools/pipeline/searched_net.h"

#include "distill/correct/equalize.h"
#include "rl/agent/state.h"

namespace tri {

Model body_of(const Settings& s, const IntNet& teacher, const Splits& splits) {
  return s.no_equalize ? teacher.model() : equalized(teacher, splits.calibration);
}

ObjectiveOptions objective_of(const Settings& s, const Model& teacher) {
  ObjectiveOptions options = s.objective;
  options.attention_layers = teacher.attention;
  options.calibrate = !s.no_calibrate;
  return options;
}

SearchedNet::SearchedNet(const Settings& s, const Model& model, const Splits& splits,
                         const Note& note)
    : teacher(model),
      body(body_of(s, teacher, splits)),
      start((note("warm-up: " + model.net + " on " +
                  std::to_string(splits.calibration.size() + splits.search.size() +
                                 splits.held_out.size()) +
                  " pictures"),
             warm_up(body, splits.calibration))),
      builder(body, splits.calibration, start.statistics, !s.no_calibrate, splits.reconstruction),
      objective(body, splits.search, objective_of(s, model)),
      held_out(body, splits.held_out, objective_of(s, model)),
      all(start.mse_optimal) {}

void SearchedNet::choose_start(const Settings& s, const std::vector<std::string>& keep, bool rule,
                               Journal& journal, const Note& note) {
  const bool free = s.mixed && rule;
  keep_layers(keep, body.model(), objective, start, free ? [](const std::string&) {} : note);
  if (s.mixed) {
    mse = rescore(builder, held_out, {all}).front();
    const StaircaseSet& three_levels = free ? all : start.mse_optimal;
    const Candidate three =
        three_levels == all ? *mse : rescore(builder, held_out, {three_levels}).front();
    std::vector<bool> fixed;
    for (const auto& f : three_levels) fixed.push_back(!f);
    mixed = mix({body.model(), s.objective.energy_table, start, fixed, three, s.energy_budget,
                 builder, objective, held_out, note},
                journal);
    start.mixing = mixed->mixing;
  }
  if (s.state == "wide")
    start.states = wide_states(body.model(), s.objective.energy_table, start.histograms,
                               mixed ? std::span(mixed->mixing.budget.losses())
                                     : std::span<const TapLosses::value_type>());
}

}  // namespace tri
