// SIGBUS: the mapped model was shortened while it was read, or its disk failed. The program says so, and ends as for any file that
// cannot be read. Without a C library, and with one.
#include "ThimbleFreestanding.h"
#include "calls.h"

enum {
  bus_error = 7, unblock = 1,
  // BUS_ADRERR: an address without bytes. Anything else is a bug, or somebody's `kill`.
  missing_bytes = 2,
  with_information = 4,
#if defined(__x86_64__)
  // Wanted there; a handler that never returns needs no function behind it.
  with_restorer = 0x04000000,
#else
  with_restorer = 0,
#endif
  input_output = 74,
};

static const char *model, *temporary;
/// Whether one of the threads has come here already.
static int32_t is_told;

static void say(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  CALL(write, 2, text, count);
}

/// A path as the other messages show it: without what a terminal obeys.
static void say_path(const char *path) {
  for (; *path; path++) {
    const char shown = (unsigned char)*path < 32 || *path == 127 ? '?' : *path;
    CALL(write, 2, &shown, 1);
  }
}

static void set_handler(uintptr_t handler, uintptr_t flags) {
  // The kernel's struct sigaction: handler, flags, then what is 0 here.
  const uintptr_t action[8] = {handler, flags};
  CALL(rt_sigaction, bus_error, action, 0, 8);
}

static void handle(int number, const int32_t *information, void *context) {
  (void)number, (void)context;
  if (information[2] != missing_bytes) {
    set_handler(0, 0);
    // Blocked until this function returns, which it need not.
    const uint64_t set = (uint64_t)1 << (bus_error - 1);
    CALL(rt_sigprocmask, unblock, &set, 0, 8);
    CALL(kill, CALL(getpid, 0), bus_error);
    for (;;) CALL(exit_group, 128 + bus_error);
  }
  // Several threads may miss bytes at once; one of them ends the process.
  while (__atomic_exchange_n(&is_told, 1, __ATOMIC_RELAXED)) CALL(futex, &is_told, 128, 1);
  if (temporary) CALL(unlinkat, -100, temporary, 0);
  say("thimble-sample: ");
  say_path(model);
  say(": read: found missing bytes: the file was shortened, or its disk failed, wanted the file unchanged since it was opened\n"
      "Restore the whole file, or fetch it again. Then run the command again.\n");
  for (;;) CALL(exit_group, input_output);
}

void thimble_guard_model(const char *path) {
  model = path;
  set_handler((uintptr_t)handle, with_information | with_restorer);
  // Whoever started the program may have blocked it: threads have the mask of the one that starts them.
  const uint64_t set = (uint64_t)1 << (bus_error - 1);
  CALL(rt_sigprocmask, unblock, &set, 0, 8);
}

void thimble_guard_output(const char *path) { temporary = path; }
