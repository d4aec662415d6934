#include "tools/bench/torch.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "data/base/file.h"

namespace tri {
namespace {

class Torch : public Contestant {
 public:
  Torch(const std::string& script, const std::string& python, const Json& problem)
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
    description_ = ask(problem.dump());
  }
  std::string description() const override { return description_; }
  std::optional<uint64_t> prepare(int) override { return {}; }  // its weights are random
  void run() override { ask("run"); }

 private:
  std::string ask(const std::string& line) {
    char answer[200];
    if (std::fprintf(to_, "%s\n", line.c_str()) < 0 || std::fflush(to_) ||
        !std::fgets(answer, sizeof answer, from_))
      throw Error(script_ +
                  " did not answer: it needs a Python with torch (make peers, or the package "
                  "python3-torch) and to be started from the project's folder");
    std::string text = answer;
    text.pop_back();
    return text;
  }
  std::string script_, description_;
  FILE *to_, *from_;
};

}  // namespace

std::string python_of_peers() {
  const char* const made = "build/peers/bin/python3";
  return std::filesystem::exists(made) ? made : "/usr/bin/python3";
}

Json problem_for_torch(const std::vector<Layer>& layers, int threads, int batch) {
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

std::unique_ptr<Contestant> torch_peer(const std::string& script, const std::string& python,
                                       const Json& problem) {
  return std::make_unique<Torch>(script, python, problem);
}

}  // namespace tri
