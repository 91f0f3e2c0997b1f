/// v3vnni: AVX2 with AVX-VNNI's dot product of bytes.
#include <immintrin.h>

#define THIMBLE_LANES 8
#define THIMBLE_REGISTER "v"
#include "../vectors.h"

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
  return thimble_add(sums, (thimble_sums)_mm256_madd_epi16((__m256i)a, (__m256i)b));
}

#include "../byte_products.h"

/// sums[o] += the dot product of four inputs with the weights of output o.
THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, thimble_weights weights) {
  // THIMBLE_AT_MOST_256 compiles the kernels for a processor that has AVX-512 VNNI alone: for tests.
#if defined(THIMBLE_AT_MOST_256)
  return (thimble_sums)_mm256_dpbusd_epi32((__m256i)sums, (__m256i)inputs, (__m256i)weights);
#else
  return (thimble_sums)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)inputs, (__m256i)weights);
#endif
}

/// `count` inputs, fewer than a register takes, with zeros behind them. Reads no further input.
THIMBLE_INLINE thimble_lanes thimble_load_some_lanes(const uint8_t *inputs, intptr_t count) {
  // Inputs come in sixteens: what is left is half a register.
  (void)count;
  return (thimble_lanes)_mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)inputs));
}

/// Adds the products of inputs with their weights.
THIMBLE_INLINE thimble_sums thimble_add_lanes(thimble_sums sums, thimble_lanes inputs, const int8_t *weights) {
  return thimble_add_products(sums, inputs, thimble_load_weights(weights));
}
