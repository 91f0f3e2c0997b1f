/// The registers of the instruction set that the including module is compiled for: how many 32-bit lanes they have, and
/// whether it has a dot product of unsigned with signed bytes. The modules of Arm's sets define THIMBLE_NEON: the portable
/// one is compiled for processors that have NEON too.
#ifndef THIMBLE_VECTORS_H
#define THIMBLE_VECTORS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(THIMBLE_NEON)
#include <arm_neon.h>
#endif

#define THIMBLE_INLINE static inline __attribute__((always_inline))

// THIMBLE_AT_MOST_256 compiles the kernels of AVX-VNNI for a processor that has AVX-512 VNNI alone: for tests.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && !defined(THIMBLE_AT_MOST_256)
#define THIMBLE_LANES 16
#define THIMBLE_HAS_DOT_PRODUCT 1
#elif defined(__AVXVNNI__) || defined(THIMBLE_AT_MOST_256)
#define THIMBLE_LANES 8
#define THIMBLE_HAS_DOT_PRODUCT 1
#elif defined(__AVX2__)
#define THIMBLE_LANES 8
#define THIMBLE_HAS_DOT_PRODUCT 0
#else
#define THIMBLE_LANES 4
#define THIMBLE_HAS_DOT_PRODUCT 0
#endif

/// One register of sums.
typedef int32_t thimble_sums __attribute__((ext_vector_type(THIMBLE_LANES)));
typedef uint32_t thimble_words __attribute__((ext_vector_type(THIMBLE_LANES)));
typedef uint64_t thimble_longs __attribute__((ext_vector_type(THIMBLE_LANES / 2)));
typedef int16_t thimble_shorts __attribute__((ext_vector_type(2 * THIMBLE_LANES)));
typedef uint16_t thimble_unsigned_shorts __attribute__((ext_vector_type(2 * THIMBLE_LANES)));
typedef uint8_t thimble_bytes __attribute__((ext_vector_type(4 * THIMBLE_LANES)));
typedef int8_t thimble_half_bytes __attribute__((ext_vector_type(2 * THIMBLE_LANES)));

/// Sums modulo 2^32.
THIMBLE_INLINE thimble_sums thimble_add(thimble_sums a, thimble_sums b) {
  return (thimble_sums)((thimble_words)a + (thimble_words)b);
}

/// Differences modulo 2^32.
THIMBLE_INLINE thimble_sums thimble_subtract(thimble_sums a, thimble_sums b) {
  return (thimble_sums)((thimble_words)a - (thimble_words)b);
}

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
#if THIMBLE_LANES == 16
  return (thimble_sums)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
#elif THIMBLE_LANES == 8
  return thimble_add(sums, (thimble_sums)_mm256_madd_epi16((__m256i)a, (__m256i)b));
#elif defined(__SSE2__)
  return thimble_add(sums, (thimble_sums)_mm_madd_epi16((__m128i)a, (__m128i)b));
#elif defined(THIMBLE_NEON)
  const int32x4_t low = vmull_s16((int16x4_t)a.lo, (int16x4_t)b.lo), high = vmull_s16((int16x4_t)a.hi, (int16x4_t)b.hi);
#if defined(__aarch64__)
  return thimble_add(sums, (thimble_sums)vpaddq_s32(low, high));
#else
  return thimble_add(sums, (thimble_sums)vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                                      vpadd_s32(vget_low_s32(high), vget_high_s32(high))));
#endif
#else
  typedef int32_t products_t __attribute__((ext_vector_type(2 * THIMBLE_LANES)));
  const products_t products = __builtin_convertvector(a, products_t) * __builtin_convertvector(b, products_t);
  return thimble_add(sums, thimble_add(products.even, products.odd));
#endif
}

/// As many signed bytes as a register has 16-bit lanes, widened.
THIMBLE_INLINE thimble_shorts thimble_widened(const int8_t *bytes) {
#if THIMBLE_LANES == 4 && defined(__SSE2__) && !defined(__SSE4_1__)
  // clang makes a longer sequence of the conversion here.
  const __m128i eight = _mm_loadl_epi64((const __m128i *)bytes);
  return (thimble_shorts)_mm_srai_epi16(_mm_unpacklo_epi8(eight, eight), 8);
#else
  thimble_half_bytes some;
  __builtin_memcpy(&some, bytes, sizeof some);
  return __builtin_convertvector(some, thimble_shorts);
#endif
}

#endif
