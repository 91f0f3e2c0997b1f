/// The rounding rule of the format on a register of sums.
#ifndef THIMBLE_REQUANTIZE_H
#define THIMBLE_REQUANTIZE_H

#include "vectors.h"

/// (max(sum, 0) * multiplier + 2^(shift - 1)) >> shift, for multipliers below 2^31 and shifts of 32 and more: below 2^31.
///
/// Even and odd lanes apart, since each product takes 64 bits. An odd one is shifted so far that it lands in its own lane.
THIMBLE_INLINE thimble_words thimble_requantize(thimble_sums sums, thimble_words multipliers, uint64_t shift) {
  const thimble_longs low = (thimble_longs)(0xFFFFFFFFull);
  const thimble_longs half = (thimble_longs)(1ull << (shift - 1));
  const thimble_longs values = (thimble_longs)__builtin_elementwise_max(sums, (thimble_sums)(0));
  const thimble_longs factors = (thimble_longs)multipliers;
  const thimble_longs even = ((values & low) * (factors & low) + half) >> (thimble_longs)(shift);
  const thimble_longs odd = ((values >> 32) * (factors >> 32) + half) >> (thimble_longs)(shift - 32);
#if THIMBLE_LANES == 16
  return (thimble_words)_mm512_mask_blend_epi32(0xAAAA, (__m512i)even, (__m512i)odd);
#else
  return (thimble_words)((even & low) | (odd & ~low));
#endif
}

/// Stores min(255, word) of each lane as a byte, for words below 2^31.
THIMBLE_INLINE void thimble_store_bytes(uint8_t *bytes, thimble_words words) {
#if THIMBLE_LANES == 16
  // Narrowing straight into memory is microcode on Zen 4, a hundred cycles: keep the two apart.
  __m128i some = _mm512_cvtusepi32_epi8((__m512i)words);
  __asm__("" : "+v"(some));
  _mm_storeu_si128((__m128i *)bytes, some);
#else
  typedef uint8_t some_t __attribute__((ext_vector_type(THIMBLE_LANES)));
  const thimble_sums most = (thimble_sums)(255);
  const some_t some = __builtin_convertvector(__builtin_elementwise_min((thimble_sums)words, most), some_t);
  __builtin_memcpy(bytes, &some, sizeof some);
#endif
}

/// The smaller of each word, below 2^31, and `most`.
THIMBLE_INLINE thimble_words thimble_at_most(thimble_words words, int32_t most) {
  return (thimble_words)__builtin_elementwise_min((thimble_sums)words, (thimble_sums)(most));
}

#endif
