/// The few machine operations that Swift cannot spell. Each module that imports this header gets the version of the
/// instruction set it is compiled for. Integers only.
#ifndef THIMBLE_INTRINSICS_H
#define THIMBLE_INTRINSICS_H

#include "vectors.h"
#include "dot_products.h"
#include "inner_products.h"
#include "requantize.h"
#include "checksum.h"
#include "nibbles.h"
#include "normal_table.h"
#include "processor.h"
#include "system.h"

#endif
