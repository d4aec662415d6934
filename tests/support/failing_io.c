// LD_PRELOAD: the FI_N-th operation on files that are written fails, is short, or is the last one.
//   FI_MODE=fail (with ENOSPC)|short|kill (before it)|killhalf|killafter; FI_COUNT=FILE: writes there
//   how many operations there were.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int count;
enum What { go_on, fail, die_before, die_halfway, halve, die_after };

#define REAL(name)                 \
  static __typeof__(name)* real;   \
  if (!real) real = dlsym(RTLD_NEXT, #name)

static enum What next_operation(void) {
  const char *at = getenv("FI_N"), *mode = getenv("FI_MODE");
  ++count;
  if (!at || atoi(at) != count) return go_on;
  if (!mode || !strcmp(mode, "fail")) return fail;
  if (!strcmp(mode, "kill")) return die_before;
  if (!strcmp(mode, "killhalf")) return die_halfway;
  return strcmp(mode, "short") ? die_after : halve;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int is_regular(int file) {
  struct stat s;
  return file > 2 && fstat(file, &s) == 0 && S_ISREG(s.st_mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  REAL(write);
  if (!is_regular(file)) return real(file, bytes, size);
  switch (next_operation()) {
    case fail: errno = ENOSPC; return -1;
    case die_before: die();
    case die_halfway: (void)!real(file, bytes, size / 2); die();
    case halve: return real(file, bytes, size / 2 ? size / 2 : size);
    case die_after: (void)!real(file, bytes, size); die();
    default: return real(file, bytes, size);
  }
}

#define OPERATION(name, parameters, arguments)               \
  int name parameters {                                      \
    REAL(name);                                              \
    const enum What what = next_operation();                 \
    if (what == fail) return errno = ENOSPC, -1;             \
    if (what == die_before || what == die_halfway) die();    \
    const int result = real arguments;                       \
    if (what == die_after) die();                            \
    return result;                                           \
  }
OPERATION(fsync, (int file), (file))
OPERATION(fdatasync, (int file), (file))
OPERATION(rename, (const char* from, const char* to), (from, to))
OPERATION(ftruncate, (int file, off_t size), (file, size))
OPERATION(mkdir, (const char* name, mode_t mode), (name, mode))

int open(const char* name, int flags, ...) {
  REAL(open);
  va_list list;
  va_start(list, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  const int writes = flags & (O_WRONLY | O_RDWR);
  if (!writes || !strncmp(name, "/dev/", 5) || !strncmp(name, "/proc/", 6))
    return real(name, flags, mode);
  const enum What what = next_operation();
  if (what == fail) return errno = ENOSPC, -1;
  if (what == die_before || what == die_halfway) die();
  const int file = real(name, flags, mode);
  if (what == die_after) die();
  return file;
}

__attribute__((destructor)) static void tell(void) {
  const char* file = getenv("FI_COUNT");
  FILE* out = file ? fopen(file, "w") : NULL;
  if (out) fprintf(out, "%d\n", count), fclose(out);
}
