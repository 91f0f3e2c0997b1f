// Files, memory and the clock by system calls alone.
#include "ThimbleFreestanding.h"
#include "calls.h"
#include "system.h"

enum {
  here = -100, // AT_FDCWD
  read_only = 0, write_only = 1, read_write = 2, create = 0100, exclusive = 0200, no_waiting = 04000,
  close_on_exec = 02000000,
#if defined(__arm__)
  large = 0400000, // files of 2 GB and more
#else
  large = 0,
#endif
  protect_none = 0, protect_read = 1, protect_write = 2,
  map_private = 2, map_anonymous = 0x20, map_populate = 0x8000,
};

// Without `no_waiting`, opening a pipe that nobody writes to would wait for ever.
intptr_t thimble_open(const char *path) {
  return CALL(openat, here, path, read_only | no_waiting | close_on_exec | large);
}
intptr_t thimble_open_for_writing(const char *path) {
  return CALL(openat, here, path, write_only | close_on_exec | large);
}
intptr_t thimble_create(const char *path) {
  return CALL(openat, here, path, read_write | create | exclusive | close_on_exec | large, 0666);
}
intptr_t thimble_make_folder(const char *path) { return CALL(mkdirat, here, path, 0777); }
intptr_t thimble_rename(const char *from, const char *to) { return CALL(renameat2, here, from, here, to, 0); }
static int32_t begins(const char *text, const char *with) {
  while (*with && *text == *with) text++, with++;
  return !*with;
}

intptr_t thimble_behind_links(const char *path, const char **place, char **beside) {
  enum { longest = 4096, too_long = -36, circle = -40 };
  static char found[longest], target[longest], room[longest + 64];
  *place = path;
  *beside = NULL;
  // As many as the kernel follows.
  for (int32_t count = 0; count <= 40; count++) {
    const intptr_t size = CALL(readlinkat, here, *place, target, longest);
    if (size < 0) return 0;
    if (begins(*place, "/proc/") || begins(*place, "/dev/fd/")) return 1;
    // The target begins in the folder of its link.
    intptr_t start = 0;
    for (intptr_t i = 0; target[0] != '/' && (*place)[i]; i++) {
      if ((*place)[i] == '/') start = i + 1;
    }
    if (start + size >= longest) return too_long;
    for (intptr_t i = 0; i < start; i++) found[i] = (*place)[i];
    for (intptr_t i = 0; i < size; i++) found[start + i] = target[i];
    found[start + size] = 0;
    *place = found;
    *beside = room;
  }
  return circle;
}
intptr_t thimble_remove(const char *path) { return CALL(unlinkat, here, path, 0); }
intptr_t thimble_read(int32_t file, void *bytes, size_t byte_count) { return CALL(read, file, bytes, byte_count); }
intptr_t thimble_write(int32_t file, const void *bytes, size_t byte_count) {
  return CALL(write, file, bytes, byte_count);
}
intptr_t thimble_sync(int32_t file) { return CALL(fsync, file); }
intptr_t thimble_close(int32_t file) { return CALL(close, file); }

intptr_t thimble_seek(int32_t file, uint64_t offset) {
#if defined(__arm__)
  uint64_t result;
  return CALL(llseek, file, offset >> 32, offset, &result, 0);
#else
  const intptr_t result = CALL(lseek, file, offset, 0);
  return result < 0 ? result : 0;
#endif
}

// What the kernel says of a file; the fields in between, and those behind, are of no use here.
struct status {
  uint64_t device;
#if defined(__x86_64__)
  uint64_t number, links;
  uint32_t mode, filler[5];
#elif defined(__arm__)
  uint32_t filler[2], mode, more_filler[7];
#else
  uint64_t number;
  uint32_t mode, filler[7];
#endif
  uint64_t byte_count, more[5];
#if defined(__arm__)
  uint64_t number;
#endif
  uint64_t rest[12];
};
_Static_assert(offsetof(struct status, byte_count) == 48, "struct stat of the kernel");

static intptr_t told(intptr_t result, const struct status *status, struct thimble_file *file) {
  file->is_plain = (status->mode & 0170000) == 0100000;
  file->is_folder = (status->mode & 0170000) == 0040000;
  file->byte_count = status->byte_count;
  file->device = status->device;
  file->number = status->number;
  return result;
}
intptr_t thimble_look(const char *path, struct thimble_file *file) {
  struct status status = {0};
  return told(CALL(fstatat, here, path, &status, 0), &status, file);
}
intptr_t thimble_look_at(int32_t descriptor, struct thimble_file *file) {
  struct status status = {0};
  return told(CALL(fstat, descriptor, &status), &status, file);
}

intptr_t thimble_process_number(void) { return CALL(getpid, 0); }

void thimble_ignore_signal(int32_t number) {
  // The kernel's struct sigaction: the handler comes first, SIG_IGN is 1; 8 bytes of signals.
  const uintptr_t action[8] = {1};
  CALL(rt_sigaction, number, action, 0, 8);
}

int32_t thimble_is_terminal(int32_t file) {
  uint32_t settings[16]; // TCGETS fills at most 60 bytes
  return CALL(ioctl, file, 0x5401, settings) == 0;
}

// What is no address is -errno, -4095 ... -1.
static void *mapped(intptr_t result) { return (uintptr_t)result > (uintptr_t)-4096 ? NULL : (void *)result; }

void *thimble_fresh_memory(size_t byte_count) {
  // Taken at once: nothing is left to fail later, and one call is cheaper than a page fault for each page.
  const intptr_t flags = map_private | map_anonymous | map_populate;
  return mapped(CALL(mmap, 0, byte_count, protect_read | protect_write, flags, -1, 0));
}

void *thimble_guarded_stack(size_t byte_count) {
  const size_t page = thimble_auxiliary_value(6); // AT_PAGESZ
  char *start = mapped(CALL(mmap, 0, page + byte_count, protect_none, map_private | map_anonymous, -1, 0));
  if (!start || CALL(mprotect, start + page, byte_count, protect_read | protect_write) < 0) return NULL;
  return start + page + byte_count;
}

#if defined(THIMBLE_FREESTANDING)
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
#endif

uint64_t thimble_nanoseconds(void) {
  // struct timespec of the old calls: two longs.
  long time[2] = {0, 0};
  CALL(clock_gettime, 1, time);
  return (uint64_t)time[0] * 1000000000 + (uint64_t)time[1];
}

_Noreturn void thimble_exit(int32_t code) {
  for (;;) CALL(exit_group, code);
}
