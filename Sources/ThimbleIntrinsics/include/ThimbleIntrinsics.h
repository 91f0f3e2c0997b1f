/// The few machine operations that Swift cannot spell, as clang vector types: each module that imports this header gets the
/// version of the instruction set it is compiled for. Integers only.
#ifndef THIMBLE_INTRINSICS_H
#define THIMBLE_INTRINSICS_H

#include <stdint.h>
#include "normal_table.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

typedef int32_t thimble_i32x16 __attribute__((ext_vector_type(16)));
typedef uint8_t thimble_u8x64 __attribute__((ext_vector_type(64)));
typedef int8_t thimble_i8x64 __attribute__((ext_vector_type(64)));

/// accumulator[o] + sum over j < 4 of a[4 * o + j] * b[4 * o + j], in 32 bits, wrapping; exact, nothing saturates.
static inline __attribute__((always_inline)) thimble_i32x16 thimble_dot4(thimble_i32x16 accumulator, thimble_u8x64 a,
                                                                        thimble_i8x64 b) {
#if defined(__AVX512VNNI__) && defined(__AVX512F__)
  return (thimble_i32x16)_mm512_dpbusd_epi32((__m512i)accumulator, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  // vpmaddubsw would saturate at 32,767: widen to 16 bits, multiply-add pairs, then add neighbours.
  typedef union { thimble_u8x64 v; __m128i part[4]; } bytes_a;
  typedef union { thimble_i8x64 v; __m128i part[4]; } bytes_b;
  typedef union { thimble_i32x16 v; __m256i part[2]; } words;
  bytes_a ua = {a};
  bytes_b ub = {b};
  words sum = {accumulator};
  for (int i = 0; i < 2; i++) {
    __m256i low = _mm256_madd_epi16(_mm256_cvtepu8_epi16(ua.part[2 * i]), _mm256_cvtepi8_epi16(ub.part[2 * i]));
    __m256i high = _mm256_madd_epi16(_mm256_cvtepu8_epi16(ua.part[2 * i + 1]), _mm256_cvtepi8_epi16(ub.part[2 * i + 1]));
    // hadd works within halves of 128 bits: put the four quarters back in order.
    __m256i pairs = _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xD8);
    sum.part[i] = _mm256_add_epi32(sum.part[i], pairs);
  }
  return sum.v;
#else
  thimble_i32x16 sum = accumulator;
  for (int o = 0; o < 16; o++) {
    int32_t dot = (int32_t)a[4 * o] * b[4 * o] + (int32_t)a[4 * o + 1] * b[4 * o + 1] +
                  (int32_t)a[4 * o + 2] * b[4 * o + 2] + (int32_t)a[4 * o + 3] * b[4 * o + 3];
    sum[o] = (int32_t)((uint32_t)sum[o] + (uint32_t)dot);
  }
  return sum;
#endif
}

/// What processor and operating system offer, as bits: 0 v2, 1 v3, 2 v3vnni, 3 v4vnni. 0 on other architectures.
static inline uint32_t thimble_x86_features(void) {
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
#else
  return 0;
#endif
}

#endif
