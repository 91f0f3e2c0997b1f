/// Dot products of unsigned with signed bytes, for sets without an instruction for them: even and odd bytes are split and widened to
/// 16 bits, and multiplied in pairs by `thimble_add_pairs`. Nothing saturates, as vpmaddubsw would.
#ifndef THIMBLE_PAIR_PRODUCTS_H
#define THIMBLE_PAIR_PRODUCTS_H

#include "products.h"

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

/// The inputs themselves; the compiler cannot know that, so that a loop's products stay in the loop: for measurements.
THIMBLE_INLINE thimble_inputs thimble_hidden(thimble_inputs inputs) {
  thimble_shorts even = inputs.lo, odd = inputs.hi;
  __asm__ volatile("" : "+" THIMBLE_REGISTER(even), "+" THIMBLE_REGISTER(odd));
  inputs.lo = even;
  inputs.hi = odd;
  return inputs;
}

// Inner products along the inputs: what `inner_products.h` says.

typedef int16_t thimble_lane_weight;
typedef thimble_shorts thimble_lanes;

THIMBLE_INLINE intptr_t thimble_lane_inputs(void) { return 2 * THIMBLE_LANES; }

THIMBLE_INLINE thimble_lanes thimble_load_lanes(const uint8_t *inputs) {
  typedef uint8_t some_t __attribute__((ext_vector_type(2 * THIMBLE_LANES)));
  some_t some;
  __builtin_memcpy(&some, inputs, sizeof some);
  return __builtin_convertvector(some, thimble_shorts);
}

/// Never called: inputs come in sixteens.
THIMBLE_INLINE thimble_lanes thimble_load_some_lanes(const uint8_t *inputs, intptr_t count) {
  (void)count;
  return thimble_load_lanes(inputs);
}

THIMBLE_INLINE thimble_sums thimble_add_lanes(thimble_sums sums, thimble_lanes inputs, const int16_t *weights) {
  thimble_shorts factors;
  __builtin_memcpy(&factors, weights, sizeof factors);
  return thimble_add_pairs(sums, inputs, factors);
}

#endif
