/// The few machine operations that Swift cannot spell. A module of kernels says in THIMBLE_INSTRUCTION_SET which set it is compiled
/// for, and gets the operations of sets/SET.h. Integers only.
#ifndef THIMBLE_INTRINSICS_H
#define THIMBLE_INTRINSICS_H

#if defined(THIMBLE_INSTRUCTION_SET)
#define THIMBLE_QUOTED(path) #path
#define THIMBLE_HEADER(set) THIMBLE_QUOTED(sets/set.h)
#include THIMBLE_HEADER(THIMBLE_INSTRUCTION_SET)
#include "inner_products.h"
#include "requantize.h"
#include "checksum.h"
#include "nibbles.h"
#include "probe.h"
#endif

#include "normal_table.h"
#include "processor.h"
#include "system.h"

#endif
