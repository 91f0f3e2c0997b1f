/// dotprod: aarch64 with the dot product of signed bytes, sixteen inputs a step.
#include "../arm.h"

#define THIMBLE_REGISTER "w"

THIMBLE_INLINE int8x16_t thimble_signed(const uint8_t *inputs) {
  return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(inputs), vdupq_n_u8(0x80)));
}

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

/// The inputs themselves; the compiler cannot know that, so that a loop's products stay in the loop: for measurements.
THIMBLE_INLINE thimble_inputs thimble_hidden(thimble_inputs inputs) {
  __asm__ volatile("" : "+w"(inputs));
  return inputs;
}
