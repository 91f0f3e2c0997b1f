#include "ThimbleThreadIntrinsics.h"

// A program inherits the mode from whoever loaded it: a library that was linked with -ffast-math sets another one as it is loaded.
// Functions of their own, so that no arithmetic moves across the change.

#if defined(__x86_64__)
// MXCSR: rounding (bits 13 and 14), small numbers (15 and 6), masks of exceptions (7 to 12). The flags (0 to 5) decide nothing.
enum { flags = 0x3F, standard = 0x1F80, x87_standard = 0x037F };

static uint32_t vector_word(void) {
  uint32_t word;
  __asm__ volatile("stmxcsr %0" : "=m"(word));
  return word;
}

thimble_float_mode thimble_use_standard_float_mode(void) {
  uint16_t x87;
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  const thimble_float_mode former = {vector_word(), x87};
  thimble_restore_float_mode((thimble_float_mode){standard, x87_standard});
  return former;
}

void thimble_restore_float_mode(thimble_float_mode mode) {
  const uint32_t present = vector_word();
  // To write is slow; flags that were raised meanwhile stay.
  if ((present & ~flags) != (mode.word & ~(uint64_t)flags)) {
    const uint32_t word = (uint32_t)(mode.word & ~(uint64_t)flags) | (present & flags);
    __asm__ volatile("ldmxcsr %0" : : "m"(word));
  }
  uint16_t old, wanted = (uint16_t)mode.x87;
  __asm__ volatile("fnstcw %0" : "=m"(old));
  if (old != wanted) __asm__ volatile("fldcw %0" : : "m"(wanted));
}

#elif defined(__aarch64__)
// FPCR: everything is 0 in a new program.
thimble_float_mode thimble_use_standard_float_mode(void) {
  uint64_t word;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  if (word) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
  return (thimble_float_mode){word, 0};
}

void thimble_restore_float_mode(thimble_float_mode mode) {
  uint64_t word;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  if (word != mode.word) __asm__ volatile("msr fpcr, %0" : : "r"(mode.word));
}

#elif defined(__riscv)
// The field frm of fcsr: 0 rounds to the nearest. There is no other choice.
thimble_float_mode thimble_use_standard_float_mode(void) {
  uintptr_t word;
  __asm__ volatile("frrm %0" : "=r"(word));
  if (word) __asm__ volatile("fsrm %0" : : "r"((uintptr_t)0));
  return (thimble_float_mode){word, 0};
}

void thimble_restore_float_mode(thimble_float_mode mode) {
  __asm__ volatile("fsrm %0" : : "r"((uintptr_t)mode.word));
}

#elif defined(__arm__) && defined(__ARM_FP)
// FPSCR: flags (bits 28 to 31, and 0 to 7) are kept, the rest is 0 in a new program. Vectors of NEON flush in any mode.
enum { kept = (int)0xF000009F };

thimble_float_mode thimble_use_standard_float_mode(void) {
  uint32_t word;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(word));
  if (word & ~(uint32_t)kept) __asm__ volatile("vmsr fpscr, %0" : : "r"(word & (uint32_t)kept));
  return (thimble_float_mode){word, 0};
}

void thimble_restore_float_mode(thimble_float_mode mode) {
  uint32_t word;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(word));
  word = (word & (uint32_t)kept) | ((uint32_t)mode.word & ~(uint32_t)kept);
  __asm__ volatile("vmsr fpscr, %0" : : "r"(word));
}

#else
thimble_float_mode thimble_use_standard_float_mode(void) { return (thimble_float_mode){0, 0}; }
void thimble_restore_float_mode(thimble_float_mode mode) { (void)mode; }
#endif
