// What teacher and students do on pictures, as a report shows it. Where the networks and pictures
// come from is left to gather.h.
#pragma once

#include <string>
#include <vector>

#include "data/base/json.h"
#include "data/dataset.h"
#include "distill/judge/energy.h"
#include "tools/pipeline/evaluation.h"

namespace tri {

struct Examined {
  std::string role, file;  // "teacher", "student", "fine-tuned"
  Network network;
};

// The 95 % confidence interval of a share of n independent trials: [low, high] (Wilson, Journal of
// the American Statistical Association 22, 1927). Null where n is not positive.
Json interval(double share, int n);

// subjects: the first is what the others are compared with. Of each: {role, file, accuracy and
// its interval, agreement, kl, zero_share, confusion, energy {layers, kinds, values [layers][kinds]
// in microjoules a picture}, taps [{name, levels [{value, share}], t1, v1, t2, v2}]}. accuracy and
// confusion are null without labels.
Json networks_json(const std::vector<Examined>& subjects, const Dataset& pictures, bool labeled,
                   const EnergyTable& energies);

// For a handful of pictures the attention maps (distill/judge/attention.h) of every subject, each
// scaled to 0..255 and written in base64: {layers [{name, h, w}], pictures [{pixels, label, maps
// [layers][subjects]}]}.
Json attention_json(const std::vector<Examined>& subjects, const Dataset& pictures, bool labeled);

// The first pictures whose class the last subject tells otherwise than the first: {of, count,
// pictures [{number, pixels, label, answers [{class, probability}]}]}, the answers as the subjects
// stand.
Json disagreements_json(const std::vector<Examined>& subjects, const Dataset& pictures,
                        bool labeled);

// What a search's student does to each tap of the body that it was made of: {name, histogram
// [256] of the body's codes on `counted`, agreement, kl of the body with this staircase alone, on
// `judged`; null where the tap has none}. calibrated: such students are.
Json taps_json(const IntNet& body, const StaircaseSet& staircases, const Dataset& counted,
               const Dataset& judged, bool calibrated);

}  // namespace tri
