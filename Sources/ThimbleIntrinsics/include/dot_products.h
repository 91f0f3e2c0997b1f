/// Dot products of unsigned with signed bytes, exact: nothing saturates.
///
/// A step is 64 weights, [16 outputs][4 inputs], in one or more registers; each adds to the sums of as many outputs as it has
/// 32-bit lanes. Without a dot product of bytes, they are split into even and odd ones of 16 bits: vpmaddubsw would saturate.
#ifndef THIMBLE_DOT_PRODUCTS_H
#define THIMBLE_DOT_PRODUCTS_H

#include "vectors.h"

THIMBLE_INLINE int32_t thimble_four_bytes(const uint8_t *bytes) {
  int32_t four;
  __builtin_memcpy(&four, bytes, 4);
  return four;
}

#if THIMBLE_HAS_DOT_PRODUCT

typedef thimble_bytes thimble_inputs;
typedef thimble_bytes thimble_weights;

/// Four inputs, for all outputs of a register.
THIMBLE_INLINE thimble_inputs thimble_load_inputs(const uint8_t *inputs) {
  return (thimble_inputs)(thimble_sums)(thimble_four_bytes(inputs));
}

/// The weights of a register's outputs.
THIMBLE_INLINE thimble_weights thimble_load_weights(const int8_t *weights) {
  thimble_weights some;
  __builtin_memcpy(&some, weights, sizeof some);
  return some;
}

/// sums[o] += the dot product of four inputs with the weights of output o.
THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, thimble_weights weights) {
#if THIMBLE_LANES == 16
  return (thimble_sums)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)inputs, (__m512i)weights);
#elif defined(THIMBLE_AT_MOST_256)
  return (thimble_sums)_mm256_dpbusd_epi32((__m256i)sums, (__m256i)inputs, (__m256i)weights);
#else
  return (thimble_sums)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)inputs, (__m256i)weights);
#endif
}

#else

/// The even bytes of a register as its lower half, the odd ones as its upper: Swift takes no structures of vectors.
typedef int16_t thimble_inputs __attribute__((ext_vector_type(4 * THIMBLE_LANES)));
typedef thimble_inputs thimble_weights;

/// Four inputs, for all outputs of a register.
THIMBLE_INLINE thimble_inputs thimble_load_inputs(const uint8_t *inputs) {
  const thimble_unsigned_shorts pairs = (thimble_unsigned_shorts)(thimble_sums)(thimble_four_bytes(inputs));
  thimble_inputs result;
  result.lo = (thimble_shorts)(pairs & 0xFF);
  result.hi = (thimble_shorts)(pairs >> 8);
  return result;
}

/// The weights of a register's outputs.
THIMBLE_INLINE thimble_weights thimble_load_weights(const int8_t *weights) {
  thimble_shorts pairs;
  __builtin_memcpy(&pairs, weights, sizeof pairs);
  thimble_weights result;
  result.lo = (thimble_shorts)((thimble_unsigned_shorts)pairs << 8) >> 8;
  result.hi = pairs >> 8;
  return result;
}

/// sums[o] += the dot product of four inputs with the weights of output o.
THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, thimble_weights weights) {
  return thimble_add_pairs(thimble_add_pairs(sums, inputs.lo, weights.lo), inputs.hi, weights.hi);
}

#endif

/// The inputs themselves; the compiler cannot know that, so that a loop's products stay in the loop: for measurements.
THIMBLE_INLINE thimble_inputs thimble_hidden(thimble_inputs inputs) {
#if THIMBLE_HAS_DOT_PRODUCT
  __asm__ volatile("" : "+v"(inputs));
#else
  thimble_shorts even = inputs.lo, odd = inputs.hi;
#if defined(__x86_64__)
  __asm__ volatile("" : "+x"(even), "+x"(odd));
#elif defined(__aarch64__)
  __asm__ volatile("" : "+w"(even), "+w"(odd));
#else
  __asm__ volatile("" : "+m"(even), "+m"(odd));
#endif
  inputs.lo = even;
  inputs.hi = odd;
#endif
  return inputs;
}

/// Keeps the compiler from leaving out what the sums took.
THIMBLE_INLINE void thimble_use(thimble_sums sums) {
#if defined(__x86_64__)
  __asm__ volatile("" : : "v"(sums));
#elif defined(__aarch64__)
  __asm__ volatile("" : : "w"(sums));
#else
  __asm__ volatile("" : : "m"(sums));
#endif
}

#endif
