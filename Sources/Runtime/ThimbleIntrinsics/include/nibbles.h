/// int4 weights: from half bytes and scales to the bytes that the dot products read.
#ifndef THIMBLE_NIBBLES_H
#define THIMBLE_NIBBLES_H

#include <stdint.h>

typedef uint8_t thimble_n8x8 __attribute__((ext_vector_type(8)));
typedef uint8_t thimble_n8x16 __attribute__((ext_vector_type(16)));
typedef uint8_t thimble_n8x32 __attribute__((ext_vector_type(32)));
typedef uint8_t thimble_n8x64 __attribute__((ext_vector_type(64)));
typedef uint16_t thimble_n16x8 __attribute__((ext_vector_type(8)));
typedef uint16_t thimble_n16x16 __attribute__((ext_vector_type(16)));
typedef uint16_t thimble_n16x32 __attribute__((ext_vector_type(32)));

/// The scales of 16 outputs from 8 bytes, each one twice: a lane for two weights.
static inline __attribute__((always_inline)) thimble_n16x32 thimble_scales(const uint8_t *packed) {
  thimble_n8x8 bytes;
  __builtin_memcpy(&bytes, packed, 8);
  const thimble_n16x8 pairs = __builtin_convertvector(bytes, thimble_n16x8);
  const thimble_n8x16 scales = (thimble_n8x16)((pairs | pairs << 4) & 0x0F0F);
  const thimble_n16x16 wide = __builtin_convertvector(scales, thimble_n16x16);
  return __builtin_shufflevector(wide, wide, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11,
                                 12, 12, 13, 13, 14, 14, 15, 15);
}

/// 64 weights (q + 8) * scale - 8 * scale from 32 bytes. Two weights lie in a lane of 16 bits; 15 * 15 fits each byte of it.
static inline __attribute__((always_inline)) void thimble_unpack_step(const uint8_t *packed, thimble_n16x32 scales,
                                                                      int8_t *weights) {
  thimble_n8x32 bytes;
  __builtin_memcpy(&bytes, packed, 32);
  const thimble_n16x32 pairs = __builtin_convertvector(bytes, thimble_n16x32);
  const thimble_n16x32 products = ((pairs | pairs << 4) & 0x0F0F) * scales;
  const thimble_n8x64 unpacked = (thimble_n8x64)products - (thimble_n8x64)(scales << 3 | scales << 11);
  __builtin_memcpy(weights, &unpacked, 64);
}

#endif
