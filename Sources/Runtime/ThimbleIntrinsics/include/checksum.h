/// CRC-32C by the processor's own instruction, where the instruction set has it.
#ifndef THIMBLE_CHECKSUM_H
#define THIMBLE_CHECKSUM_H

#include <stdint.h>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

/// Whether the instruction set has it.
static inline int32_t thimble_has_crc32c(void) {
#if defined(__SSE4_2__) || defined(__ARM_FEATURE_CRC32)
  return 1;
#else
  return 0;
#endif
}

/// Takes eight bytes, the first one lowest, into a running CRC-32C. Only where `thimble_has_crc32c`.
static inline uint32_t thimble_crc32c_u64(uint32_t crc, uint64_t bytes) {
#if defined(__SSE4_2__)
  return (uint32_t)_mm_crc32_u64(crc, bytes);
#elif defined(__ARM_FEATURE_CRC32)
  return __crc32cd(crc, bytes);
#else
  (void)bytes;
  return crc;
#endif
}

#endif
