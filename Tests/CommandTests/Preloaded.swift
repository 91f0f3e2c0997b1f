import Foundation
import Testing

/// A small library in C that the loader puts into a program before all others: the system as it is on somebody else's machine.
enum Preloaded {
  /// Compiles a library, and returns the environment that loads it.
  static func environment(_ source: String, in folder: Folder, name: String = "preloaded") throws -> [String: String] {
    let (input, output) = (folder.write("\(name).c", source), folder["\(name).so"])
    for compiler in ["cc", "clang", "gcc"] {
      let outcome = try Running(
        "/usr/bin/env", [compiler, "-shared", "-fPIC", "-O1", input, "-o", output, "-lm"]
      ).outcome()
      if outcome.status == 0 { return ["LD_PRELOAD": output] }
      // 127: there is none of this name.
      #expect(outcome.status == 127, "\(outcome.errors)")
    }
    Issue.record("no compiler of C: neither cc, clang nor gcc")
    return [:]
  }

  /// Every thread is refused, as beyond `ulimit -u`.
  static let noThreads = """
    #include <errno.h>
    #include <pthread.h>
    int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *c) { return EAGAIN; }
    """

  /// No block of 8 MB or more is had.
  static let noLargeBlocks = """
    #include <errno.h>
    #include <stddef.h>
    void *__libc_malloc(size_t), *__libc_memalign(size_t, size_t);
    enum { most = 8 << 20 };
    static void *none(void) { errno = ENOMEM; return NULL; }
    void *malloc(size_t n) { return n < most ? __libc_malloc(n) : none(); }
    void *aligned_alloc(size_t a, size_t n) { return n < most ? __libc_memalign(a, n) : none(); }
    int posix_memalign(void **p, size_t a, size_t n) { return (*p = n < most ? __libc_memalign(a, n) : NULL) ? 0 : ENOMEM; }
    """

  /// Small numbers are taken for zero, as libraries do that were linked with -ffast-math.
  static let smallNumbersAreZero = """
    __attribute__((constructor)) static void set(void) {
    #if defined(__x86_64__)
      unsigned word;
      __asm__ volatile("stmxcsr %0" : "=m"(word));
      word |= 0x8040;
      __asm__ volatile("ldmxcsr %0" : : "m"(word));
    #elif defined(__aarch64__)
      unsigned long word;
      __asm__ volatile("mrs %0, fpcr" : "=r"(word));
      word |= 1ul << 24;
      __asm__ volatile("msr fpcr, %0" : : "r"(word));
    #endif
    }
    """

  /// Another rounding than to the nearest number: `FE_UPWARD` ...
  static func rounding(_ mode: String) -> String {
    "#include <fenv.h>\n__attribute__((constructor)) static void set(void) { fesetround(\(mode)); }\n"
  }
}
