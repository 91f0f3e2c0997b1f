// What the runtime asks of the system, inside of a program that may or may not have a C library: both symbols are weak.
#if defined(THIMBLE_FREESTANDING)
#include "ThimbleFreestanding.h"
#include "system.h"

extern char **environ __attribute__((weak));
unsigned long getauxval(unsigned long number) __attribute__((weak));

const char *thimble_requested_instruction_set(void) {
  static const char name[] = "THIMBLE_ISA=";
  if (!&environ || !environ) return NULL;
  for (char **variable = environ; *variable; variable++) {
    size_t i = 0;
    while (name[i] && (*variable)[i] == name[i]) i++;
    if (!name[i]) return *variable + i;
  }
  return NULL;
}

/// What the kernel keeps for each process: pairs of longs.
static unsigned long value_in_file(unsigned long number) {
  unsigned long pairs[128], value = 0;
  const intptr_t file = thimble_open("/proc/self/auxv");
  if (file < 0) return 0;
  const intptr_t count = thimble_read((int32_t)file, pairs, sizeof pairs);
  for (intptr_t i = 0; (i + 2) * (intptr_t)sizeof *pairs <= count && pairs[i] && !value; i += 2) {
    if (pairs[i] == number) value = pairs[i + 1];
  }
  thimble_close((int32_t)file);
  return value;
}

// A program that is linked statically has getauxval only if it uses it itself.
unsigned long thimble_auxiliary_value(unsigned long number) {
  return getauxval ? getauxval(number) : value_in_file(number);
}
#endif
