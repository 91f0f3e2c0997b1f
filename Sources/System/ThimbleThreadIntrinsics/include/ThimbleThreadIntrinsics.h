/// What threads need and Swift lacks: a closure that is lent to another thread, a pause while spinning, a count of processors.
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

#endif
