/// What a set's header has, for its tiles: dot products of unsigned with signed bytes, exact.
///
/// 64 weights lie together, [16 outputs][4 inputs], in one or more registers; each adds to the sums of as many outputs as it has
/// 32-bit lanes. A step takes `thimble_step_inputs` inputs, and its sums may have other lanes meanwhile: `thimble_totals`. Here they
/// are sums of four inputs a step, one lane an output.
#ifndef THIMBLE_PRODUCTS_H
#define THIMBLE_PRODUCTS_H

#include "vectors.h"

THIMBLE_INLINE int32_t thimble_four_bytes(const uint8_t *bytes) {
  int32_t four;
  __builtin_memcpy(&four, bytes, 4);
  return four;
}

/// Sums on their way.
typedef thimble_sums thimble_totals;
THIMBLE_INLINE intptr_t thimble_step_inputs(void) { return 4; }
THIMBLE_INLINE thimble_sums thimble_total(thimble_totals totals) { return totals; }

#endif
