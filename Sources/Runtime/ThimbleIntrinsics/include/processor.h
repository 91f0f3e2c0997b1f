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

/// Words of bits. x86-64: CPUID's leaf 1 (ECX), leaf 7 (EBX, ECX), leaf 7.1 (EAX) and leaf 0x80000001 (ECX), and XCR0, which says
/// what registers the operating system saves. Arm: AT_HWCAP. The last word is the architecture: 1 x86-64, 2 aarch64, 4 32-bit Arm.
typedef uint32_t thimble_features __attribute__((ext_vector_type(8)));

/// What processor and operating system offer. Words that they don't have are 0.
static inline thimble_features thimble_processor_features(void) {
  thimble_features features = 0;
#if defined(__x86_64__)
  uint32_t a, b, c, d;
  features[7] = 1;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return features;
  features[0] = c;
  if (c & (1u << 27)) {
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(features[5]), "=d"(high) : "c"(0));
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    features[1] = b;
    features[2] = c;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) features[3] = a;
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) features[4] = c;
#elif defined(__aarch64__)
  features[0] = (uint32_t)thimble_hardware_capabilities();
  features[7] = 2;
#elif defined(__arm__)
  features[0] = (uint32_t)thimble_hardware_capabilities();
  features[7] = 4;
#endif
  return features;
}

#endif
