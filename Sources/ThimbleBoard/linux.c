// Files, memory and the clock by system calls alone.
#include "ThimbleBoard.h"
#include "calls.h"

enum {
  here = -100, // AT_FDCWD
  read_only = 0, write_only = 1, create = 0100, truncate = 01000, close_on_exec = 02000000,
  protect_read = 1, protect_write = 2, map_private = 2, map_anonymous = 0x20, map_populate = 0x8000,
  invalid = 22, // EINVAL
};

#define CALL(name, ...) CALL_(call_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...) \
  thimble_call(number, (intptr_t)(a), (intptr_t)(b), (intptr_t)(c), (intptr_t)(d), (intptr_t)(e), (intptr_t)(f))

intptr_t thimble_open(const char *path) { return CALL(openat, here, path, read_only | close_on_exec); }
intptr_t thimble_create(const char *path) {
  return CALL(openat, here, path, write_only | create | truncate | close_on_exec, 0666);
}
intptr_t thimble_make_folder(const char *path) { return CALL(mkdirat, here, path, 0777); }
intptr_t thimble_rename(const char *from, const char *to) { return CALL(renameat2, here, from, here, to, 0); }
intptr_t thimble_remove(const char *path) { return CALL(unlinkat, here, path, 0); }
intptr_t thimble_read(int32_t file, void *bytes, size_t byte_count) { return CALL(read, file, bytes, byte_count); }
intptr_t thimble_write(int32_t file, const void *bytes, size_t byte_count) {
  return CALL(write, file, bytes, byte_count);
}
intptr_t thimble_sync(int32_t file) { return CALL(fsync, file); }
intptr_t thimble_close(int32_t file) { return CALL(close, file); }

int32_t thimble_is_terminal(int32_t file) {
  uint32_t settings[16]; // TCGETS fills at most 60 bytes
  return CALL(ioctl, file, 0x5401, settings) == 0;
}

// What is no address is -errno, -4095 ... -1.
static void *mapped(intptr_t result) { return (uintptr_t)result > (uintptr_t)-4096 ? NULL : (void *)result; }

void *thimble_fresh_memory(size_t byte_count) {
  return mapped(CALL(mmap, 0, byte_count, protect_read | protect_write, map_private | map_anonymous, -1, 0));
}

const void *thimble_map_file(const char *path, size_t *byte_count, int32_t *error) {
  intptr_t file = thimble_open(path);
  *error = (int32_t)-file;
  if (file < 0) return NULL;
  // A folder can be opened, but not even nothing be read of it.
  intptr_t result = CALL(read, file, 0, 0);
  if (result >= 0) result = CALL(lseek, file, 0, 2);
  if (result >= 0) {
    *byte_count = (size_t)result;
    // All of it is read at once, to be checked: one system call is cheaper than thousands of page faults.
    result = CALL(mmap, 0, result, protect_read, map_private | map_populate, file, 0);
  }
  thimble_close((int32_t)file);
  *error = (int32_t)-result;
  return mapped(result);
}

void thimble_unmap_file(const void *bytes, size_t byte_count) { CALL(munmap, bytes, byte_count); }

uint64_t thimble_nanoseconds(void) {
  // struct timespec of the old calls: two longs.
  long time[2] = {0, 0};
  CALL(clock_gettime, 1, time);
  return (uint64_t)time[0] * 1000000000 + (uint64_t)time[1];
}

_Noreturn void thimble_exit(int32_t code) {
  for (;;) CALL(exit_group, code);
}
