/// The registers of SSE2: of the sets `portable`, on x86-64, and `v2`.
#ifndef THIMBLE_SSE_H
#define THIMBLE_SSE_H

#include <immintrin.h>

#define THIMBLE_LANES 4
#define THIMBLE_REGISTER "v"
#include "vectors.h"

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
  return thimble_add(sums, (thimble_sums)_mm_madd_epi16((__m128i)a, (__m128i)b));
}

#include "pair_products.h"

#endif
