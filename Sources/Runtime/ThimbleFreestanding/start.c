// Where the kernel begins to run the program: the arguments, the environment and the auxiliary values lie on the stack.
#include "ThimbleFreestanding.h"

#if defined(THIMBLE_FREESTANDING)

#if defined(__x86_64__)
__asm__(".section .text._start,\"ax\",@progbits\n.globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call thimble_start\n");
#elif defined(__aarch64__)
__asm__(".section .text._start,\"ax\",%progbits\n.globl _start\n_start:\n mov x29, #0\n mov x30, #0\n mov x0, sp\n b thimble_start\n");
#elif defined(__arm__)
__asm__(".section .text._start,\"ax\",%progbits\n.globl _start\n.arm\n_start:\n mov fp, #0\n mov lr, #0\n mov r0, sp\n bic sp, sp, #7\n bl thimble_start\n");
#elif defined(__riscv)
__asm__(".section .text._start,\"ax\",@progbits\n.globl _start\n_start:\n.option push\n.option norelax\n lla gp, __global_pointer$\n"
        ".option pop\n mv a0, sp\n andi sp, sp, -16\n tail thimble_start\n");
#endif

static char **environment;
static const unsigned long *auxiliary;

/// The program, in Swift.
int32_t thimble_main(int32_t count, char **arguments);

__attribute__((used)) _Noreturn void thimble_start(long *stack) {
  const long count = stack[0];
  char **arguments = (char **)(stack + 1);
  environment = arguments + count + 1;
  char **end = environment;
  while (*end) end++;
  auxiliary = (const unsigned long *)(end + 1);
  thimble_exit(thimble_main((int32_t)count, arguments));
}

const char *thimble_requested_instruction_set(void) {
  static const char name[] = "THIMBLE_ISA=";
  for (char **variable = environment; *variable; variable++) {
    size_t i = 0;
    while (name[i] && (*variable)[i] == name[i]) i++;
    if (!name[i]) return *variable + i;
  }
  return NULL;
}

unsigned long thimble_auxiliary_value(unsigned long number) {
  for (const unsigned long *pair = auxiliary; pair[0]; pair += 2) {
    if (pair[0] == number) return pair[1];
  }
  return 0;
}

#else
#include <sys/auxv.h>

// With a C library, that one starts the program.
unsigned long thimble_auxiliary_value(unsigned long number) { return getauxval(number); }

static int32_t word_count;
static const char *const *words;

// The loader of the GNU C library hands constructors what `main` gets. Swift reads it from /proc, which may not be there.
__attribute__((constructor)) static void keep_words(int count, char **arguments) {
#if defined(__GLIBC__)
  word_count = count;
  words = (const char *const *)arguments;
#else
  (void)count, (void)arguments;
#endif
}

const char *const *thimble_program_words(int32_t *count) {
  *count = word_count;
  return words;
}
#endif
