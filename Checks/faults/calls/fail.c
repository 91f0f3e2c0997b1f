// Makes one call of the system fail: preloaded into a program by Checks/failures.
//
// FAIL_COUNT=FILE     fails none, and writes to the file which calls there were, a line each
// FAIL_AT=N           fails the N-th of them, from 1
//
// Counted are calls that a program can expect to fail: opening, making, mapping, writing, syncing and renaming files, and making folders.
// Not counted are the system's own files, and standard output and error, which are no files here.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int count;

static int is_own(const char *path) {
  static const char *const others[] = {"/proc", "/sys", "/etc", "/usr", "/opt", "/dev", "/lib"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    if (strncmp(path, others[i], strlen(others[i])) == 0) return 0;
  }
  return 1;
}

// Whether this call is the one to fail.
static int fails(const char *call, const char *what) {
  int number = atomic_fetch_add(&count, 1) + 1;
  const char *at = getenv("FAIL_AT"), *list = getenv("FAIL_COUNT");
  if (list) {
    char line[4400];
    int length = snprintf(line, sizeof line, "%d %s %s\n", number, call, what);
    int file = (int)((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(list, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file >= 0) {
      ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(file, line, (size_t)length);
      close(file);
    }
  }
  return at && atoi(at) == number;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

static int open_file(const char *name, const char *path, int flags, mode_t mode) {
  if (is_own(path) && fails("open", path)) {
    errno = flags & O_CREAT ? ENOSPC : EMFILE;
    return -1;
  }
  return REAL(int (*)(const char *, int, ...), name)(path, flags, mode);
}

#define OPEN(name)                                       \
  int name(const char *path, int flags, ...) {           \
    va_list rest;                                        \
    va_start(rest, flags);                               \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                        \
    return open_file(#name, path, flags, mode);          \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t size) {
  if (file > 2 && fails("write", "")) {
    errno = ENOSPC;
    return -1;
  }
  return REAL(ssize_t(*)(int, const void *, size_t), "write")(file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
  if (fails("pwrite", "")) {
    errno = ENOSPC;
    return -1;
  }
  return REAL(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(file, bytes, size, at);
}

int fsync(int file) {
  if (fails("fsync", "")) {
    errno = EIO;
    return -1;
  }
  return REAL(int (*)(int), "fsync")(file);
}

int rename(const char *from, const char *to) {
  if (fails("rename", to)) {
    errno = EACCES;
    return -1;
  }
  return REAL(int (*)(const char *, const char *), "rename")(from, to);
}

int mkdir(const char *path, mode_t mode) {
  if (is_own(path) && fails("mkdir", path)) {
    errno = ENOSPC;
    return -1;
  }
  return REAL(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

int fstat(int file, struct stat *status) {
  if (file > 2 && fails("fstat", "")) {
    errno = EIO;
    return -1;
  }
  return REAL(int (*)(int, struct stat *), "fstat")(file, status);
}

void *mmap(void *place, size_t size, int protection, int flags, int file, off_t at) {
  if (file >= 0 && fails("mmap", "")) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return REAL(void *(*)(void *, size_t, int, int, int, off_t), "mmap")(place, size, protection, flags, file, at);
}
