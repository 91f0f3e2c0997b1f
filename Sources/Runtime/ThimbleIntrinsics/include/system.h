/// The few calls to the operating system: Embedded Swift has no module for the C library.
#ifndef THIMBLE_SYSTEM_H
#define THIMBLE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#if defined(THIMBLE_FREESTANDING)
// The caller brings them: on a board without a C library, tools/boards/linux.c.

/// The value of THIMBLE_ISA, or null.
const char *thimble_requested_instruction_set(void);

/// Maps a whole file for reading. Returns its first byte and sets `byte_count`, or returns null and sets `error` to an errno.
/// An empty file cannot be mapped: EINVAL.
const void *thimble_map_file(const char *path, size_t *byte_count, int32_t *error);

/// Gives back what `thimble_map_file` mapped.
void thimble_unmap_file(const void *bytes, size_t byte_count);

/// What the kernel told the program at its start under this number (AT_HWCAP: 16), or 0.
unsigned long thimble_auxiliary_value(unsigned long number);

#else
#include <errno.h>
#include <stdlib.h>

/// The value of THIMBLE_ISA, or null.
static inline const char *thimble_requested_instruction_set(void) { return getenv("THIMBLE_ISA"); }

#if defined(__unix__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// Maps a whole file for reading. Returns its first byte and sets `byte_count`, or returns null and sets `error` to an errno.
/// An empty file cannot be mapped: EINVAL.
static inline const void *thimble_map_file(const char *path, size_t *byte_count, int32_t *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  void *bytes = MAP_FAILED;
  if (file >= 0 && fstat(file, &status) == 0) {
    *byte_count = (size_t)status.st_size;
#if defined(MAP_POPULATE)
    // All of it is read at once, to be checked: one system call is cheaper than thousands of page faults.
    const int flags = MAP_PRIVATE | MAP_POPULATE;
#else
    const int flags = MAP_PRIVATE;
#endif
    bytes = mmap(NULL, *byte_count, PROT_READ, flags, file, 0);
  }
  *error = errno;
  if (file >= 0) close(file);
  return bytes == MAP_FAILED ? NULL : bytes;
}

/// Gives back what `thimble_map_file` mapped.
static inline void thimble_unmap_file(const void *bytes, size_t byte_count) { munmap((void *)bytes, byte_count); }
#endif
#endif

#endif
