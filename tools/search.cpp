// ./search NET: finds the staircases of all layers and writes the student.
#include <csignal>
#include <nlohmann/json.hpp>

#include "data/file.h"
#include "data/procedural.h"
#include "nets/nets.h"
#include "rl/deploy.h"
#include "rl/search.h"
#include "tools/options.h"
#include "tools/progress.h"

using namespace tri;
using Json = nlohmann::ordered_json;

namespace {

// Set by the first Ctrl-C (or kill): the search then ends and what it has found is deployed.
std::atomic<bool> stop{false};

void on_signal(int) {
  stop = true;
  std::signal(SIGINT, SIG_DFL);  // a second one ends the program at once
  std::signal(SIGTERM, SIG_DFL);
}

// The pictures: train for the reward, test for the verdict.
struct Pictures {
  Dataset train, test;
  bool labelled;
  std::string source, folder;
};

Pictures load_pictures(const std::string& named) {
  const auto folder = find_cifar10(named);
  if (!folder.empty())
    return {load_train(folder), load_test(folder), true, "cifar10", folder.string()};
  std::cerr << "no CIFAR-10 found: using procedural pictures, which show agreement with the teacher "
               "but no accuracy; 'make cifar10' gets the real ones\n";
  const Dataset all = procedural_pictures(10000, 1);
  return {all.slice(0, 8000), all.slice(8000, 10000), false, "procedural", ""};
}

Json to_json(const Deployed& d, int rank, const Pictures& pictures, const Model& model) {
  Json layers = Json::array();
  const std::vector<int> taps = model.tap_layers();
  for (size_t i = 0; i < taps.size(); ++i) {
    const TriSegment& f = d.candidate.f[i];
    layers.push_back({{"name", model.layers[taps[i]].name},
                      {"t1", f.t1}, {"v1", f.v1}, {"t2", f.t2}, {"v2", f.v2}});
  }
  return {{"rank", rank},
          {"reward", d.candidate.reward},
          {"kl", d.candidate.kl},
          {"attention", d.candidate.attention},
          {"accuracy", pictures.labelled ? Json(d.measures.accuracy) : Json()},
          {"agreement", d.measures.agreement},
          {"test_kl", d.measures.kl},
          {"zero_share", d.measures.zero_share},
          {"layers", layers}};
}

void print_row(const char* name, const Pictures& pictures, const Measures& m) {
  std::printf("%-12s %9s %9.2f %% %8.4f %8.1f %%\n", name,
              pictures.labelled ? (std::to_string(m.accuracy * 100).substr(0, 5) + " %").c_str() : "-",
              100 * m.agreement, m.kl, 100 * m.zero_share);
}

std::string csv_row(const SearchRow& r) {
  char text[256];
  std::snprintf(text, sizeof text, "%d,%d,%.6f,%.6f,%.6f,%.6f,%.4f,%.5f,%.4f,%.4f,%.1f\n", r.episodes,
                r.evaluations, r.reward_mean, r.best.reward, r.best.kl, r.best.attention,
                r.ppo.entropy, r.ppo.approx_kl, r.ppo.clip_fraction, r.ppo.explained_variance,
                r.seconds);
  return text;
}

const char* const kCsvHead =
    "episodes,evaluations,reward_mean,reward_best,kl,attention,entropy,approx_kl,clip_fraction,"
    "explained_variance,seconds\n";

}  // namespace

int main(int argc, char** argv) {
  Options options("Finds three-level activations for every layer of an 8-bit teacher.\n"
                  "Example: ./search vgg19 --data data/cifar-10-batches-bin");
  std::string net, teacher_file, data, out, algorithm = "ppo", prior = "mse", isa;
  SearchOptions search_options;
  double max_drop = 5;
  int test_pictures = 10000;
  options.add_option("NET", net, "the network")->required()->check(CLI::IsMember(net_names()));
  options.add_option("--teacher", teacher_file, "teacher file [nets/weights/NET.q8]");
  options.add_option("--data", data, "folder of CIFAR-10's binary version");
  options.add_option("--algo", algorithm, "how parameter sets are proposed")
      ->check(CLI::IsMember({"ppo", "random", "mse"}));
  options.add_option("--episodes", search_options.episodes, "parameter sets to evaluate")
      ->check(CLI::Range(1, 10'000'000));
  options.add_option("--batch", search_options.pictures, "pictures that each one is evaluated on")
      ->check(CLI::Range(1, 50'000));
  options.add_option("--top", search_options.keep, "candidates measured on the test set")
      ->check(CLI::Range(1, 1000));
  options.add_option("--test", test_pictures, "test pictures to measure on, at most")
      ->check(CLI::Range(1, 10000));
  options.add_option("--max-drop", max_drop, "points of accuracy the student may lose")
      ->check(CLI::Range(0.0, 100.0));
  options.add_option("--attention-weight", search_options.attention_weight, "w of -KL - w * AT")
      ->check(CLI::Range(0.0, 1e6));
  options.add_option("--prior", prior, "where heads start: around the mse optimum, or anywhere")
      ->check(CLI::IsMember({"mse", "none"}));
  options.add_option("--prior-width", search_options.prior_width, "spread of the prior, of its centre")
      ->check(CLI::Range(0.0, 10.0));
  options.add_option("--seed", search_options.seed, "of the sampling and the agent");
  options.add_option("--isa", isa, "kernels to use [$TRISEGMENT_ISA, else the best]");
  options.add_option("--out", out, "folder for result.json, search.csv and NET.tri [runs/NET]");
  return run_program(options, argc, argv, [&] {
    search_options.algorithm = algorithm == "mse"      ? Algorithm::mse
                               : algorithm == "random" ? Algorithm::random
                                                       : Algorithm::ppo;
    search_options.prior = prior == "mse";
    if (teacher_file.empty()) teacher_file = "nets/weights/" + net + ".q8";
    const std::filesystem::path folder = out.empty() ? "runs/" + net : out;
    std::filesystem::create_directories(folder);
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);

    const auto begin = std::chrono::steady_clock::now();
    const Model model = load_model(teacher_file, table_of);
    if (model.net != net) throw Error(teacher_file + ": is a " + model.net + ", expected " + net);
    const IntNet teacher(model, isa);
    Pictures pictures = load_pictures(data);
    pictures.test = pictures.test.slice(0, std::min(test_pictures, pictures.test.size()));

    std::cerr << "warm-up: the teacher's activations\n";
    const WarmUp start = warm_up(teacher, pictures.train.slice(0, std::min(1000, pictures.train.size())));
    std::string csv = kCsvHead;
    ProgressLine line;
    const SearchResult found = search(
        teacher, pictures.train, start, attention_layers(net), search_options,
        [&](const SearchRow& r) {
          csv += csv_row(r);
          write_file(folder / "search.csv", csv);
          char text[160];
          std::snprintf(text, sizeof text,
                        "episode %d: reward mean %.4f, best %.4f, KL %.4f, AT %.4f, %.2f evaluations/s",
                        r.episodes, r.reward_mean, r.best.reward, r.best.kl, r.best.attention,
                        r.evaluations / r.seconds);
          line.show(r.episodes, std::max(r.episodes, search_options.episodes), text);
        },
        stop);

    std::cerr << "\ndeploying: the teacher and " << found.archive.best().size()
              << " candidates on " << pictures.test.size() << " test pictures\n";
    const std::vector<int32_t> teacher_logits = logits_of(teacher, pictures.test);
    const Measures of_teacher{accuracy(teacher_logits, pictures.test.labels, kClasses), 1, 0, 0};
    const auto deploy = [&](const Candidate& c) {
      return Deployed{c, measure(teacher, pictures.test, teacher_logits, staircases(teacher, c.f))};
    };
    const Deployed mse = deploy(found.mse);
    std::vector<Deployed> candidates;
    for (const Candidate& c : found.archive.best())
      candidates.push_back(c.f == found.mse.f ? mse : deploy(c));
    const Choice choice = choose(candidates, pictures.labelled ? of_teacher.accuracy : 1,
                                 max_drop / 100, pictures.labelled);
    const Deployed& selected = candidates[choice.index];

    Json result = {
        {"net", net},
        {"data", {{"source", pictures.source}, {"dir", pictures.folder}}},
        {"algorithm", algorithm},
        {"seed", search_options.seed},
        {"evaluations", found.evaluations},
        {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()},
        {"teacher",
         {{"file", teacher_file},
          {"accuracy", pictures.labelled ? Json(of_teacher.accuracy) : Json()}}},
        {"mse", to_json(mse, 0, pictures, model)},
        {"candidates", Json::array()},
        {"selected", to_json(selected, int(choice.index) + 1, pictures, model)},
        {"within_max_drop", choice.within}};
    for (size_t i = 0; i < candidates.size(); ++i)
      result["candidates"].push_back(to_json(candidates[i], int(i) + 1, pictures, model));
    Model student = model;
    student.staircases.assign(selected.candidate.f.begin(), selected.candidate.f.end());
    save(student, folder / (net + ".tri"));
    write_file(folder / "search.csv", csv);
    write_file(folder / "result.json", result.dump(2) + "\n");

    std::printf("%-12s %9s %11s %8s %10s\n", "", "accuracy", "agreement", "KL", "zeros");
    print_row("teacher", pictures, of_teacher);
    print_row("MSE start", pictures, mse.measures);
    print_row("best found", pictures, selected.measures);
    if (!choice.within)
      std::printf("no candidate stays within %g points of the teacher: the best one was taken\n",
                  max_drop);
    std::printf("written: %s/{result.json, search.csv, %s.tri}\n", folder.c_str(), net.c_str());
  });
}
