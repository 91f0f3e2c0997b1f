// Threads without a C library: loops whose numbers are given out by one counter to whoever is free.
//
// The owner opens a loop and begins with it. A thread that comes in time joins; the owner, when no number is left, closes the
// loop and waits for those that have joined, and for nobody else. Started once, the threads end with the program.
#include "ThimbleFreestanding.h"
#include "calls.h"

enum {
  most_threads = 64,
  // CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM: a thread of this process.
  thread_flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000,
  // For this process alone.
  futex_wait = 128, futex_wake = 129,
  // In `state`, above the count of those that have joined.
  is_open = 1 << 8, owner_sleeps = 1 << 9,
};

// How Swift calls a closure (clang's documentation of `swiftcall`): the context goes into a register of its own, but on RISC-V,
// where Swift calls as C does.
#if defined(__riscv)
#define SWIFT_CALL
#define SWIFT_CONTEXT
#else
#define SWIFT_CALL __attribute__((swiftcall))
#define SWIFT_CONTEXT __attribute__((swift_context))
#endif
typedef SWIFT_CALL void (*closure)(intptr_t number, SWIFT_CONTEXT const void *context);

static struct {
  /// Threads, the owner among them.
  int32_t threads;
  /// How often a thread looks before it sleeps: not at all where they would keep each other from a processor.
  int32_t patience;
  /// The number of the loop; those without work sleep on it.
  uint32_t loop;
  uint32_t sleepers;
  /// The owner sleeps on it until all are done.
  uint32_t state;
  /// The next number to give out. Above `count` there is room for one more try of each thread.
  uint32_t next;
  // Written while no loop is open and nobody has joined.
  uint32_t count;
  closure function;
  const void *context;
} crew = {.threads = 1};

#define LOAD(field) __atomic_load_n(&crew.field, __ATOMIC_SEQ_CST)

static void pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#else
  __asm__ volatile("" : : : "memory");
#endif
}

/// Sleeps while the word is `value`, or a little less.
static void sleep_on(uint32_t *word, uint32_t value) { CALL(futex, word, futex_wait, value); }

static void take(void) {
  for (;;) {
    const uint32_t number = __atomic_fetch_add(&crew.next, 1, __ATOMIC_RELAXED);
    if (number >= crew.count) return;
    crew.function((intptr_t)number, crew.context);
  }
}

/// Joins the loop that is open, if one is.
static int join(void) {
  uint32_t state = LOAD(state);
  while (state & is_open) {
    if (__atomic_compare_exchange_n(&crew.state, &state, state + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 1;
  }
  return 0;
}

/// What each thread does until the program ends.
__attribute__((used)) void thimble_work(void) {
  uint32_t seen = 0;
  for (;;) {
    for (int32_t look = 0; LOAD(loop) == seen && look < crew.patience; look++) pause();
    if (LOAD(loop) == seen) {
      __atomic_fetch_add(&crew.sleepers, 1, __ATOMIC_SEQ_CST);
      while (LOAD(loop) == seen) sleep_on(&crew.loop, seen);
      __atomic_fetch_sub(&crew.sleepers, 1, __ATOMIC_SEQ_CST);
    }
    seen = LOAD(loop);
    if (!join()) continue;
    take();
    if (__atomic_sub_fetch(&crew.state, 1, __ATOMIC_SEQ_CST) == owner_sleeps) CALL(futex, &crew.state, futex_wake, 1);
  }
}

/// Declared in Swift (Threads.swift) with a closure as its last parameter, which takes two words.
SWIFT_CALL void thimble_share_loop(intptr_t count, const void *function, const void *context);

void thimble_share_loop(intptr_t count, const void *function, const void *context) {
  if (crew.threads == 1 || count < 2) {
    for (intptr_t number = 0; number < count; number++) ((closure)function)(number, context);
    return;
  }
  crew.function = (closure)function;
  crew.context = context;
  crew.count = (uint32_t)count;
  __atomic_store_n(&crew.next, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&crew.state, is_open, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&crew.loop, 1, __ATOMIC_SEQ_CST);
  if (LOAD(sleepers)) CALL(futex, &crew.loop, futex_wake, crew.threads);
  take();
  uint32_t state = __atomic_and_fetch(&crew.state, ~is_open, __ATOMIC_SEQ_CST);
  for (int32_t look = 0; state && look < crew.patience; look++) {
    pause();
    state = LOAD(state);
  }
  if (!state) return;
  state = __atomic_or_fetch(&crew.state, owner_sleeps, __ATOMIC_SEQ_CST);
  while (state != owner_sleeps) {
    sleep_on(&crew.state, state);
    state = LOAD(state);
  }
  __atomic_store_n(&crew.state, 0, __ATOMIC_SEQ_CST);
}

/// Starts a thread on the stack that ends here, to run `thimble_work`.
intptr_t thimble_clone(uintptr_t flags, void *stack);

#define FUNCTION(type) ".section .text.thimble_clone,\"ax\"," type "\n.globl thimble_clone\nthimble_clone:\n"
// The kernel returns twice: in the new thread with 0, on the new stack.
#if defined(__x86_64__)
__asm__(FUNCTION("@progbits")
        " mov $56, %eax\n xor %edx, %edx\n xor %r10d, %r10d\n xor %r8d, %r8d\n syscall\n"
        " test %eax, %eax\n jz 1f\n ret\n1: xor %ebp, %ebp\n call thimble_work\n");
#elif defined(__aarch64__)
__asm__(FUNCTION("%progbits")
        " mov x2, #0\n mov x3, #0\n mov x4, #0\n mov x8, #220\n svc 0\n"
        " cbz x0, 1f\n ret\n1: mov x29, #0\n mov x30, #0\n b thimble_work\n");
#elif defined(__arm__)
__asm__(".syntax unified\n.arm\n" FUNCTION("%progbits") ".type thimble_clone, %function\n"
        " push {r4, r7}\n mov r2, #0\n mov r3, #0\n mov r4, #0\n mov r7, #120\n svc 0\n"
        " cmp r0, #0\n beq 1f\n pop {r4, r7}\n bx lr\n1: mov fp, #0\n mov lr, #0\n bl thimble_work\n");
#elif defined(__riscv)
__asm__(FUNCTION("@progbits")
        " li a2, 0\n li a3, 0\n li a4, 0\n li a7, 220\n ecall\n"
        " beqz a0, 1f\n ret\n1: li s0, 0\n tail thimble_work\n");
#endif

/// Processors that this process may run on.
static int32_t processor_count(void) {
  uint8_t set[1024] = {0};
  CALL(sched_getaffinity, 0, sizeof set, set);
  int32_t count = 0;
  for (size_t i = 0; i < sizeof set; i++) count += __builtin_popcount(set[i]);
  return count;
}

int32_t thimble_start_threads(int32_t count) {
#if !defined(THIMBLE_FREESTANDING)
  // A C library's threads have storage of their own, which these lack.
  count = 1;
#endif
  crew.patience = count <= processor_count() ? 5000 : 0;
  while (crew.threads < count && crew.threads < most_threads) {
    void *stack = thimble_guarded_stack(thimble_thread_stack_byte_count);
    if (!stack || thimble_clone(thread_flags, stack) < 0) break;
    crew.threads++;
  }
  return crew.threads;
}
