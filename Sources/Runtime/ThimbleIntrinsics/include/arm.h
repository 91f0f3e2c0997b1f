/// The registers of NEON, of 64 and of 32 bits.
///
/// Products are of signed bytes: inputs are taken as a - 128, so that a tap of zeros adds something, which the tiles take off again
/// (THIMBLE_SIGNED_INPUTS).
#ifndef THIMBLE_ARM_H
#define THIMBLE_ARM_H

#include <arm_neon.h>

#define THIMBLE_LANES 4
#include "vectors.h"

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
  const int32x4_t low = vmull_s16((int16x4_t)a.lo, (int16x4_t)b.lo), high = vmull_s16((int16x4_t)a.hi, (int16x4_t)b.hi);
#if defined(__aarch64__)
  return thimble_add(sums, (thimble_sums)vpaddq_s32(low, high));
#else
  return thimble_add(sums, (thimble_sums)vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                                                      vpadd_s32(vget_low_s32(high), vget_high_s32(high))));
#endif
}

#endif
