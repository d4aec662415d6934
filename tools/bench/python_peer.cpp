#include "tools/bench/python_peer.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <span>

#include "data/base/file.h"
#include "data/batch.h"
#include "engine/arithmetic/quant.h"
#include "engine/integer/int_net.h"

namespace tri {
namespace {

class PythonPeer : public Contestant {
 public:
  PythonPeer(const std::string& script, const std::string& python, const std::string& problem)
      : script_("tools/peers/" + script) {
    int to[2], from[2];
    if (pipe(to) || pipe(from)) throw Error("no pipe");
    const pid_t pid = fork();
    if (pid < 0) throw Error("no process");
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(to[0], 0), dup2(from[1], 1);
      for (int end : {to[0], to[1], from[0], from[1]}) close(end);
      execlp(python.c_str(), python.c_str(), script_.c_str(), "--serve", nullptr);
      _exit(127);
    }
    close(to[0]), close(from[1]);
    to_ = fdopen(to[1], "w"), from_ = fdopen(from[0], "r");
    description_ = ask(problem);
  }
  std::string description() const override { return description_; }
  bool takes(int) override { return !description_.starts_with("skipped"); }
  std::optional<uint64_t> prepare(int) override { return {}; }
  void run() override { timed_run(); }
  // Its own clock does not see the pipes between us.
  double timed_run() override { return std::stod(ask("run\n")); }

 private:
  std::string ask(const std::string& question) {
    char answer[200];
    if (std::fwrite(question.data(), 1, question.size(), to_) != question.size() ||
        std::fflush(to_) || !std::fgets(answer, sizeof answer, from_))
      throw Error(script_ +
                  " did not answer: it needs the Python that `make peers` makes (for torch the "
                  "package python3-torch will do) and to be started from the project's folder");
    std::string text = answer;
    text.pop_back();
    return text;
  }
  std::string script_, description_;
  FILE *to_, *from_;
};

template <class T>
void append(std::string& bytes, std::span<const T> values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

// Of the network without staircases, in floats.
std::vector<float> logits_without_staircases(const Model& model, const Dataset& pictures) {
  std::vector<float> logits;
  for (const int32_t step : logits_of(IntNet(model), pictures, {}))
    logits.push_back(float(step) * kLogitStep);
  return logits;
}

}  // namespace

std::string python_of_peers() {
  const char* const made = "build/peers/bin/python3";
  return std::filesystem::exists(made) ? made : "/usr/bin/python3";
}

Json problem_for_python(const std::vector<Layer>& layers, int threads, int batch) {
  static const char* const kNames[] = {"conv",     "depthwise", "max_pool",
                                       "avg_pool", "dropout",   "add"};
  static const char* const kActivations[] = {"relu", "linear", "logits"};
  Json rows = Json::array();
  for (const Layer& l : layers)
    rows.push_back({{"kind", kNames[int(l.kind)]},
                    {"in", l.in.c},
                    {"out", l.output.c},
                    {"kernel", l.kernel},
                    {"stride", l.stride},
                    {"pad", l.pad},
                    {"rate", l.rate},
                    {"sources", l.sources},
                    {"activation", l.has_sums() ? kActivations[int(l.activation)] : ""},
                    {"activated", l.is_tap()}});
  return {{"threads", threads}, {"batch", batch}, {"side", layers.front().in.h}, {"layers", rows}};
}

std::unique_ptr<Contestant> python_peer(const std::string& script, const std::string& python,
                                        const Json& problem, const std::string& bytes) {
  return std::make_unique<PythonPeer>(script, python, problem.dump() + "\n" + bytes);
}

std::unique_ptr<Contestant> onnx_peer(const std::string& peer, const std::string& python,
                                      const Model& model, const Dataset& pictures, int threads) {
  Json problem = problem_for_python(model.layers, threads, pictures.size());
  problem["peer"] = peer;
  problem["classes"] = model.layers.back().output.c;
  problem["picture"] = {
      {"channels", pictures.shape().c}, {"scale", 1 / kPixelUnit}, {"zero", kPixelZero}};
  std::string bytes;
  for (size_t row = 0; row < model.layers.size(); ++row) {
    const Layer& l = model.layers[row];
    const QuantLayer& q = model.quant[row];
    if (!l.has_sums()) continue;
    problem["layers"][row].update({{"scale", l.is_logits() ? 1 : q.scale},
                                   {"zero", zero_point(model.layers, int(row))},
                                   {"rows", l.rows()},
                                   {"pixels", l.output.h * l.output.w}});
    if (!l.has_weights()) continue;
    std::vector<double> factors;
    for (size_t k = 0; k < q.m.size(); ++k)
      factors.push_back(Multiplier{q.m[k], q.shift[k]}.value() * (l.is_logits() ? kLogitStep : 1));
    append<int8_t>(bytes, q.weights);
    append<int32_t>(bytes, q.bias);
    append<double>(bytes, factors);
  }
  append<uint8_t>(bytes, pictures.pixels());
  append<float>(bytes, logits_without_staircases(model, pictures));
  return python_peer("peer_onnx.py", python, problem, bytes);
}

}  // namespace tri
