#include "tools/pipeline/finetuning.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <span>

#include "data/base/error.h"
#include "data/base/file.h"
#include "data/base/hash.h"
#include "data/base/json.h"
#include "data/base/serial.h"
#include "engine/integer/dequantize.h"
#include "engine/integer/model_file.h"
#include "engine/integer/quantize.h"
#include "nets/nets.h"
#include "rl/search/deploy.h"
#include "tools/pipeline/energy_table.h"
#include "tools/pipeline/train_log.h"
#include "tools/report/search_report.h"

namespace tri {
namespace {

// Students beside their teacher on some pictures.
class Against {
 public:
  Against(const IntNet& teacher, const Dataset& pictures, const EnergyTable& energies)
      : pictures_(pictures), energies_(energies), logits_(logits_of(teacher, pictures)) {}
  Measures measure(const Model& model) const {
    return tri::measure(model, record(IntNet(model), pictures_), pictures_, logits_, energies_);
  }
  StudentRow row(const Measures& m, const Model& teacher, double energy_weight) const {
    const double share = total(m.energy) / total(teacher_energy(teacher, energies_));
    return as_logged({m.kl, microjoules(m), m.kl + energy_weight * share});
  }
  double teacher_accuracy(int classes) const {
    return accuracy(logits_, pictures_.labels(), classes);
  }

 private:
  const Dataset& pictures_;
  const EnergyTable& energies_;
  std::vector<int32_t> logits_;
};

Identity identity_of(const FinetuningRun& run, const Dataset& data) {
  Identity identity = tri::identity_of(run.student.net, run.student.layers, run.recipe, data);
  const auto text = [](double x) {  // digits that tell all doubles apart
    char digits[32];
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, x).ptr);
  };
  identity.emplace_back("the student's checksum", std::to_string(checksum(run.student)));
  identity.emplace_back("the teacher's checksum", std::to_string(checksum(run.teacher)));
  identity.emplace_back("--temperature", text(run.weights.temperature));
  identity.emplace_back("--labels", text(run.weights.labels));
  identity.emplace_back("--attention", text(run.weights.attention));
  identity.emplace_back("--energy", text(run.weights.energy));
  identity.emplace_back(
      "the energies",
      run.weights.energy > 0 || run.energy_limit
          ? std::to_string(fnv1a(std::span<const char>(dump(to_json(run.energies)))))
          : "of no weight");
  if (run.energy_limit) identity.emplace_back("--energy-budget", text(*run.energy_limit));
  return identity;
}

}  // namespace

Model student_of(Net& net, const Model& start) {
  Model model = quantize(net, start.classes);
  model.staircases = start.staircases;
  model.attention = start.attention;
  model.teacher = start.teacher;
  return model;
}

void require_pair(const Model& student, const Model& teacher, const std::string& student_file,
                  const std::string& teacher_file) {
  if (student.staircases.empty())
    throw Error(student_file + ": is a teacher; give a student, as ./search writes it (.tri)");
  if (!teacher.staircases.empty())
    throw Error(teacher_file + ": is a student; give its teacher (.q8)");
  if (hash(student.layers) != hash(teacher.layers) || student.classes != teacher.classes)
    throw Error(student_file + ": is of another network or other classes than " + teacher_file);
  if (student.teacher != 0 && student.teacher != checksum(teacher))
    throw Error(student_file + ": is the student of another teacher than " + teacher_file +
                ": name its own with --teacher");
}

double next_energy_weight(double weight, double least, double energy, double limit) {
  constexpr double kGain = 10, kAim = 0.995;
  return std::max(least, weight + kGain * (energy / (kAim * limit) - 1));
}

namespace {

// One fine-tuning, and what the held-out pictures say of it.
struct Round {
  Model model;
  int epoch = 0;
  StudentRow start, best;
  Measures held_out;
};

// What rank 0, which alone measures, tells the others before each round: its student and its
// epochs. Null: that was the last.
void tell(const Ranks& ranks, const FinetuningRun* run) {
  Writer out;
  if (run) {
    const Bytes student = bytes_of(run->student);
    out.number(int32_t(run->recipe.epochs)), out.number(uint64_t(student.size()));
    out.array(student);
  }
  Bytes bytes = out.bytes();
  ranks.broadcast(bytes);
}

// False after the last round.
bool hear(const Ranks& ranks, FinetuningRun& run) {
  Bytes bytes;
  ranks.broadcast(bytes);
  if (bytes.empty()) return false;
  Reader in("rank 0", std::move(bytes));
  run.recipe.epochs = run.recipe.qat_epochs = in.number<int32_t>();
  run.student = model_of(in.array<uint8_t>(in.number<uint64_t>()));
  return true;
}

// Of the loss, as rank 0 has it.
void share_energy_weight(const Ranks* ranks, double& weight) {
  if (!ranks) return;
  Writer out;
  out.number(weight);
  Bytes bytes = out.bytes();
  ranks->broadcast(bytes);
  weight = Reader("rank 0", std::move(bytes)).number<double>();
}

class Rounds {
 public:
  Rounds(const FinetuningRun& run, const TrainingData& data, const TrainingEvents& events,
         const std::atomic<bool>& stop, const Ranks* ranks)
      : run_(run),
        data_(data),
        events_(events),
        stop_(stop),
        ranks_(ranks),
        teacher_(run.teacher),
        held_out_(teacher_, data.held_out, run.energies),
        limit_(run.energy_limit) {
    if (limit_ && run.start_is_within)
      limit_ = std::max(*limit_, row_of(held_out_.measure(run.student)).energy);
  }

  const IntNet& teacher() const { return teacher_; }

  // From the student of `run` to the best of its epochs.
  Round finetune(const FinetuningRun& run) const {
    if (ranks_) tell(*ranks_, &run);
    Round round;
    round.model = run.student;
    round.held_out = held_out_.measure(run.student);
    round.start = round.best = row_of(round.held_out);
    Epochs epochs(
        run.out, run.recipe, identity_of(run, data_.used), run.resume,
        [&](int) { return dequantize(run.student); }, events_, stop_, ranks_);
    DistillationWeights weights = run.weights;
    const auto after = [&](const StudentRow& row) {
      if (limit_)
        weights.energy =
            next_energy_weight(weights.energy, run.weights.energy, row.energy, *limit_);
    };
    // What the log says of the epochs before; where a kill came between it and the checkpoint, one
    // more than these.
    if (epochs.done_before() > 0) {
      for (const StudentEpoch& e : student_epochs(log_of(run.out))) {
        if (e.epoch > epochs.done_before()) break;
        if (better(e.row, round.best)) round.epoch = e.epoch, round.best = e.row;
        after(e.row);
      }
      if (std::filesystem::exists(run.out)) {
        round.model = load_model(run.out, table_of);
        round.held_out = held_out_.measure(round.model);
        round.best = row_of(round.held_out);
      }
    }
    if (limit_) share_energy_weight(ranks_, weights.energy);
    const auto measure = [&](Training& training) -> HeldOut {
      Model model = student_of(training.net, run.student);
      const Measures now = held_out_.measure(model);
      const StudentRow row = row_of(now);
      if (better(row, round.best)) {
        round.epoch = training.epoch, round.best = row, round.held_out = now;
        if (keeps_limit(row)) save(model, run.out);
        round.model = std::move(model);
      }
      after(row);
      if (limit_) share_energy_weight(ranks_, weights.energy);
      return {now.accuracy, row};
    };
    try {
      epochs.run(distillation(teacher_, run.student, weights, run.energies), data_.used, measure);
    } catch (const Error&) {
      if (!stop_ || !run.end_when_stopped) throw;
    }
    epochs.lock().check();
    if (round.epoch == 0 && keeps_limit(round.best)) save(round.model, run.out);
    return round;
  }

  bool keeps_limit(const StudentRow& row) const {
    constexpr double kRounding = 1e-6;  // of the log
    return !limit_ || row.energy <= (1 + kRounding) * *limit_;
  }

  bool within(const Round& round) const {
    return tri::within(round.held_out,
                       {held_out_.teacher_accuracy(int(run_.teacher.classes.size())), 1, 0, 0, {}},
                       *run_.max_drop, run_.labeled);
  }

  // The staircase whose loss gains most KL on held-out pictures for each microjoule that it costs:
  // its tap. REQUIRES: one is left.
  int most_sensitive(const Round& round) const {
    int best = -1;
    double most = -HUGE_VAL;
    for (size_t tap = 0; tap < round.model.staircases.size(); ++tap) {
      if (!round.model.staircases[tap]) continue;
      Model without = round.model;
      without.staircases[tap].reset();
      const Measures m = held_out_.measure(without);
      const double price = std::max(1e-6, microjoules(m) - microjoules(round.held_out));
      const double gain = (round.held_out.kl - m.kl) / price;
      if (best < 0 || gain > most) best = int(tap), most = gain;
    }
    return best;
  }

 private:
  // Whether a later student takes the place of the best one.
  bool better(const StudentRow& later, const StudentRow& best) const {
    if (keeps_limit(later) != keeps_limit(best)) return keeps_limit(later);
    return keeps_limit(later) ? later.cost <= best.cost : later.energy < best.energy;
  }
  StudentRow row_of(const Measures& m) const {
    return held_out_.row(m, run_.teacher, run_.weights.energy);
  }

  const FinetuningRun& run_;
  const TrainingData& data_;
  const TrainingEvents& events_;
  const std::atomic<bool>& stop_;
  const Ranks* ranks_;
  const IntNet teacher_;
  const Against held_out_;
  std::optional<double> limit_;  // of energy
};

std::filesystem::path round_file(const std::filesystem::path& out, int round) {
  return std::filesystem::path(out).replace_extension(".round" + std::to_string(round) + ".tri");
}

// Rounds until max_drop holds or no staircase is left; `result` gets what was given up.
Round finetune_within(const Rounds& rounds, FinetuningRun run, const TrainingEvents& events,
                      const std::atomic<bool>& stop, FinetuningResult& result) {
  const std::filesystem::path out = run.out;
  const Lock lock(out.string() + ".lock", out);
  const int epochs = run.recipe.epochs;
  for (int number = 0;; ++number) {
    run.out = round_file(out, number);
    Round round = rounds.finetune(run);
    if (number == 0) result.start_row = round.start;
    result.within = rounds.within(round);
    const bool left = std::ranges::any_of(round.model.staircases, [](auto& f) { return !!f; });
    if (*result.within || !left || stop) {
      lock.check();
      save(round.model, out);
      return round;
    }
    const int tap = rounds.most_sensitive(round);
    result.given_back.push_back(round.model.layers[size_t(round.model.tap_rows()[tap])].name);
    events.note("the student loses too much: " + result.given_back.back() + " gets 8 bits again");
    run.student = std::move(round.model);
    run.student.staircases[size_t(tap)].reset();
    run.recipe.epochs = run.recipe.qat_epochs = std::max(1, epochs / 4);
  }
}

}  // namespace

FinetuningResult finetune(const FinetuningRun& run, const TrainingData& data,
                          const TrainingEvents& events, const std::atomic<bool>& stop,
                          const Ranks* ranks) {
  if (data.held_out.size() == 0)
    throw Error("there is no picture to hold out: fine-tuning needs more training pictures");
  if (data.used.size() < run.recipe.batch)
    throw Error("a batch of " + std::to_string(run.recipe.batch) + " needs as many pictures, and " +
                std::to_string(data.used.size()) + " are there to learn from");
  FinetuningResult result{};
  const Rounds rounds(run, data, events, stop, ranks);
  Round last =
      run.max_drop ? finetune_within(rounds, run, events, stop, result) : rounds.finetune(run);
  if (ranks) tell(*ranks, nullptr);
  if (!rounds.keeps_limit(last.best)) {
    char least[64];
    std::snprintf(least, sizeof least, "%.1f uJ, and the limit is %.1f", last.best.energy,
                  *run.energy_limit);
    throw Error("no epoch keeps the energy budget: on held-out pictures the least was " +
                std::string(least));
  }
  if (!run.max_drop) result.start_row = last.start;
  result.epoch = last.epoch, result.best_row = last.best;
  result.model = std::move(last.model);
  const Against test(rounds.teacher(), data.test, run.energies);
  result.teacher = {test.teacher_accuracy(int(run.teacher.classes.size())), 1, 0, 0,
                    teacher_energy(run.teacher, run.energies)};
  result.start = test.measure(run.student);
  result.student = test.measure(result.model);
  return result;
}

void help_finetune(FinetuningRun run, const TrainingData& data, const Ranks& ranks) {
  const IntNet teacher(run.teacher);
  const TrainingEvents silent;
  const std::atomic<bool> never{false};
  while (hear(ranks, run)) {
    DistillationWeights weights = run.weights;
    const auto hear_weight = [&] {
      if (run.energy_limit) share_energy_weight(&ranks, weights.energy);
    };
    Epochs epochs(
        run.out, run.recipe, identity_of(run, data.used), run.resume,
        [&](int) { return dequantize(run.student); }, silent, never, &ranks);
    hear_weight();
    epochs.run(distillation(teacher, run.student, weights, run.energies), data.used,
               [&](Training&) {
                 hear_weight();
                 return HeldOut{};
               });
  }
}

}  // namespace tri
