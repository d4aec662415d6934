// ./bench reward: whether what a search rewards foretells what its students become.
//
// A search rewards calibrated students; what users get was reconstructed, and perhaps fine-tuned.
// Some students of different quality are drawn as a search draws them, judged by several rewards,
// and then brought to their end. The rank correlation between a reward and an end says what the
// reward is worth. All ends are measured on the held-out pictures: it is them that choices are made
// on, and no test picture is seen.
#include <omp.h>

#include <algorithm>
#include <cstdio>
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
        student = net.start.mixing->budget.fitted(p.mixture(proposed.back())).staircases();
        return std::vector<double>(proposed.size());
      });
  return student;
}

// What tells students before their ends: numbers, the more the better, of each student. Where there
// are several such lists, each is another sample of the same reward, and correlations are their
// means.
struct Reward {
  std::string name;
  std::vector<std::vector<double>> samples;
};

double weighted(const RewardParts& p, double attention) { return -p.kl - attention * p.attention; }

RewardParts operator+(const RewardParts& a, const RewardParts& b) {
  return {a.kl + b.kl, a.attention + b.attention, a.agreement + b.agreement, a.energy + b.energy};
}

std::string short_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

// The rewards of a search, on one batch and on all.
std::vector<Reward> rewards_of(const SearchedNet& net, const Settings& settings,
                               const Splits& splits, const std::vector<StaircaseSet>& students) {
  constexpr double kTemperatures[] = {1, 2, 4, 8};
  constexpr double kUsual = 0.1;  // weight of attention
  using Parts = std::vector<RewardParts>;
  const auto list = [](const Parts& parts, auto of) {
    std::vector<double> numbers;
    for (const RewardParts& p : parts) numbers.push_back(of(p));
    return numbers;
  };
  // On every batch, and the sums, which order as means do.
  const auto run = [&](const ObjectiveOptions& options) {
    const Objective objective(net.body, splits.search, options);
    std::pair<std::vector<Parts>, Parts> all{{}, Parts(students.size())};
    for (int batch = 0; batch < objective.batches(); ++batch) {
      all.first.push_back(objective.on_batch(batch, students));
      for (size_t i = 0; i < students.size(); ++i)
        all.second[i] = all.second[i] + all.first.back()[i];
    }
    return all;
  };
  std::vector<Reward> one, whole, others;
  for (const double temperature : kTemperatures) {
    ObjectiveOptions options = objective_of(settings, net.teacher.model());
    options.temperature = temperature;
    const auto [batches, sums] = run(options);
    const auto usual = [](const RewardParts& p) { return weighted(p, kUsual); };
    Reward batch{"a batch, T = " + short_text(temperature), {}};
    for (const Parts& parts : batches) batch.samples.push_back(list(parts, usual));
    one.push_back(batch);
    whole.push_back({"all batches, T = " + short_text(temperature), {list(sums, usual)}});
    if (temperature != 1) continue;
    for (const double weight : {0.0, 1.0})
      others.push_back({"attention x " + short_text(weight),
                        {list(sums, [&](const RewardParts& p) { return weighted(p, weight); })}});
    others.push_back({"agreement", {list(sums, [](const RewardParts& p) { return p.agreement; })}});
  }
  ObjectiveOptions layerwise = objective_of(settings, net.teacher.model());
  layerwise.attention_layers.clear();
  for (const int row : net.body.model().tap_rows())
    layerwise.attention_layers.push_back(net.body.model().layers[size_t(row)].name);
  const Parts sums = run(layerwise).second;
  for (const double weight : {kUsual, 1.0})
    others.push_back({"of all layers x " + short_text(weight),
                      {list(sums, [&](const RewardParts& p) { return weighted(p, weight); })}});
  one.insert(one.end(), whole.begin(), whole.end());
  one.insert(one.end(), others.begin(), others.end());
  return one;
}

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
  std::vector<Reward> rewards = rewards_of(net, settings, splits, students);
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
  // Known one by one: with weights fitted on few pictures; on the held-out ones, before and after
  // reconstruction.
  std::vector<double> fitted_rewards, held_out_rewards, reconstructed_rewards;
  std::vector<double> ends[4];
  for (int i = 0; i < asked.students; ++i) {
    const StaircaseSet& f = students[size_t(i)];
    const Candidate held_out = rescored(net.builder, net.held_out, f);
    const Model fitted = fitting.reconstructed(f, untold);
    const Model reconstructed = net.builder.reconstructed(f, untold);
    fitted_rewards.push_back(net.objective.on_all(IntNet(fitted), f).reward);
    held_out_rewards.push_back(held_out.reward);
    reconstructed_rewards.push_back(net.held_out.on_all(IntNet(reconstructed), f).reward);
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
  rewards.push_back({"weights fitted", {fitted_rewards}});
  rewards.push_back({"held out", {held_out_rewards}});
  rewards.push_back({"reconstructed", {reconstructed_rewards}});
  Json summary;
  for (const Reward& reward : rewards) {
    double mean[4] = {};
    for (const std::vector<double>& sample : reward.samples)
      for (size_t k = 0; k < std::size(mean); ++k)
        mean[k] += rank_correlation(sample, ends[k]) / double(reward.samples.size());
    const Json row = {{"rank correlation", reward.name},
                      {"reconstructed", mean[0]},
                      {"reconstructed_kl", mean[1]},
                      {"finetuned", mean[2]},
                      {"finetuned_kl", mean[3]}};
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
