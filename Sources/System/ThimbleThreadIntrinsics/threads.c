#define _GNU_SOURCE
#include "ThimbleThreadIntrinsics.h"
#include <sched.h>
#include <unistd.h>

// Declared in Swift (Crew.swift) with a closure as its first parameter, which takes two words.
__attribute__((swiftcall)) void thimble_borrow(
    const void *function, const void *context, struct thimble_borrowed_closure *place);

void thimble_borrow(const void *function, const void *context, struct thimble_borrowed_closure *place) {
  place->function = function;
  place->context = context;
}

int thimble_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
