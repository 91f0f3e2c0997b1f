/// Dot products for processors without vectors: two outputs in a word of 64 bits, so that one multiplication makes both products.
#ifndef THIMBLE_WORD_PRODUCTS_H
#define THIMBLE_WORD_PRODUCTS_H

#include "vectors.h"

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

/// The inputs themselves; the compiler cannot know that, so that a loop's products stay in the loop: for measurements.
THIMBLE_INLINE thimble_inputs thimble_hidden(thimble_inputs inputs) {
  int64_t first = inputs[0];
  __asm__ volatile("" : "+r"(first));
  inputs[0] = first;
  return inputs;
}

#endif
