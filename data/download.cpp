#include "data/download.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>

#include "data/base/file.h"
#include "data/find_data.h"

namespace tri {
namespace {

const char* const kScript = "data/download.sh";
constexpr int kReasonAt = 3;  // the descriptor on which the script says why it failed

// In the child: becomes the script, which must not outlive the program.
[[noreturn]] void become_script(int reason) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_DFL);
  dup2(STDERR_FILENO, STDOUT_FILENO);  // stdout is for results
  if (reason == kReasonAt || dup2(reason, kReasonAt) == kReasonAt)
    execlp("sh", "sh", kScript, static_cast<char*>(nullptr));
  _exit(127);
}

// Why there is no data set after running the script; empty when there is one.
std::string download() {
  if (!std::filesystem::exists(kScript))
    return std::string(kScript) + ": not found: run the program from the project's folder";
  int ends[2];
  if (pipe(ends) != 0) return "a pipe cannot be made";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    become_script(ends[1]);
  }
  close(ends[1]);
  std::string reason;
  char text[512];
  for (ssize_t n; (n = read(ends[0], text, sizeof text)) > 0 || (n < 0 && errno == EINTR);)
    if (n > 0) reason.append(text, size_t(n));
  close(ends[0]);
  int status = -1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return "";
  const std::string mark = "error: ";
  if (reason.starts_with(mark)) reason.erase(0, mark.size());
  while (reason.ends_with('\n')) reason.pop_back();
  return reason.empty() ? "the download was interrupted" : reason;
}

}  // namespace

Cifar10 find_or_download_cifar10(const std::string& named, bool offline) {
  if (const auto folder = find_data(named); !folder.empty()) return {folder, ""};
  if (offline) return {{}, "--offline forbids to download it"};
  std::cerr << "no CIFAR-10 here: it is downloaded (--offline forbids it, --data names a folder)\n";
  if (const std::string reason = download(); !reason.empty()) return {{}, reason};
  return {find_data(""), ""};
}

std::filesystem::path require_cifar10(const std::string& named, bool offline) {
  const Cifar10 found = find_or_download_cifar10(named, offline);
  if (found.folder.empty())
    throw Error("no CIFAR-10: " + found.missing +
                ": name its folder with --data, or get it with 'make cifar10'");
  return found.folder;
}

}  // namespace tri
