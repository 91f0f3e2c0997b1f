// System calls of Linux: their numbers (the kernel's headers, asm/unistd.h of each architecture) and the instruction that makes
// them.
#ifndef THIMBLE_CALLS_H
#define THIMBLE_CALLS_H

#include <stdint.h>

#if defined(__x86_64__)
enum {
  call_read = 0, call_write = 1, call_close = 3, call_fstat = 5, call_lseek = 8, call_mmap = 9, call_mprotect = 10,
  call_munmap = 11, call_rt_sigaction = 13, call_rt_sigprocmask = 14, call_ioctl = 16, call_getpid = 39, call_clone = 56,
  call_exit = 60, call_kill = 62, call_fsync = 74, call_futex = 202, call_sched_getaffinity = 204, call_clock_gettime = 228, call_exit_group = 231,
  call_openat = 257, call_mkdirat = 258, call_fstatat = 262, call_unlinkat = 263,
  call_readlinkat = 267, call_renameat2 = 316,
};
#elif defined(__arm__)
enum {
  call_exit = 1, call_read = 3, call_write = 4, call_close = 6, call_lseek = 19, call_getpid = 20, call_kill = 37,
  call_ioctl = 54,
  call_munmap = 91, call_fsync = 118, call_clone = 120, call_mprotect = 125, call_llseek = 140, call_rt_sigaction = 174,
  call_rt_sigprocmask = 175,
  call_mmap = 192, call_fstat = 197, call_futex = 240, call_sched_getaffinity = 242, call_exit_group = 248,
  call_clock_gettime = 263, call_openat = 322, call_mkdirat = 323, call_fstatat = 327, call_unlinkat = 328,
  call_readlinkat = 332, call_renameat2 = 382,
};
#elif defined(__aarch64__) || defined(__riscv)
enum {
  call_ioctl = 29, call_mkdirat = 34, call_unlinkat = 35, call_openat = 56, call_close = 57, call_lseek = 62,
  call_read = 63, call_write = 64, call_readlinkat = 78, call_fstatat = 79, call_fstat = 80, call_fsync = 82, call_exit = 93,
  call_exit_group = 94, call_futex = 98, call_clock_gettime = 113, call_sched_getaffinity = 123,
  call_kill = 129, call_rt_sigaction = 134, call_rt_sigprocmask = 135, call_getpid = 172, call_munmap = 215, call_clone = 220, call_mmap = 222,
  call_mprotect = 226, call_renameat2 = 276,
};
#endif

#define CALL(name, ...) CALL_(call_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...) \
  thimble_call(number, (intptr_t)(a), (intptr_t)(b), (intptr_t)(c), (intptr_t)(d), (intptr_t)(e), (intptr_t)(f))

/// One system call. Calls with fewer arguments are given zeros for the others.
static inline intptr_t thimble_call(intptr_t number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e, intptr_t f) {
#if defined(__x86_64__)
  intptr_t result;
  register intptr_t r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register intptr_t x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register intptr_t x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#elif defined(__arm__)
  register intptr_t r7 __asm__("r7") = number, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c;
  register intptr_t r3 __asm__("r3") = d, r4 __asm__("r4") = e, r5 __asm__("r5") = f;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
  return r0;
#elif defined(__riscv)
  register intptr_t a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
  register intptr_t a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
  return a0;
#endif
}

#endif
