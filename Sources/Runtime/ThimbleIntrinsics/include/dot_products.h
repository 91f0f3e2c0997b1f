/// Dot products of unsigned with signed bytes, exact: nothing saturates.
///
/// 64 weights lie together, [16 outputs][4 inputs], in one or more registers; each adds to the sums of as many outputs as it has
/// 32-bit lanes. Without a dot product of bytes, they are split into even and odd ones of 16 bits: vpmaddubsw would saturate.
///
/// A step takes `thimble_step_inputs` inputs, and its sums may have other lanes meanwhile: `thimble_totals`. Arm's products are of
/// signed bytes: inputs are taken as a - 128, so that a tap of zeros adds something, which the tiles take off again.
#ifndef THIMBLE_DOT_PRODUCTS_H
#define THIMBLE_DOT_PRODUCTS_H

#include "vectors.h"

THIMBLE_INLINE int32_t thimble_four_bytes(const uint8_t *bytes) {
  int32_t four;
  __builtin_memcpy(&four, bytes, 4);
  return four;
}

#if !defined(THIMBLE_NEON) && !defined(__riscv)
/// Sums on their way: one lane an output.
typedef thimble_sums thimble_totals;
THIMBLE_INLINE intptr_t thimble_step_inputs(void) { return 4; }
THIMBLE_INLINE thimble_sums thimble_total(thimble_totals totals) { return totals; }
#endif

#if defined(THIMBLE_NEON)
THIMBLE_INLINE int8x16_t thimble_signed(const uint8_t *inputs) {
  return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(inputs), vdupq_n_u8(0x80)));
}
#endif

#if defined(THIMBLE_NEON) && defined(__ARM_FEATURE_DOTPROD)

typedef thimble_sums thimble_totals;
typedef int8_t thimble_inputs __attribute__((ext_vector_type(16)));
typedef int8_t thimble_weights __attribute__((ext_vector_type(64)));
THIMBLE_INLINE intptr_t thimble_step_inputs(void) { return 16; }
THIMBLE_INLINE thimble_sums thimble_total(thimble_totals totals) { return totals; }
THIMBLE_INLINE thimble_totals thimble_totals_of(thimble_sums sums) { return sums; }

/// Sixteen inputs, for all outputs.
THIMBLE_INLINE thimble_inputs thimble_load_inputs(const uint8_t *inputs) {
  return (thimble_inputs)thimble_signed(inputs);
}

/// The weights of a register's outputs, for four inputs after the other.
THIMBLE_INLINE thimble_weights thimble_load_weights(const int8_t *weights) {
  thimble_weights some;
  some.lo.lo = (thimble_inputs)vld1q_s8(weights);
  some.lo.hi = (thimble_inputs)vld1q_s8(weights + 64);
  some.hi.lo = (thimble_inputs)vld1q_s8(weights + 128);
  some.hi.hi = (thimble_inputs)vld1q_s8(weights + 192);
  return some;
}

/// totals[o] += the dot product of sixteen inputs with the weights of output o.
THIMBLE_INLINE thimble_totals thimble_add_products(thimble_totals totals, thimble_inputs inputs, thimble_weights weights) {
  const int8x16_t a = (int8x16_t)inputs;
  int32x4_t sums = (int32x4_t)totals;
  sums = vdotq_laneq_s32(sums, (int8x16_t)weights.lo.lo, a, 0);
  sums = vdotq_laneq_s32(sums, (int8x16_t)weights.lo.hi, a, 1);
  sums = vdotq_laneq_s32(sums, (int8x16_t)weights.hi.lo, a, 2);
  sums = vdotq_laneq_s32(sums, (int8x16_t)weights.hi.hi, a, 3);
  return (thimble_totals)sums;
}

#elif defined(THIMBLE_NEON)

/// Two lanes an output: products of 16 bits, two to a lane, are added to them in pairs. 2 * 128 * 127 fits 16 bits.
typedef int32_t thimble_totals __attribute__((ext_vector_type(8)));
typedef int8_t thimble_inputs __attribute__((ext_vector_type(32)));
typedef int8_t thimble_weights __attribute__((ext_vector_type(32)));
typedef int8_t thimble_signed_bytes __attribute__((ext_vector_type(16)));
THIMBLE_INLINE intptr_t thimble_step_inputs(void) { return 8; }

THIMBLE_INLINE thimble_sums thimble_total(thimble_totals totals) {
#if defined(__aarch64__)
  return (thimble_sums)vpaddq_s32((int32x4_t)totals.lo, (int32x4_t)totals.hi);
#else
  const int32x4_t low = (int32x4_t)totals.lo, high = (int32x4_t)totals.hi;
  return (thimble_sums)vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                    vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
}

THIMBLE_INLINE thimble_totals thimble_totals_of(thimble_sums sums) {
  const thimble_sums nothing = {0, 0, 0, 0};
  return __builtin_shufflevector(sums, nothing, 0, 4, 1, 5, 2, 6, 3, 7);
}

/// Four inputs, for all outputs of a register. The compiler must not see that the halves are the same: it would take the long way to
/// the products of the upper ones.
THIMBLE_INLINE thimble_signed_bytes thimble_four_signed(const uint8_t *inputs) {
  int8x16_t four = vreinterpretq_s8_s32(vld1q_dup_s32((const int32_t *)inputs));
  four = veorq_s8(four, vdupq_n_s8(-128));
  __asm__("" : "+w"(four));
  return (thimble_signed_bytes)four;
}

/// Two times four inputs.
THIMBLE_INLINE thimble_inputs thimble_load_inputs(const uint8_t *inputs) {
  thimble_inputs result;
  result.lo = thimble_four_signed(inputs);
  result.hi = thimble_four_signed(inputs + 4);
  return result;
}

/// The weights of a register's outputs, for four inputs after the other.
THIMBLE_INLINE thimble_weights thimble_load_weights(const int8_t *weights) {
  thimble_weights some;
  some.lo = (thimble_signed_bytes)vld1q_s8(weights);
  some.hi = (thimble_signed_bytes)vld1q_s8(weights + 64);
  return some;
}

/// totals += the products of eight inputs with the weights of four outputs.
THIMBLE_INLINE thimble_totals thimble_add_products(thimble_totals totals, thimble_inputs inputs, thimble_weights weights) {
  const int8x16_t a = (int8x16_t)inputs.lo, b = (int8x16_t)inputs.hi;
  const int8x16_t v = (int8x16_t)weights.lo, w = (int8x16_t)weights.hi;
  const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(v), vget_low_s8(a)), vget_low_s8(w), vget_low_s8(b));
#if defined(__aarch64__)
  const int16x8_t high = vmlal_high_s8(vmull_high_s8(v, a), w, b);
#else
  const int16x8_t high = vmlal_s8(vmull_s8(vget_high_s8(v), vget_low_s8(a)), vget_high_s8(w), vget_low_s8(b));
#endif
  totals.lo = (thimble_sums)vpadalq_s16((int32x4_t)totals.lo, low);
  totals.hi = (thimble_sums)vpadalq_s16((int32x4_t)totals.hi, high);
#if !defined(__aarch64__)
  // With 16 registers, none is left for weights that are loaded ahead: the compiler would put sums into memory for them.
  __asm__ volatile("" : : : "memory");
#endif
  return totals;
}

#elif defined(__riscv)

/// No vectors: two outputs in a word of 64 bits, so that one multiplication makes both products.
typedef int64_t thimble_totals __attribute__((ext_vector_type(2)));
typedef int64_t thimble_inputs __attribute__((ext_vector_type(4)));
typedef int64_t thimble_weights __attribute__((ext_vector_type(8)));
THIMBLE_INLINE intptr_t thimble_step_inputs(void) { return 4; }

/// The lower sum takes from the upper one what it lacks to be positive.
THIMBLE_INLINE thimble_sums thimble_total(thimble_totals totals) {
  const thimble_sums sums = {(int32_t)totals[0], (int32_t)((totals[0] - (int32_t)totals[0]) >> 32), (int32_t)totals[1],
                             (int32_t)((totals[1] - (int32_t)totals[1]) >> 32)};
  return sums;
}

/// Four inputs.
THIMBLE_INLINE thimble_inputs thimble_load_inputs(const uint8_t *inputs) {
  return (thimble_inputs){inputs[0], inputs[1], inputs[2], inputs[3]};
}

/// The weights of four outputs, those of two together: [pair][4 inputs].
THIMBLE_INLINE thimble_weights thimble_load_weights(const int8_t *weights) {
  thimble_weights some;
  for (int pair = 0; pair < 2; pair++) {
    for (int i = 0; i < 4; i++) {
      some[pair * 4 + i] = (int64_t)((uint64_t)weights[pair * 8 + 4 + i] << 32) + weights[pair * 8 + i];
    }
  }
  return some;
}

/// totals += the products of four inputs with the weights of four outputs.
THIMBLE_INLINE thimble_totals thimble_add_products(thimble_totals totals, thimble_inputs inputs, thimble_weights weights) {
  for (int pair = 0; pair < 2; pair++) {
    for (int i = 0; i < 4; i++) totals[pair] += inputs[i] * weights[pair * 4 + i];
  }
  // As on ARMv7: no registers are left for weights that are loaded ahead.
  __asm__ volatile("" : : : "memory");
  return totals;
}

#elif THIMBLE_HAS_DOT_PRODUCT

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
#elif defined(__ARM_FEATURE_DOTPROD) && defined(THIMBLE_NEON)
  __asm__ volatile("" : "+w"(inputs));
#elif defined(THIMBLE_NEON)
  thimble_signed_bytes first = inputs.lo, second = inputs.hi;
  __asm__ volatile("" : "+w"(first), "+w"(second));
  inputs.lo = first;
  inputs.hi = second;
#elif defined(__riscv)
  int64_t first = inputs[0];
  __asm__ volatile("" : "+r"(first));
  inputs[0] = first;
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
THIMBLE_INLINE void thimble_use(thimble_totals sums) {
#if defined(__x86_64__)
  __asm__ volatile("" : : "v"(sums));
#elif defined(__aarch64__) && (!defined(THIMBLE_NEON) || defined(__ARM_FEATURE_DOTPROD))
  __asm__ volatile("" : : "w"(sums));
#else
  __asm__ volatile("" : : "m"(sums));
#endif
}

#endif
