/// How a Swift loop body reaches a C function that runs loops.
#ifndef THIMBLE_PARALLEL_H
#define THIMBLE_PARALLEL_H

#include "include/thimble.h"

/// A loop runner of the caller's and its context.
typedef struct thimble_loop_runner {
  thimble_parallel_for run;
  void *context;
} thimble_loop_runner;

/// The version for Swift, which knows no constant text that is a macro.
static inline const char *thimble_header_version(void) { return THIMBLE_VERSION; }

#endif
