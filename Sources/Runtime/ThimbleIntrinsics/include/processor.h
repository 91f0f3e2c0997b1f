/// What the processor and its operating system offer.
#ifndef THIMBLE_PROCESSOR_H
#define THIMBLE_PROCESSOR_H

#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(THIMBLE_FREESTANDING)
#include "system.h"
#elif defined(__linux__)
#include <sys/auxv.h>
#endif

#if !defined(__x86_64__)
/// What the kernel says of the processor (AT_HWCAP of Linux), or 0.
static inline unsigned long thimble_hardware_capabilities(void) {
#if defined(THIMBLE_FREESTANDING)
  return thimble_auxiliary_value(16);
#elif defined(__linux__)
  return getauxval(AT_HWCAP);
#else
  return 0;
#endif
}
#endif

/// The instruction sets that processor and operating system offer, as bits: 0 v2, 1 v3, 2 v3vnni, 3 v4vnni, 4 neon, 5 dotprod,
/// 6 armv7.
static inline uint32_t thimble_processor_features(void) {
#if defined(__x86_64__)
  uint32_t a, b, c, d;
  uint32_t sets = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const uint32_t v2 = (1u << 0) | (1u << 9) | (1u << 13) | (1u << 19) | (1u << 20) | (1u << 23);
  if ((c & v2) != v2) return 0;
  sets |= 1;
  const uint32_t v3 = (1u << 12) | (1u << 22) | (1u << 27) | (1u << 28) | (1u << 29);
  if ((c & v3) != v3) return sets;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0x6) != 0x6) return sets;
  uint32_t b7, c7, d7;
  if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7)) return sets;
  const uint32_t v3b = (1u << 3) | (1u << 5) | (1u << 8);
  uint32_t extended_c = 0;
  if (!__get_cpuid(0x80000001, &a, &b, &extended_c, &d)) return sets;
  if ((b7 & v3b) != v3b || !(extended_c & (1u << 5))) return sets;
  sets |= 2;
  uint32_t a71, b71, c71, d71;
  if (__get_cpuid_count(7, 1, &a71, &b71, &c71, &d71) && (a71 & (1u << 4))) sets |= 4;
  const uint32_t v4 = (1u << 16) | (1u << 17) | (1u << 28) | (1u << 30) | (1u << 31);
  if ((low & 0xE6) == 0xE6 && (b7 & v4) == v4 && (c7 & (1u << 11))) sets |= 8;
  return sets;
#elif defined(__aarch64__)
  // NEON is part of the architecture. The module of dotprod is compiled for ARMv8.2, which has the CRC-32 instructions.
  const unsigned long dotprod = (1ul << 20) | (1ul << 7);
  return (1u << 4) | ((thimble_hardware_capabilities() & dotprod) == dotprod ? 1u << 5 : 0);
#elif defined(__arm__)
  return thimble_hardware_capabilities() & (1ul << 12) ? 1u << 6 : 0;
#else
  return 0;
#endif
}

#endif
