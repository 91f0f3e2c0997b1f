// What the compiler calls, and what is in no C library here.

/// The square roots of IEEE 754, which processors have instructions for: called where there might be an errno.
float sqrtf(float x) { return __builtin_elementwise_sqrt(x); }
double sqrt(double x) { return __builtin_elementwise_sqrt(x); }

// Unicode's tables: names of layers are ASCII, which is compared without them.
void _swift_stdlib_getNormData(void) { __builtin_trap(); }
void _swift_stdlib_getComposition(void) { __builtin_trap(); }
void _swift_stdlib_getDecompositionEntry(void) { __builtin_trap(); }
const void *const _swift_stdlib_nfd_decompositions = 0;
