// What compilers call without being asked, and what is in no C library, or in none that must be there: rounding, and the run-time
// ABI of 32-bit Arm.
#if defined(THIMBLE_FREESTANDING)
#define THIMBLE_NORMAL_TABLE_HERE
#include "normal_table.h"
#include <stddef.h>
#include <stdint.h>

/// The nearest whole number, halves to even: sums of this size have no fraction.
float rintf(float x) {
  const float large = 0x1p23f;
  if (!(x > -large && x < large)) return x;
  volatile float sum = x < 0 ? x - large : x + large;
  return x < 0 ? sum + large : sum - large;
}

#if defined(__arm__)
// Run-time ABI for the Arm Architecture, section 4.

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);

void __aeabi_memcpy(void *to, const void *from, size_t count) { memcpy(to, from, count); }
void __aeabi_memcpy4(void *to, const void *from, size_t count) { memcpy(to, from, count); }
void __aeabi_memcpy8(void *to, const void *from, size_t count) { memcpy(to, from, count); }
void __aeabi_memmove(void *to, const void *from, size_t count) { memmove(to, from, count); }
void __aeabi_memmove4(void *to, const void *from, size_t count) { memmove(to, from, count); }
void __aeabi_memmove8(void *to, const void *from, size_t count) { memmove(to, from, count); }
void __aeabi_memset(void *to, size_t count, int value) { memset(to, value, count); }
void __aeabi_memset4(void *to, size_t count, int value) { memset(to, value, count); }
void __aeabi_memset8(void *to, size_t count, int value) { memset(to, value, count); }
void __aeabi_memclr(void *to, size_t count) { memset(to, 0, count); }
void __aeabi_memclr4(void *to, size_t count) { memset(to, 0, count); }
void __aeabi_memclr8(void *to, size_t count) { memset(to, 0, count); }

// Shifts of 64 bits by 0 to 63, in halves.

static uint64_t joined(uint32_t high, uint32_t low) { return (uint64_t)high << 32 | low; }

uint64_t __aeabi_llsl(uint64_t value, int count) {
  const uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
  if (count == 0) return value;
  return count < 32 ? joined(high << count | low >> (32 - count), low << count) : joined(low << (count - 32), 0);
}
uint64_t __aeabi_llsr(uint64_t value, int count) {
  const uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
  if (count == 0) return value;
  return count < 32 ? joined(high >> count, low >> count | high << (32 - count)) : joined(0, high >> (count - 32));
}

// Not every processor of ARMv7 divides. Bit by bit, from the highest one that the quotient can have.

typedef struct {
  uint64_t quotient, remainder;
} divided;

__attribute__((used)) divided thimble_divided(uint64_t a, uint64_t b) {
  divided result = {0, a};
  if (b == 0 || a < b) return result;
  int bit = __builtin_clzll(b) - __builtin_clzll(a);
  for (uint64_t part = b << bit; bit >= 0; bit--, part >>= 1) {
    if (result.remainder < part) continue;
    result.remainder -= part;
    result.quotient |= 1ull << bit;
  }
  return result;
}

uint64_t __aeabi_uidivmod(uint32_t a, uint32_t b) {
  const divided d = thimble_divided(a, b);
  return d.remainder << 32 | (uint32_t)d.quotient;
}
uint32_t __aeabi_uidiv(uint32_t a, uint32_t b) { return (uint32_t)thimble_divided(a, b).quotient; }

uint64_t __aeabi_idivmod(int32_t a, int32_t b) {
  const uint64_t d = __aeabi_uidivmod(a < 0 ? -(uint32_t)a : (uint32_t)a, b < 0 ? -(uint32_t)b : (uint32_t)b);
  const uint32_t quotient = (uint32_t)d, remainder = (uint32_t)(d >> 32);
  return (uint64_t)(a < 0 ? -remainder : remainder) << 32 | ((a ^ b) < 0 ? -quotient : quotient);
}
int32_t __aeabi_idiv(int32_t a, int32_t b) { return (int32_t)__aeabi_idivmod(a, b); }

// Returns in four registers: what C has no name for.
__attribute__((naked)) void __aeabi_uldivmod(void) {
  __asm__("push {r4, lr}\n sub sp, sp, #24\n str r3, [sp, #4]\n str r2, [sp]\n mov r3, r1\n mov r2, r0\n add r0, sp, #8\n"
          " bl thimble_divided\n ldr r0, [sp, #8]\n ldr r1, [sp, #12]\n ldr r2, [sp, #16]\n ldr r3, [sp, #20]\n"
          " add sp, sp, #24\n pop {r4, pc}\n");
}
#endif
#endif
