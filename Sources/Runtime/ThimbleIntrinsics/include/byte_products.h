/// What sets with a dot product of unsigned with signed bytes share. The set's own header has `thimble_add_products`.
#ifndef THIMBLE_BYTE_PRODUCTS_H
#define THIMBLE_BYTE_PRODUCTS_H

#include "products.h"

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

/// The inputs themselves; the compiler cannot know that, so that a loop's products stay in the loop: for measurements.
THIMBLE_INLINE thimble_inputs thimble_hidden(thimble_inputs inputs) {
  __asm__ volatile("" : "+" THIMBLE_REGISTER(inputs));
  return inputs;
}

// Inner products along the inputs: what `inner_products.h` says.

/// Weights, and as many inputs as a register takes, as the products take them.
typedef int8_t thimble_lane_weight;
typedef thimble_bytes thimble_lanes;

/// Inputs that one register takes.
THIMBLE_INLINE intptr_t thimble_lane_inputs(void) { return 4 * THIMBLE_LANES; }

THIMBLE_INLINE thimble_lanes thimble_load_lanes(const uint8_t *inputs) {
  thimble_lanes lanes;
  __builtin_memcpy(&lanes, inputs, sizeof lanes);
  return lanes;
}

#endif
