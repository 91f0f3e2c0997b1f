// The model that `thimble bundle` has put into this program: a segment of its own, which the kernel has mapped with the others.
#include "ThimbleFreestanding.h"
#include "system.h"

// ELF: the program header, of either class.
typedef struct {
  uint32_t type;
#if UINTPTR_MAX > 0xFFFFFFFF
  uint32_t flags;
  uint64_t offset, address, physical_address, file_byte_count, byte_count, alignment;
#else
  uint32_t offset, address, physical_address, file_byte_count, byte_count, flags, alignment;
#endif
} program_header;

enum { loaded = 1, at_headers = 3, at_header_byte_count = 4, at_header_count = 5 };

/// What `thimble bundle` writes where a loader of Linux does not look: how .thimble files begin, "THIMBLE", 0x1A.
static const uintptr_t mark = (uintptr_t)0x1A454C424D494854;

/// A note, so that the linker makes a program header for it. `thimble bundle` turns that one into the model's.
__attribute__((section(".note.thimble"), used, aligned(4))) static const struct {
  uint32_t name_byte_count, byte_count, type;
  char name[8];
} place = {8, 0, 1, "Thimble"};

const void *thimble_bundled_model(size_t *byte_count) {
  const program_header *header = (const program_header *)thimble_auxiliary_value(at_headers);
  if (!header || thimble_auxiliary_value(at_header_byte_count) != sizeof *header) return NULL;
  for (unsigned long left = thimble_auxiliary_value(at_header_count); left; left--, header++) {
    if (header->type != loaded || header->physical_address != mark) continue;
    *byte_count = header->file_byte_count;
    return (const void *)(uintptr_t)header->address;
  }
  return NULL;
}
