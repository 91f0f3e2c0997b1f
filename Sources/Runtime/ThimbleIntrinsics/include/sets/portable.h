/// portable: what the compiler takes for any processor of the architecture.
#if defined(__x86_64__)
#include "../sse.h"
#else

#define THIMBLE_LANES 4
#if defined(__aarch64__)
#define THIMBLE_REGISTER "w"
#else
#define THIMBLE_REGISTER "m"
#endif
#include "../vectors.h"

/// sums[i] += a[2 i] b[2 i] + a[2 i + 1] b[2 i + 1].
THIMBLE_INLINE thimble_sums thimble_add_pairs(thimble_sums sums, thimble_shorts a, thimble_shorts b) {
  typedef int32_t products_t __attribute__((ext_vector_type(2 * THIMBLE_LANES)));
  const products_t products = __builtin_convertvector(a, products_t) * __builtin_convertvector(b, products_t);
  return thimble_add(sums, thimble_add(products.even, products.odd));
}

#if defined(__riscv)
#include "../word_products.h"
#else
#include "../pair_products.h"
#endif
#endif
