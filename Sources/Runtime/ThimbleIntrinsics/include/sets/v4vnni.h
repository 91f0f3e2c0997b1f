/// v4vnni: x86-64-v4, AVX-512, with AVX-512 VNNI's dot product of bytes.
#include <immintrin.h>

#define THIMBLE_LANES 16
#define THIMBLE_REGISTER "v"
#include "../vectors.h"

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
  return (thimble_sums)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)a, (__m512i)b);
}

#include "../byte_products.h"

/// sums[o] += the dot product of four inputs with the weights of output o.
THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, thimble_weights weights) {
  return (thimble_sums)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)inputs, (__m512i)weights);
}

/// `count` inputs, fewer than a register takes, with zeros behind them. Reads no further input.
THIMBLE_INLINE thimble_lanes thimble_load_some_lanes(const uint8_t *inputs, intptr_t count) {
  return (thimble_lanes)_mm512_maskz_loadu_epi8(~0ull >> (64 - count), inputs);
}

/// Adds the products of inputs with their weights.
THIMBLE_INLINE thimble_sums thimble_add_lanes(thimble_sums sums, thimble_lanes inputs, const int8_t *weights) {
  return thimble_add_products(sums, inputs, thimble_load_weights(weights));
}
