/// Dot products of unsigned with signed bytes, 64 of them a step, exact: nothing saturates.
///
/// A kernel keeps one `thimble_sums` for 16 outputs, adds steps of 4 inputs to it, and takes the 16 totals at the end.
/// How the sums lie in registers in between is the instruction set's own affair:
///
///     AVX-512 VNNI   16 sums of 4 products
///     others         32 sums of 2 products: pairs are joined once, at the end
#ifndef THIMBLE_DOT_PRODUCTS_H
#define THIMBLE_DOT_PRODUCTS_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define THIMBLE_INLINE static inline __attribute__((always_inline))

typedef int32_t thimble_i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t thimble_u32x16 __attribute__((ext_vector_type(16)));
typedef int32_t thimble_i32x32 __attribute__((ext_vector_type(32)));
typedef uint8_t thimble_u8x64 __attribute__((ext_vector_type(64)));
typedef int8_t thimble_i8x64 __attribute__((ext_vector_type(64)));
typedef int16_t thimble_i16x16 __attribute__((ext_vector_type(16)));

// How many pixels, and blocks of 16 outputs, a convolution's tile keeps in registers, and how many images the dense layer's:
// functions, so that Swift does not warn of the branches that another instruction set takes.

typedef uint8_t thimble_u8x16 __attribute__((ext_vector_type(16)));

/// 16 words below 256 as bytes: Swift's own narrowing of vectors is a function that a linker may take from a newer set's module.
THIMBLE_INLINE thimble_u8x16 thimble_narrow(thimble_u32x16 words) { return __builtin_convertvector(words, thimble_u8x16); }

#if defined(__AVX512VNNI__) && defined(__AVX512F__)

// 16 of 32 registers hold sums.
THIMBLE_INLINE intptr_t thimble_tile_pixels(void) { return 8; }
THIMBLE_INLINE intptr_t thimble_tile_blocks(void) { return 2; }
THIMBLE_INLINE intptr_t thimble_dense_images(void) { return 8; }

typedef thimble_i32x16 thimble_sums;
typedef thimble_u8x64 thimble_inputs;

/// Four inputs, for all 16 outputs.
THIMBLE_INLINE thimble_inputs thimble_broadcast(const uint8_t *inputs) {
  int32_t four;
  memcpy(&four, inputs, 4);
  return (thimble_inputs)_mm512_set1_epi32(four);
}

/// sums[o] += the dot product of four inputs with weights[4 * o ...], for 16 outputs.
THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, const int8_t *weights) {
  return (thimble_sums)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)inputs, _mm512_loadu_si512(weights));
}

THIMBLE_INLINE thimble_i32x16 thimble_totals(thimble_sums sums) { return sums; }

#elif defined(__AVX2__)

// 12 of 16 registers hold sums.
THIMBLE_INLINE intptr_t thimble_tile_pixels(void) { return 3; }
THIMBLE_INLINE intptr_t thimble_tile_blocks(void) { return 1; }
THIMBLE_INLINE intptr_t thimble_dense_images(void) { return 1; }

typedef thimble_i32x32 thimble_sums;
typedef thimble_i16x16 thimble_inputs;
typedef union { thimble_i32x32 all; __m256i part[4]; } thimble_quarters;

THIMBLE_INLINE thimble_inputs thimble_broadcast(const uint8_t *inputs) {
  int32_t four;
  memcpy(&four, inputs, 4);
  return (thimble_inputs)_mm256_cvtepu8_epi16(_mm_set1_epi32(four));
}

// vpmaddubsw would saturate at 32,767: widen to 16 bits and multiply-add pairs.
THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, const int8_t *weights) {
  thimble_quarters q = {sums};
  for (int i = 0; i < 4; i++) {
    __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(weights + 16 * i)));
    q.part[i] = _mm256_add_epi32(q.part[i], _mm256_madd_epi16(wide, (__m256i)inputs));
  }
  return q.all;
}

THIMBLE_INLINE thimble_i32x16 thimble_totals(thimble_sums sums) {
  return (thimble_i32x16)((thimble_u32x16)sums.even + (thimble_u32x16)sums.odd);
}

#else

THIMBLE_INLINE intptr_t thimble_tile_pixels(void) { return 2; }
THIMBLE_INLINE intptr_t thimble_tile_blocks(void) { return 1; }
THIMBLE_INLINE intptr_t thimble_dense_images(void) { return 1; }

typedef thimble_i32x32 thimble_sums;
typedef thimble_i16x16 thimble_inputs;

THIMBLE_INLINE thimble_inputs thimble_broadcast(const uint8_t *inputs) {
  thimble_inputs wide;
  for (int i = 0; i < 16; i++) wide[i] = inputs[i % 4];
  return wide;
}

THIMBLE_INLINE thimble_sums thimble_add_products(thimble_sums sums, thimble_inputs inputs, const int8_t *weights) {
#if defined(__SSE2__)
  typedef union { thimble_i32x32 all; __m128i part[8]; } eighths;
  eighths e = {sums};
  const __m128i four = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)&inputs), 0x44);
  for (int i = 0; i < 4; i++) {
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(weights + 16 * i));
    const __m128i low = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
    const __m128i high = _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8);
    e.part[2 * i] = _mm_add_epi32(e.part[2 * i], _mm_madd_epi16(low, four));
    e.part[2 * i + 1] = _mm_add_epi32(e.part[2 * i + 1], _mm_madd_epi16(high, four));
  }
  return e.all;
#else
  for (int i = 0; i < 32; i++) {
    const int32_t pair = inputs[2 * i % 4] * weights[2 * i] + inputs[2 * i % 4 + 1] * weights[2 * i + 1];
    sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)pair);
  }
  return sums;
#endif
}

THIMBLE_INLINE thimble_i32x16 thimble_totals(thimble_sums sums) {
  return (thimble_i32x16)((thimble_u32x16)sums.even + (thimble_u32x16)sums.odd);
}

#endif

// Lanes along the inputs, for layers of so few outputs that blocks of 16 would be mostly empty: a kernel keeps one
// `thimble_lane_sums` for each output, and adds up its lanes at the end.

typedef uint32_t thimble_u32x4 __attribute__((ext_vector_type(4)));
typedef uint32_t thimble_u32x8 __attribute__((ext_vector_type(8)));

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

typedef thimble_u32x16 thimble_lane_sums;
THIMBLE_INLINE intptr_t thimble_lane_inputs(void) { return 64; }
THIMBLE_INLINE intptr_t thimble_lane_pixels(void) { return 8; }

/// Adds the products of `count` inputs, 1 to 64 of them, with as many of 64 weights. Reads no further input.
THIMBLE_INLINE thimble_lane_sums thimble_add_lanes(thimble_lane_sums sums, const uint8_t *inputs, const int8_t *weights,
                                                   intptr_t count) {
  const __m512i values = _mm512_maskz_loadu_epi8(~0ull >> (64 - count), inputs);
  return (thimble_lane_sums)_mm512_dpbusd_epi32((__m512i)sums, values, _mm512_loadu_si512(weights));
}

THIMBLE_INLINE thimble_u32x4 thimble_quarter_sums(thimble_lane_sums sums) {
  const thimble_u32x8 half = sums.lo + sums.hi;
  return half.lo + half.hi;
}

#elif defined(__AVX2__)

typedef thimble_u32x8 thimble_lane_sums;
THIMBLE_INLINE intptr_t thimble_lane_inputs(void) { return 16; }
THIMBLE_INLINE intptr_t thimble_lane_pixels(void) { return 4; }

/// Adds the products of 16 inputs with 16 weights.
THIMBLE_INLINE thimble_lane_sums thimble_add_lanes(thimble_lane_sums sums, const uint8_t *inputs, const int8_t *weights,
                                                   intptr_t count) {
  (void)count;
  const __m256i values = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)inputs));
  const __m256i factors = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)weights));
  return (thimble_lane_sums)_mm256_add_epi32((__m256i)sums, _mm256_madd_epi16(values, factors));
}

THIMBLE_INLINE thimble_u32x4 thimble_quarter_sums(thimble_lane_sums sums) { return sums.lo + sums.hi; }

#else

typedef thimble_u32x4 thimble_lane_sums;
THIMBLE_INLINE intptr_t thimble_lane_inputs(void) { return 16; }
THIMBLE_INLINE intptr_t thimble_lane_pixels(void) { return 4; }

/// Adds the products of 16 inputs with 16 weights.
THIMBLE_INLINE thimble_lane_sums thimble_add_lanes(thimble_lane_sums sums, const uint8_t *inputs, const int8_t *weights,
                                                   intptr_t count) {
  (void)count;
  for (int i = 0; i < 16; i++) sums[i % 4] += (uint32_t)(inputs[i] * weights[i]);
  return sums;
}

THIMBLE_INLINE thimble_u32x4 thimble_quarter_sums(thimble_lane_sums sums) { return sums; }

#endif

/// The totals of four outputs' lanes.
THIMBLE_INLINE thimble_u32x4 thimble_lane_totals(thimble_lane_sums a, thimble_lane_sums b, thimble_lane_sums c,
                                                 thimble_lane_sums d) {
  const thimble_u32x4 qa = thimble_quarter_sums(a), qb = thimble_quarter_sums(b);
  const thimble_u32x4 qc = thimble_quarter_sums(c), qd = thimble_quarter_sums(d);
  const thimble_u32x4 ab = __builtin_shufflevector(qa, qb, 0, 2, 4, 6) + __builtin_shufflevector(qa, qb, 1, 3, 5, 7);
  const thimble_u32x4 cd = __builtin_shufflevector(qc, qd, 0, 2, 4, 6) + __builtin_shufflevector(qc, qd, 1, 3, 5, 7);
  return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

#endif
