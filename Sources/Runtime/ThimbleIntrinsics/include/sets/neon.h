/// neon: aarch64 without dot products.
#include "../arm.h"

#define THIMBLE_REGISTER "m"

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

/// The inputs themselves; the compiler cannot know that, so that a loop's products stay in the loop: for measurements.
THIMBLE_INLINE thimble_inputs thimble_hidden(thimble_inputs inputs) {
  thimble_signed_bytes first = inputs.lo, second = inputs.hi;
  __asm__ volatile("" : "+w"(first), "+w"(second));
  inputs.lo = first;
  inputs.hi = second;
  return inputs;
}
