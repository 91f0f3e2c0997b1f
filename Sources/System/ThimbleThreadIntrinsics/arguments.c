#include "ThimbleThreadIntrinsics.h"

// Swift reads the command line from /proc/self/cmdline, which is missing where /proc is not mounted. The loader of the GNU C library
// hands it to constructors, too.
static int count;
static const char *const *words;

__attribute__((constructor)) static void keep(int argument_count, char **arguments) {
#if defined(__GLIBC__)
  count = argument_count;
  words = (const char *const *)arguments;
#else
  (void)argument_count, (void)arguments;
#endif
}

int thimble_argument_count(void) { return count; }
const char *const *thimble_arguments(void) { return words; }
