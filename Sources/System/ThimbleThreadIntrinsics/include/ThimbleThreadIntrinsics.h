/// What threads need and Swift lacks: a closure that is lent to another thread, a pause while spinning, a count of processors,
/// the mode of floating-point arithmetic.
#ifndef THIMBLE_THREAD_INTRINSICS_H
#define THIMBLE_THREAD_INTRINSICS_H

#include <stdint.h>

/// The two words of a Swift closure `(Int) -> Void` that its owner keeps alive meanwhile. Swift itself stores only closures
/// that live on the heap, and an allocation for every loop is what a pool of threads is there to avoid.
struct thimble_borrowed_closure {
  const void *function, *context;
};

/// How Swift calls a closure (clang's documentation of `swiftcall`): the context goes into a register of its own.
typedef __attribute__((swiftcall)) void (*thimble_closure_function)(
    intptr_t, __attribute__((swift_context)) const void *);

/// Calls the closure with a number.
static inline void thimble_call(struct thimble_borrowed_closure closure, intptr_t number) {
  ((thimble_closure_function)closure.function)(number, closure.context);
}

/// Tells the processor that this thread waits for another one's write.
static inline void thimble_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

/// How many processors this process may run on, at least 1.
int thimble_processor_count(void);

/// How a thread computes with floating-point numbers: where it rounds to, and whether it takes small numbers for zero.
typedef struct thimble_float_mode {
  uint64_t word;
  /// The control word of the x87 unit, where there is one: the C library reads it for its own rounding.
  uint32_t x87;
} thimble_float_mode;

/// Lets this thread round to the nearest number, halves to even, keep small numbers and raise no signals: what every system
/// starts a program with. Returns the mode before.
thimble_float_mode thimble_use_standard_float_mode(void);

/// Gives this thread a mode back.
void thimble_restore_float_mode(thimble_float_mode mode);

/// The number of words on the command line, the program's name first, and the words; as `main` gets them. 0 where the C library
/// does not tell them to constructors.
int thimble_argument_count(void);
const char *const *thimble_arguments(void);

#endif
