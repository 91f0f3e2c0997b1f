/// v3: x86-64-v3, AVX2. It has no dot product of bytes.
#include <immintrin.h>

#define THIMBLE_LANES 8
#define THIMBLE_REGISTER "v"
#include "../vectors.h"

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
  return thimble_add(sums, (thimble_sums)_mm256_madd_epi16((__m256i)a, (__m256i)b));
}

#include "../pair_products.h"
