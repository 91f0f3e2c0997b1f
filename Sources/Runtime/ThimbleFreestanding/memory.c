// What compilers call without being asked, where there is no C library: copies and fills.
#if defined(THIMBLE_FREESTANDING)
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
#if defined(__x86_64__)
  void *start = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return start;
#else
  unsigned char *a = to;
  const unsigned char *b = from;
#if !defined(__riscv) // which need not allow unaligned words
  for (; count >= sizeof(word); count -= sizeof(word), a += sizeof(word), b += sizeof(word)) *(word *)a = *(const word *)b;
#endif
  while (count--) *a++ = *b++;
  return to;
#endif
}

void *memmove(void *to, const void *from, size_t count) {
  unsigned char *a = to;
  const unsigned char *b = from;
  // Forwards is right where the copy lies below, as the runtime's do.
  if (a <= b) {
    while (count--) *a++ = *b++;
  } else {
    while (count--) a[count] = b[count];
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
#if defined(__x86_64__)
  void *start = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
  return start;
#else
  unsigned char *a = to;
  const uintptr_t pattern = (uintptr_t)-1 / 255 * (unsigned char)value;
#if !defined(__riscv)
  for (; count >= sizeof(word); count -= sizeof(word), a += sizeof(word)) *(word *)a = pattern;
#endif
  while (count--) *a++ = (unsigned char)pattern;
  return to;
#endif
}

int memcmp(const void *a, const void *b, size_t count) {
  const unsigned char *x = a, *y = b;
  for (; count; count--, x++, y++) {
    if (*x != *y) return *x - *y;
  }
  return 0;
}
#endif
