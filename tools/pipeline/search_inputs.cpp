#include "tools/pipeline/search_inputs.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "rl/algorithms/hyperparameters_file.h"
#include "tools/pipeline/agent_options.h"
#include "tools/pipeline/energy_table.h"
#include "tools/pipeline/search_identity.h"

namespace tri {

SearchInputs load_inputs(Settings& s, bool writes) {
  set_isa(s.isa);
  if (!s.config.empty()) s.search.hyperparameters = read_hyperparameters(s.config);
  load_agent_of(s);
  searches_of(s);  // refuses what cannot be searched for before anything is loaded
  if (writes) make_writable_folder(folder_of(s));
  if (writes && !s.save_agent.empty()) require_writable_file(s.save_agent);
  if (s.teacher_file.empty()) s.teacher_file = own_teacher(s.net);
  SearchInputs in{load_model_of(s.net, s.teacher_file), {}, {}, {}};
  in.also = load_also(s, in.teacher);
  s.keep_is_rule = s.keep.empty();
  if (s.keep.empty()) s.keep = kept_by_default(in.teacher);
  if (s.keep == std::vector<std::string>{"none"}) s.keep.clear();
  require_layers(s.keep, in.teacher);
  s.objective.energy_table = in.energies = energies_for(in.teacher, s.energy_table);
  in.pictures = load_pictures(s.data, s.synthesized, in.teacher, s.teacher_file, s.test_pictures);
  return in;
}

Splits splits_of(const Settings& s, const Pictures& pictures) {
  return split(pictures.train, {s.calibration, s.pool, s.held_out, s.reconstruction},
               pictures.labeled ? held_out_count(pictures.train.size()) : 0);
}

}  // namespace tri
