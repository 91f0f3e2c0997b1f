#include "parallel.h"

// How Swift calls a closure (clang's documentation of `swiftcall`): the context goes into a register of its own, or, where
// clang knows no such convention, behind the other arguments.
#if defined(__riscv)
#define SWIFT_CALL
#define SWIFT_CONTEXT
#else
#define SWIFT_CALL __attribute__((swiftcall))
#define SWIFT_CONTEXT __attribute__((swift_context))
#endif

typedef SWIFT_CALL void (*closure_function)(intptr_t, SWIFT_CONTEXT const void *);

typedef struct {
  closure_function function;
  const void *context;
} closure;

static void call(void *body, size_t index) {
  const closure *c = body;
  c->function((intptr_t)index, c->context);
}

// Declared in Swift (Generators.swift) with a closure as its last parameter, which takes two words. The closure outlives the
// call, and with it all calls of its body.
SWIFT_CALL void thimble_run_loop(const thimble_loop_runner *runner, intptr_t count, closure_function function,
                                 const void *context);

SWIFT_CALL void thimble_run_loop(const thimble_loop_runner *runner, intptr_t count, closure_function function,
                                 const void *context) {
  closure body = {function, context};
  runner->run(runner->context, (size_t)count, call, &body);
}
