/// For measurements.
#ifndef THIMBLE_PROBE_H
#define THIMBLE_PROBE_H

#include "vectors.h"

/// Keeps the compiler from leaving out what the sums took.
THIMBLE_INLINE void thimble_use(thimble_totals sums) { __asm__ volatile("" : : THIMBLE_REGISTER(sums)); }

#endif
