// The habits that all programs share (tools/cli/options.h, tools/cli/progress.h).
#include <algorithm>

#include "data/base/file.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> all_programs() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator("tools"))
    if (entry.path().extension() == ".cpp") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

bool mentions(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// A folder of pictures that ./import takes, and the command for it.
struct Import {
  Scratch scratch;
  std::string folder = (scratch.path / "pictures").string();
  std::string command =
      program("import") + " " + folder + " --out " + (scratch.path / "out").string();
  Import() { write_image_folder(folder, 1, 1); }
};

// Runs a command on a terminal; stdout and stderr both end there.
Ran on_terminal(const std::string& settings, const std::string& command, int columns = 60) {
  return run("env TERM=xterm env " + settings + " script -qec 'stty cols " +
             std::to_string(columns) + "; " + command + "' /dev/null");
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;  // ASan maps terabytes
#else
constexpr bool kSanitized = false;
#endif
const auto kNoTerminal = doctest::skip(!have("script"));
const auto kNeedsTerminal = doctest::description("needs script");

}  // namespace

TEST_CASE(
    "every program has --help with an example, --version, and refuses what it does not know") {
  REQUIRE(all_programs().size() >= 5);
  for (const std::string& name : all_programs()) {
    CAPTURE(name);
    const Ran help = run(program(name) + " --help");
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    CHECK(mentions(help.out, "Example: ./" + name + " "));
    CHECK(mentions(help.out, "--version"));
    const std::string version = run(program(name) + " --version").out;
    // The commit stands behind it, where it was built in a clone.
    CHECK((version == "tri-segment 0.1.0\n" || version.starts_with("tri-segment 0.1.0 (")));
    CHECK(version.size() < 40);
    const Ran unknown = run(program(name) + " --versoin");
    CHECK(unknown.status == 2);
    CHECK(unknown.out.empty());
    CHECK(mentions(unknown.err, "there is no option --versoin (did you mean '--version'?)"));
    CHECK(run(program(name) + " --help >/dev/full").status == 1);
  }
}

TEST_CASE("a misspelt net, option or choice suggests the nearest") {
  const auto error = [](const std::string& arguments) {
    const Ran ran = run(program("search") + " " + arguments);
    CHECK(ran.status == 2);
    return ran.err;
  };
  CHECK(mentions(error("vg19"), "(did you mean 'vgg19'?)"));
  CHECK(mentions(error("vgg18"), "(did you mean 'vgg16' or 'vgg19'?)"));
  CHECK(mentions(error("mobilnetv1"), "(did you mean 'mobilenetv1'?)"));
  CHECK(!mentions(error("densenet"), "did you mean"));
  CHECK(mentions(error("densenet"), "vgg16, vgg19, alexnet, nin, mobilenetv1"));
  CHECK(mentions(error("vgg19 --epsiodes 5"), "--epsiodes (did you mean '--episodes'?)"));
  // The 5 is taken for the net here; what is wrong is the option all the same.
  CHECK(mentions(error("--epsiodes 5 vgg19"), "--epsiodes (did you mean '--episodes'?)"));
  CHECK(mentions(error("vgg19 --epsiodes=5"), "--epsiodes (did you mean '--episodes'?)"));
  CHECK(mentions(error("vgg19 --algo pop"), "(did you mean 'ppo'?)"));
  CHECK(!mentions(error("vgg19 --zzzzzz"), "did you mean"));
  CHECK(mentions(error("vgg19 --max-drop nan"), "--max-drop: nan is not a number"));
}

TEST_CASE("a standard output that is closed, full or a broken pipe is an error with status 1") {
  for (const char* where : {" >&-", " >/dev/full"}) {
    CAPTURE(where);
    const Import import;
    const Ran ran = run(import.command + where);
    CHECK(ran.status == 1);
    CHECK(mentions(ran.err, "error: standard output cannot be written: "));
    CHECK(load_test(import.scratch.path / "out").size() == 10);  // not written into by stdout
  }
  const Import import;
  // The reader is gone before the program starts.
  const Ran broken = run("( sleep 0.2; " + import.command + "; echo $? >&2 ) | true");
  CHECK(mentions(broken.err, "error: standard output cannot be written: Broken pipe\n1\n"));
}

TEST_CASE(
    "a folder that cannot be written, or a disk that is full, is an error before or at once") {
  const Import import;
  const std::string pictures = program("import") + " " + import.folder + " --out ";
  const Ran unwritable = run(pictures + "/proc/trisegment/out");
  CHECK(unwritable.status == 1);
  CHECK(mentions(unwritable.err, "/proc/trisegment: cannot be written to: "));
  CHECK(!mentions(unwritable.err, "reading"));
  // A limit on the size of files stands for a full disk: the same call fails.
  const Ran full = run("ulimit -f 8; " + import.command);
  CHECK(full.status == 1);
  CHECK(mentions(full.err, "error: "));
  CHECK(mentions(full.err, "File too large"));
  CHECK(!fs::exists(import.scratch.path / "out"));
}

TEST_CASE("progress is a plain line in a pipe, a bar on a terminal, colored unless $NO_COLOR" *
          kNoTerminal * kNeedsTerminal) {
  {
    const Import import;
    const Ran piped = run(import.command);
    CHECK(mentions(piped.err, "100% 0:00 left, reading " + import.folder + "\n"));
    CHECK(!mentions(piped.err, "\033"));
  }
  const Import import;
  const Ran colored = on_terminal("-u NO_COLOR", import.command);
  CHECK(mentions(colored.out, "\r100% [\033[32m####################\033[0m] 0:00 left, reading"));
  // Lines fit into the terminal, so that they can be redrawn.
  const size_t begin = colored.out.find("] 0:00 left, reading");
  const size_t end = colored.out.find("\033[K", begin);
  CHECK(27 + end - begin <= 60);
  fs::remove_all(import.scratch.path / "out");
  const Ran plain = on_terminal("NO_COLOR=1", import.command);
  CHECK(mentions(plain.out, "\r100% [####################] 0:00 left, reading"));
}

TEST_CASE("a terminal that is narrow has no bar, one that knows no escape sequences plain lines" *
          kNoTerminal * kNeedsTerminal) {
  for (const int columns : {20, 40, 59}) {
    CAPTURE(columns);
    const Import import;
    const Ran ran = on_terminal("NO_COLOR=1", import.command, columns);
    const size_t begin = ran.out.find("\r100% 0:00 left"), end = ran.out.find("\033[K", begin);
    REQUIRE(begin != std::string::npos);
    CHECK(int(end - begin - 1) < columns);
  }
  const Import import;
  const Ran dumb = on_terminal("TERM=dumb", import.command);
  CHECK(mentions(dumb.out, "100% 0:00 left, reading " + import.folder + "\r\n"));
  CHECK(!mentions(dumb.out, "\033"));
}

TEST_CASE("a training on an unknown instruction set ends before it begins") {
  const Ran ran = run("TRISEGMENT_ISA=6502 " + program("train") + " nin --offline");
  CHECK(ran.status == 1);
  CHECK(mentions(ran.err, "unknown instruction set '6502' (environment variable TRISEGMENT_ISA)"));
}

TEST_CASE("programs let waiting threads sleep soon, unless the user has set how they wait") {
  const auto spins = [](const std::string& settings) {
    const Ran ran = run("env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT " + settings +
                        " OMP_DISPLAY_ENV=verbose " + program("import") + " --version");
    CHECK(ran.out.starts_with("tri-segment 0.1.0"));
    std::vector<std::string> counts;  // one a start of the program
    for (size_t at = 0; (at = ran.err.find("GOMP_SPINCOUNT = '", at)) != std::string::npos;) {
      at += 18;
      counts.push_back(ran.err.substr(at, ran.err.find('\'', at) - at));
    }
    return counts;
  };
  CHECK(spins("") == std::vector<std::string>{"300000", "1000"});
  CHECK(spins("GOMP_SPINCOUNT=77") == std::vector<std::string>{"77"});
  CHECK(spins("OMP_WAIT_POLICY=passive") == std::vector<std::string>{"0"});
  // The loader, given a program, is what /proc/self/exe names.
  const Ran by_loader =
      run("env -u OMP_WAIT_POLICY $(ls /lib64/ld-linux-*.so.* "
          "/lib/ld-linux-aarch64.so.* 2>/dev/null | head -n 1) " +
          program("import") + " --version");
  CHECK(by_loader.out.starts_with("tri-segment 0.1.0"));
}

TEST_CASE("on a machine of 64 cores with little memory, no program starts threads as it is loaded" *
          doctest::skip(kSanitized || !have("cc")) * doctest::description("needs cc, no ASan")) {
  const Scratch scratch;
  const std::string source = scratch.path / "cores.c", library = scratch.path / "cores.so";
  write_file(source, std::string("#define _GNU_SOURCE\n#include <sched.h>\n#include <string.h>\n"
                                 "long sysconf(int n) { return n == 30 ? 4096 : 64; }\n"
                                 "int get_nprocs(void) { return 64; }\n"
                                 "int sched_getaffinity(pid_t p, size_t n, cpu_set_t* m) {\n"
                                 "  memset(m, 0, n);\n"
                                 "  for (int i = 0; i < 64; i++) CPU_SET_S(i, n, m);\n"
                                 "  return 0;\n}\n"));
  REQUIRE(run("cc -shared -fPIC -o " + library + " " + source).status == 0);
  for (const std::string& name : all_programs()) {
    CAPTURE(name);
    // 64 stacks of 8 MB and their heaps do not fit.
    const Ran ran = run("ulimit -v 600000; LD_PRELOAD=" + library + " timeout 20 " + program(name) +
                        " --version");
    CHECK(ran.err.empty());
    CHECK(ran.out.starts_with("tri-segment 0.1.0"));
  }
}

TEST_CASE("options that cannot be meant are refused before anything is computed") {
  const Bench bench;
  const auto refused = [&](const std::string& more, int status, const std::string& words) {
    CAPTURE(more);
    const Ran ran = bench.search(more + " --data " + bench.data);
    CHECK(ran.status == status);
    INFO(ran.err);
    CHECK(mentions(ran.err, words));
    CHECK(!mentions(ran.err, "warm-up"));
  };
  refused("--keep conv9", 1, "--keep conv9: alexnet has no such hidden layer");
  for (const char* name : {"auto:-3", "auto:2x", "auto:", "auto:0", "auto:7", "auto:99999999999"})
    refused(std::string("--keep ") + name, 1, std::string("--keep ") + name + ": expected auto:N");
  refused("--keep conv1,conv2,conv3,conv4,conv5,fc6,fc7", 1, "--keep");
  refused("--seed 18446744073709551616", 2, "--seed: 18446744073709551616 is not in range");
  refused("--seed -1", 2, "--seed: -1 is not in range");
  refused("--prior-width nan", 2, "--prior-width: nan is not a number");
  refused("--attention-weight -1", 2, "--attention-weight: Value -1 not in range");
  CHECK(run(program("bench") + " lut --zeros nan").status == 2);
  const Ran nothing = run(program("bench"));
  CHECK(nothing.status == 2);
  CHECK(mentions(nothing.err, "nothing to measure"));
  // A folder stands where the file is to be; the data is not even looked for.
  const std::string folder = bench.scratch.path.string();
  for (const std::string command : {"train nin", "synthesize nin"}) {
    const Ran ran =
        run(program(command.substr(0, command.find(' '))) + command.substr(command.find(' ')) +
            " --out " + folder + (command == "train nin" ? " --offline --data /nowhere" : ""));
    CHECK(ran.status == 1);
    CHECK(mentions(ran.err, folder + ": cannot be written: it is there and no regular file"));
  }
}

TEST_CASE("a program asked for too many threads, or short of memory for them, takes fewer" *
          doctest::skip(kSanitized) * doctest::description("needs a build without ASan")) {
  const Bench bench;
  const std::string evaluate = program("evaluate") + " " + bench.teacher + " --data " + bench.data;
  const Ran many = run("OMP_NUM_THREADS=100000 " + evaluate);
  CHECK(many.status == 0);
  CHECK(mentions(many.err, "100000 threads cannot be started here: going on with "));
  const Ran few = run("ulimit -v 500000; OMP_NUM_THREADS=64 " + evaluate);
  CHECK((few.status == 0 || mentions(few.err, "error: there is not enough memory")));
  CHECK(mentions(few.err, "64 threads cannot be started here"));
}

TEST_CASE("a suggested command quotes what a shell would split, and weights are found elsewhere") {
  const Bench bench;
  const std::string data = bench.scratch.path.string() + "/my data";
  fs::rename(bench.data, data);
  const Ran ran =
      bench.search("--algo mse --top 1 --test 4 --reconstruction 0 --data '" + data + "'");
  INFO(ran.err);
  CHECK(ran.status == 0);
  CHECK(mentions(ran.err, "next: ./evaluate " + bench.out + "/alexnet.tri --data '" + data + "'"));
  // Beside the program, where it was started from another folder.
  fs::create_directories(bench.scratch.path / "nets/weights");
  fs::copy_file(program("synthesize"), bench.scratch.path / "synthesize");
  fs::copy_file(bench.teacher, bench.scratch.path / "nets/weights/alexnet.q8");
  const std::string at = bench.scratch.path.string();
  CHECK(run("cd / && " + at + "/synthesize alexnet --count 32 --steps 1 --out " + at + "/a.jpg")
            .status == 0);
}
