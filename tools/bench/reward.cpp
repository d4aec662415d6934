// ./bench reward: whether what a search rewards foretells what its students become.
//
// A search rewards calibrated students; what users get was reconstructed, and perhaps fine-tuned.
// Some students of different quality are drawn as a search draws them, judged by several rewards,
// and then brought to their end. The rank correlation between a reward and an end says what the
// reward is worth. All ends are measured on the held-out pictures: it is them that choices are made
// on, and no test picture is seen.
#include <omp.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/base/error.h"
#include "engine/integer/dequantize.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "tools/bench/commands.h"
#include "tools/bench/rank_correlation.h"
#include "tools/bench/table.h"
#include "tools/pipeline/finetuning.h"
#include "tools/pipeline/search_inputs.h"
#include "tools/pipeline/searched_net.h"

namespace tri {
namespace {

struct Asked {
  std::string net = "resnet20", teacher, isa, csv, json;
  DataOptions data;
  int threads = omp_get_max_threads(), students = 20, finetuned_on = 9600, fitted_on = 512;
  uint64_t seed = 1;
};

// Of the prior of a search, so that students differ in quality.
constexpr double kWidths[] = {0.25, 0.5, 1, 2};

// Student i is the same however many are drawn.
StaircaseSet drawn(const SearchedNet& net, uint64_t seed, int i) {
  const Parametrization::Widths usual;
  const double factor = kWidths[size_t(i) % std::size(kWidths)];
  const auto p = Parametrization::centered(net.start.mixing->start,
                                           {factor * usual.global, factor * usual.residual});
  Hyperparameters two;  // the first is the start
  two.random.population = 2;
  StaircaseSet student;
  make_algorithm("random", {p, net.start.states, two, seed * 1000 + uint64_t(i)})
      ->update([&](const std::vector<Actions>& proposed) {
        student = net.start.mixing->budget.project(p.mixture(proposed.back())).staircases();
        return std::vector<double>(proposed.size());
      });
  return student;
}

// What is known of a student before its end, on the search's pictures but for the last two: sums
// over batches, which order as means do.
struct Signs {
  RewardParts first_batch, four_batches, all_batches, all_layers;
  RewardParts fitted;  // its weights on few pictures
  RewardParts held_out, reconstructed;
};

RewardParts operator+(const RewardParts& a, const RewardParts& b) {
  return {a.kl + b.kl, a.attention + b.attention, a.agreement + b.agreement, a.energy + b.energy};
}

// Sums over the first batches, of each student.
std::vector<RewardParts> on_batches(const Objective& objective, int batches,
                                    const std::vector<StaircaseSet>& students) {
  std::vector<RewardParts> sums(students.size());
  for (int batch = 0; batch < std::min(batches, objective.batches()); ++batch) {
    const auto parts = objective.on_batch(batch, students);
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = sums[i] + parts[i];
  }
  return sums;
}

struct Reward {
  const char* name;
  std::function<double(const Signs&)> of;
};
double weighted(const RewardParts& p, double attention) { return -p.kl - attention * p.attention; }
const Reward kRewards[] = {
    {"a batch", [](const Signs& s) { return weighted(s.first_batch, 0.1); }},
    {"4 batches", [](const Signs& s) { return weighted(s.four_batches, 0.1); }},
    {"all batches", [](const Signs& s) { return weighted(s.all_batches, 0.1); }},
    {"no attention", [](const Signs& s) { return weighted(s.all_batches, 0); }},
    {"attention x 1", [](const Signs& s) { return weighted(s.all_batches, 1); }},
    {"of all layers x 0.1", [](const Signs& s) { return weighted(s.all_layers, 0.1); }},
    {"of all layers x 1", [](const Signs& s) { return weighted(s.all_layers, 1); }},
    {"agreement", [](const Signs& s) { return s.all_batches.agreement; }},
    {"weights fitted", [](const Signs& s) { return weighted(s.fitted, 0.1); }},
    {"held out", [](const Signs& s) { return weighted(s.held_out, 0.1); }},
    {"reconstructed", [](const Signs& s) { return weighted(s.reconstructed, 0.1); }},
};

struct End {
  double accuracy, kl;
};

// One epoch on the first of the pictures that teachers learn from.
Model finetuned(const Model& student, const IntNet& teacher, const Dataset& pictures) {
  Recipe recipe = finetuning_recipe_of(student.net);
  recipe.epochs = recipe.qat_epochs = 1;
  recipe.precision = precision_of("");
  Training training(dequantize(student));
  train_epoch(training, recipe, distillation(teacher, student, {}, {}), pictures,
              [](const Progress&) {});
  return student_of(training.net, student);
}

void run(const Asked& asked) {
  set_isa(asked.isa);
  omp_set_num_threads(asked.threads);
  const std::string file = asked.teacher.empty() ? own_teacher(asked.net) : asked.teacher;
  const Model model = load_model_of(asked.net, file);
  const Pictures pictures = load_pictures(asked.data, false, model, file, 1);
  if (!pictures.labeled) throw Error("accuracies need a data set with labels: name one by --data");
  Settings settings;
  settings.net = asked.net;
  const Splits splits = splits_of(settings, pictures);
  const SearchedNet::Note silent = [](const std::string&) {};
  SearchedNet net(settings, model, splits, silent);
  Journal journal;
  net.choose_start(settings, kept_by_default(model), true, journal, silent);

  std::vector<StaircaseSet> students;
  for (int i = 0; i < asked.students; ++i) students.push_back(drawn(net, asked.seed, i));
  ObjectiveOptions layerwise = objective_of(settings, model);
  layerwise.attention_layers.clear();
  for (const int row : net.body.model().tap_rows())
    layerwise.attention_layers.push_back(net.body.model().layers[size_t(row)].name);
  const Objective of_layers(net.body, splits.search, layerwise);
  const auto first = on_batches(net.objective, 1, students),
             four = on_batches(net.objective, 4, students),
             all = on_batches(net.objective, net.objective.batches(), students),
             layers = on_batches(of_layers, of_layers.batches(), students);
  const Dataset few =
      splits.reconstruction.slice(0, std::min(asked.fitted_on, splits.reconstruction.size()));
  const StudentBuilder fitting(net.body, splits.calibration, net.start.statistics, true, few);
  const Dataset all_learned = training_data(pictures.train, "", {}).used;
  const Dataset learned = all_learned.slice(0, std::min(asked.finetuned_on, all_learned.size()));
  if (learned.size() < finetuning_recipe_of(asked.net).batch)
    throw Error(std::to_string(learned.size()) + " pictures make no batch to fine-tune on");
  const std::vector<int32_t> logits = logits_of(net.teacher, splits.held_out);
  const auto end = [&](const Model& student) -> End {
    const Measures m =
        measure(student, record(IntNet(student), splits.held_out), splits.held_out, logits, {});
    return {m.accuracy, m.kl};
  };

  Table table({{"net", 12},
               {"student", 7},
               {"width", 5, 2},
               {"reward", 8, 4},
               {"energy", 6, 3},
               {"reconstructed", 13, 4},
               {"reconstructed_kl", 16, 4},
               {"finetuned", 9, 4},
               {"finetuned_kl", 12, 4}});
  std::vector<Signs> signs;
  std::vector<double> ends[4];
  for (int i = 0; i < asked.students; ++i) {
    const StaircaseSet& f = students[size_t(i)];
    const auto at = [i](const auto& parts) { return parts[size_t(i)]; };
    const Candidate held_out = rescored(net.builder, net.held_out, f);
    const Model fitted = fitting.reconstructed(f, untold);
    const Model reconstructed = net.builder.reconstructed(f, untold);
    signs.push_back({at(first), at(four), at(all), at(layers),
                     net.objective.on_all(IntNet(fitted), f).parts, held_out.parts,
                     net.held_out.on_all(IntNet(reconstructed), f).parts});
    const End before = end(reconstructed),
              after = end(finetuned(reconstructed, net.teacher, learned));
    const double of[] = {before.accuracy, -before.kl, after.accuracy, -after.kl};
    for (size_t k = 0; k < std::size(of); ++k) ends[k].push_back(of[k]);
    table.add({{"net", asked.net},
               {"student", i},
               {"width", kWidths[size_t(i) % std::size(kWidths)]},
               {"reward", held_out.reward},
               {"energy", held_out.parts.energy},
               {"reconstructed", before.accuracy},
               {"reconstructed_kl", before.kl},
               {"finetuned", after.accuracy},
               {"finetuned_kl", after.kl}});
  }
  Table correlations({{"rank correlation", 20},
                      {"reconstructed", 13, 2},
                      {"reconstructed_kl", 16, 2},
                      {"finetuned", 9, 2},
                      {"finetuned_kl", 12, 2}});
  Json summary;
  for (const Reward& reward : kRewards) {
    std::vector<double> rewards;
    for (const Signs& s : signs) rewards.push_back(reward.of(s));
    const Json row = {{"rank correlation", reward.name},
                      {"reconstructed", rank_correlation(rewards, ends[0])},
                      {"reconstructed_kl", rank_correlation(rewards, ends[1])},
                      {"finetuned", rank_correlation(rewards, ends[2])},
                      {"finetuned_kl", rank_correlation(rewards, ends[3])}};
    correlations.add(row);
    summary[reward.name] = row;
    summary[reward.name].erase("rank correlation");
  }
  table.write(asked.csv, asked.json, summary);
}

}  // namespace

void add_reward(Options& options, Run& action) {
  const auto a = std::make_shared<Asked>();
  CLI::App& command = *options.add_subcommand(
      "reward", "how well rewards foretell what students become (rank correlations)");
  command.add_option("--net", a->net, "the network")->check(OneOf(net_names()));
  command.add_option("--teacher", a->teacher, "teacher file [nets/weights/NET.q8]");
  a->data.add_to(command);
  command.add_option("--isa", a->isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--threads", a->threads, "threads")->check(CLI::Range(1, 1024));
  command.add_option("--students", a->students, "students, drawn around the start of a search")
      ->check(CLI::Range(2, 1000));
  command.add_option("--seed", a->seed, "of the drawing");
  command.add_option("--pictures", a->finetuned_on, "pictures of the epoch of fine-tuning")
      ->check(CLI::Range(128, 1 << 30));
  command.add_option("--fitted", a->fitted_on, "pictures of the reward \"weights fitted\"")
      ->check(CLI::Range(1, 1 << 30));
  command.add_option("--csv", a->csv, "file for the rows as CSV");
  command.add_option("--json", a->json, "file for the rows and the summary as JSON");
  command.callback([a, &action] { action = [a] { run(*a); }; });
}

}  // namespace tri
