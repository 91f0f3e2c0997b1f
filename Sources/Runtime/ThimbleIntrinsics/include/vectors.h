/// The vectors of an instruction set, by how many lanes of 32 bits its registers have: THIMBLE_LANES, which its header says.
#ifndef THIMBLE_VECTORS_H
#define THIMBLE_VECTORS_H

#include <stdint.h>

#define THIMBLE_INLINE static inline __attribute__((always_inline))

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
