/// Inner products along the inputs, for layers of so few outputs that registers with one lane an output would be mostly
/// empty: a register of sums belongs to one output value, and its lanes are added up at the end.
#ifndef THIMBLE_INNER_PRODUCTS_H
#define THIMBLE_INNER_PRODUCTS_H

#include "vectors.h"

#if THIMBLE_LANES != 4 && THIMBLE_LANES != 8 && THIMBLE_LANES != 16
#error "sums over registers of so many lanes are not written yet"
#endif

// Sums over the lanes of as many registers as a register has lanes, by halving: each step turns two registers into one, with
// half as many lanes for each value.

/// The first step. In each 128 bits: a0 + a2, b0 + b2, a1 + a3, b1 + b3.
THIMBLE_INLINE thimble_sums thimble_join_words(thimble_sums a, thimble_sums b) {
#if THIMBLE_LANES == 16
  return thimble_add((thimble_sums)_mm512_unpacklo_epi32((__m512i)a, (__m512i)b),
                     (thimble_sums)_mm512_unpackhi_epi32((__m512i)a, (__m512i)b));
#elif THIMBLE_LANES == 8
  return thimble_add(__builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13),
                     __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15));
#else
  return thimble_add(__builtin_shufflevector(a, b, 0, 4, 1, 5), __builtin_shufflevector(a, b, 2, 6, 3, 7));
#endif
}

/// The second step: in each 128 bits the sums of four values over these 128 bits.
THIMBLE_INLINE thimble_sums thimble_join_longs(thimble_sums a, thimble_sums b) {
#if THIMBLE_LANES == 16
  return thimble_add((thimble_sums)_mm512_unpacklo_epi64((__m512i)a, (__m512i)b),
                     (thimble_sums)_mm512_unpackhi_epi64((__m512i)a, (__m512i)b));
#elif THIMBLE_LANES == 8
  return thimble_add(__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13),
                     __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15));
#else
  return thimble_add(__builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7));
#endif
}

/// The further steps of wider registers: neighbouring 128 bits are added.
THIMBLE_INLINE thimble_sums thimble_join_quarters(thimble_sums a, thimble_sums b) {
#if THIMBLE_LANES == 16
  return thimble_add((thimble_sums)_mm512_shuffle_i32x4((__m512i)a, (__m512i)b, 0x88),
                     (thimble_sums)_mm512_shuffle_i32x4((__m512i)a, (__m512i)b, 0xDD));
#elif THIMBLE_LANES == 8
  return thimble_add(__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11),
                     __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15));
#else
  (void)b;
  return a;
#endif
}

/// a0 + a1, a2 + a3, ..., then the same of b: for sums that take two lanes each.
THIMBLE_INLINE thimble_sums thimble_join_neighbours(thimble_sums a, thimble_sums b) {
#if THIMBLE_LANES == 16
  return thimble_add(
      __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
      __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
#elif THIMBLE_LANES == 8
  return thimble_add(__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14),
                     __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15));
#else
  return thimble_add(__builtin_shufflevector(a, b, 0, 2, 4, 6), __builtin_shufflevector(a, b, 1, 3, 5, 7));
#endif
}

/// Four 16-bit numbers, over and over.
THIMBLE_INLINE thimble_shorts thimble_load_latents(const int16_t *latents) {
  uint64_t four;
  __builtin_memcpy(&four, latents, 8);
  return (thimble_shorts)(thimble_longs)(four);
}

#endif
