// What tests need beside the runtime where there is no C library: memory, and standard output by the byte.
#include "ThimbleFreestanding.h"

// Blocks of powers of two from 64 bytes on, whose freed ones are kept in a list for each size; the size lies before each block.
static struct block {
  struct block *next;
} *freed[32];
static char *fresh, *end;

int posix_memalign(void **result, size_t alignment, size_t byte_count) {
  if (alignment < 64) alignment = 64;
  int size = 7;
  while (((size_t)1 << size) < byte_count + 2 * alignment) size++;
  if (size >= 31) return 12;
  struct block *block = freed[size];
  if (block) {
    freed[size] = block->next;
  } else {
    const size_t needed = (size_t)1 << size;
    if ((size_t)(end - fresh) < needed) {
      const size_t chunk = needed > (1u << 24) ? needed : 1u << 24;
      fresh = thimble_fresh_memory(chunk);
      if (!fresh) return 12;
      end = fresh + chunk;
    }
    block = (struct block *)fresh;
    fresh += needed;
  }
  char *start = (char *)(((uintptr_t)block + alignment + alignment - 1) / alignment * alignment);
  ((struct block **)start)[-1] = block;
  ((size_t *)start)[-2] = (size_t)size;
  *result = start;
  return 0;
}

void free(void *start) {
  if (!start) return;
  struct block *block = ((struct block **)start)[-1];
  const size_t size = ((size_t *)start)[-2];
  block->next = freed[size];
  freed[size] = block;
}

int putchar(int character) {
  static char line[256];
  static size_t count;
  line[count++] = (char)character;
  if (character == '\n' || count == sizeof line) {
    thimble_write(1, line, count);
    count = 0;
  }
  return character;
}

/// Seeds of dictionaries: tests want the same ones each time.
void arc4random_buf(void *bytes, size_t byte_count) {
  for (size_t i = 0; i < byte_count; i++) ((char *)bytes)[i] = (char)i;
}
