// ./bench search: rewards a second, as ./search has its students evaluated, beside PyTorch.
#include "rl/search/search.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <iostream>

#include "data/base/file.h"
#include "engine/kernels/dispatch/isa.h"
#include "nets/nets.h"
#include "rl/agent/state.h"
#include "tools/bench/commands.h"
#include "tools/bench/python_peer.h"
#include "tools/pipeline/pictures.h"

namespace tri {
namespace {

struct Settings {
  std::string net = "vgg19", teacher, isa, csv, json, python = python_of_peers();
  DataOptions data;
  int threads = omp_get_max_threads(), batch = 256, students = 20, repeats = 5;
  bool peer = false;
};

// The problems, by number.
constexpr const char* kProblems[] = {"as they are", "calibrated"};

// A generation that a search draws around the mean-square start.
std::vector<StaircaseSet> generation(const WarmUp& start, int students) {
  const auto p = Parametrization::centered(start.mse_optimal, Parametrization::Widths());
  std::vector<StaircaseSet> drawn;
  Hyperparameters parameters;
  parameters.random.population = students;
  make_algorithm("random", {p, start.states, parameters, 1})
      ->update([&](const std::vector<Actions>& proposed) {
        for (const Actions& actions : proposed) drawn.push_back(p.staircases(actions));
        return std::vector<double>(proposed.size());
      });
  return drawn;
}

class Ours : public Contestant {
 public:
  Ours(const Model& model, const Dataset& pictures, const Settings& s)
      : isa_(isa_name(chosen_isa())), teacher_(model) {
    omp_set_num_threads(s.threads);
    students_ = generation(warm_up(teacher_, pictures), s.students);
    for (const bool calibrate : {false, true}) {
      ObjectiveOptions options;
      options.batch = s.batch;
      options.attention_layers = model.attention;
      options.calibrate = calibrate;
      objectives_.emplace_back(teacher_, pictures, options);
    }
  }
  std::string description() const override { return isa_; }
  std::optional<uint64_t> prepare(int problem) override {
    objective_ = &objectives_[size_t(problem)];
    return {};
  }
  void run() override { objective_->on_batch(0, students_); }

 private:
  std::string isa_;
  IntNet teacher_;
  std::vector<StaircaseSet> students_;
  std::vector<Objective> objectives_;
  const Objective* objective_ = nullptr;
};

// What of a search is not evaluation, and so left to one process however many evaluate: students an
// update over the seconds of PPO's, that is of proposing them and of learning from their rewards.
double agent_rate(const Model& model, const Dataset& pictures, const Settings& s) {
  constexpr int kUpdates = 10;
  const IntNet teacher(model);
  const WarmUp start = warm_up(teacher, pictures);
  Objective objective(teacher, pictures, {.batch = s.batch});
  objective.compute_with([](int, const std::vector<StaircaseSet>& students) {
    std::vector<RewardParts> parts(students.size());
    for (size_t i = 0; i < parts.size(); ++i) parts[i].kl = 0.01 * double(i % 7);
    return parts;
  });
  SearchOptions options;
  options.evaluations = kUpdates * s.students;
  options.hyperparameters.ppo.episodes = s.students;
  const std::atomic<bool> stop{false};
  std::vector<double> rates;
  for (int i = 0; i < s.repeats; ++i) {
    Journal journal;
    const SearchResult result = search(
        objective, start, options, journal, [](const SearchRow&, const Archive&) {}, stop);
    rates.push_back(result.evaluations / result.seconds);
  }
  std::ranges::nth_element(rates, rates.begin() + std::ssize(rates) / 2);
  return rates[rates.size() / 2];
}

void run(const Settings& s) {
  set_isa(s.isa);
  const std::string file = s.teacher.empty() ? own_teacher(s.net) : s.teacher;
  const Model model = load_model_of(s.net, file);
  const Dataset pictures = bench_pictures(s.data, model, s.batch);
  Contest contest;
  contest.add("ours", [&] { return std::make_unique<Ours>(model, pictures, s); });
  const std::string isa = contest.description();
  if (s.peer) {
    contest.add("torch", [&] {
      Json problem = problem_for_python(model.layers, s.threads, s.batch);
      problem["attention"] = Json::array();
      for (const std::string& layer : model.attention)
        problem["attention"].push_back(model.tap(layer));
      return python_peer("peer_torch_search.py", s.python, problem);
    });
    std::cerr << "torch: " << contest.description() << ", students as they are\n";
  }
  Table table({{"net", 12},
               {"students", 11},
               {"ISA", 8},
               {"threads", 7},
               {"batch", 5},
               {"evaluations/s", 13, 2},
               {"torch_evaluations/s", 19, 2},
               {"vs_torch", 8, 2}});
  Json summary;
  for (int problem = 0; problem < 2; ++problem) {
    const std::vector<double> seconds = contest.race(problem, s.repeats);
    const double rate = s.students / seconds[0];
    Json row = {{"net", s.net},     {"students", kProblems[problem]},
                {"ISA", isa},       {"threads", s.threads},
                {"batch", s.batch}, {"evaluations/s", rate}};
    if (s.peer) {
      row["torch_evaluations/s"] = 1 / seconds[1];
      row["vs_torch"] = rate * seconds[1];
    }
    table.add(row);
    const std::string prefix = problem == 0 ? "" : "calibrated_";
    summary[prefix + "evaluations_per_s"] = rate;
    if (s.peer) summary[prefix + "vs_torch"] = rate * seconds[1];
  }
  const double rate = agent_rate(model, pictures, s);
  table.add({{"net", s.net},
             {"students", "unevaluated"},
             {"ISA", isa},
             {"threads", s.threads},
             {"batch", s.batch},
             {"evaluations/s", rate}});
  summary["agent_evaluations_per_s"] = rate;
  table.write(s.csv, s.json, summary);
}

}  // namespace

void add_search(Options& options, Run& action) {
  const auto s = std::make_shared<Settings>();
  CLI::App& command =
      *options.add_subcommand("search", "the reward of a search, in evaluations a second");
  command.add_option("--net", s->net, "the network")->check(OneOf(net_names()));
  command.add_option("--teacher", s->teacher, "teacher file [nets/weights/NET.q8]");
  command.add_flag("--peer", s->peer,
                   "take turns with the same evaluation in PyTorch (Debian's python3-torch), in "
                   "fp32 with random weights");
  command.add_option("--python", s->python, "the Python that has torch");
  s->data.add_to(command);
  command.add_option("--isa", s->isa, "our instruction set [$TRISEGMENT_ISA, else the best]");
  command.add_option("--threads", s->threads, "threads, of everyone")->check(CLI::Range(1, 1024));
  command.add_option("--batch", s->batch, "pictures an evaluation")->check(CLI::Range(1, 1000));
  command.add_option("--students", s->students, "students that we evaluate a turn")
      ->check(CLI::Range(1, 1000));
  command.add_option("--repeats", s->repeats, "turns of which the median counts")
      ->check(CLI::Range(1, 1000));
  command.add_option("--csv", s->csv, "file for the rows as CSV");
  command.add_option("--json", s->json, "file for the rows and the summary as JSON");
  command.callback([s, &action] { action = [s] { run(*s); }; });
}

}  // namespace tri
