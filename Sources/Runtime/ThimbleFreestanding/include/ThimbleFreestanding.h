/// Linux without a C library: the few system calls of the board sampler. Each returns what the kernel returns: a negative errno
/// is an error.
#ifndef THIMBLE_FREESTANDING_H
#define THIMBLE_FREESTANDING_H

#include <stddef.h>
#include <stdint.h>

/// Opens a file for reading.
intptr_t thimble_open(const char *path);
/// Opens a device or a pipe for writing.
intptr_t thimble_open_for_writing(const char *path);
/// Makes a new file for writing, which must not be there yet, for everybody to read.
intptr_t thimble_create(const char *path);
/// Makes a folder.
intptr_t thimble_make_folder(const char *path);
/// Gives a file another name, in place of the file that has it.
intptr_t thimble_rename(const char *from, const char *to);
/// Where a file is written that is to stand at a path: behind all symbolic links. `beside` is room for the name of a temporary file
/// there, 64 bytes longer than the place; null where the path is no link. Both stay until the next call. Returns 0; 1 if the links
/// lead to an open file of a process, as /dev/stdout does; or a negative errno.
intptr_t thimble_behind_links(const char *path, const char **place, char **beside);
/// Removes a file.
intptr_t thimble_remove(const char *path);
/// Reads at most so many bytes.
intptr_t thimble_read(int32_t file, void *bytes, size_t byte_count);
/// Writes at most so many bytes.
intptr_t thimble_write(int32_t file, const void *bytes, size_t byte_count);
/// Reads on from this offset.
intptr_t thimble_seek(int32_t file, uint64_t offset);
/// Waits until a file's bytes are on the disk.
intptr_t thimble_sync(int32_t file);
/// Closes a file.
intptr_t thimble_close(int32_t file);

/// What the kernel tells of a file.
struct thimble_file {
  /// Whether it is a plain file, or a folder; devices and pipes are neither.
  int32_t is_plain, is_folder;
  uint64_t byte_count;
  /// Together these two are the file's and no other's.
  uint64_t device, number;
};
/// Looks at the file of a path.
intptr_t thimble_look(const char *path, struct thimble_file *file);
/// Looks at an open file.
intptr_t thimble_look_at(int32_t descriptor, struct thimble_file *file);

/// Whether the file is a terminal.
int32_t thimble_is_terminal(int32_t file);
/// Fresh memory, zeros, aligned to a page, taken from the system as a whole; null if there is none.
void *thimble_fresh_memory(size_t byte_count);
/// The model that `thimble bundle` has put into this program, aligned to a page, and its size; null if there is none.
const void *thimble_bundled_model(size_t *byte_count);
/// The end of a fresh stack of whole pages, below which a page is that nobody may touch; null if there is no memory.
void *thimble_guarded_stack(size_t byte_count);
/// What the kernel told the program at its start under this number (AT_HWCAP: 16), or 0.
unsigned long thimble_auxiliary_value(unsigned long number);
/// The number of this process.
intptr_t thimble_process_number(void);
/// Lets a signal pass: what it told of is then the error of a call.
void thimble_ignore_signal(int32_t number);
/// From now on the program ends with a message about this model where bytes of a mapped file are missing. The text must stay.
void thimble_guard_model(const char *path);
/// What is removed then: a temporary file, whose name must stay; or null.
void thimble_guard_output(const char *path);
/// With a C library: the words that the program was started with, its name first, and their number; null where that library does not
/// tell them.
const char *const *thimble_program_words(int32_t *count);

/// Starts threads until `count` share the loops of `thimble_share_loop`, the caller's among them; 64 at most, at the beginning
/// of the program. Returns how many there are then: fewer if the system has no more.
int32_t thimble_start_threads(int32_t count);
/// Bytes of a thread's stack.
enum { thimble_thread_stack_byte_count = 1 << 16 };

/// Nanoseconds of a clock that only goes forward.
uint64_t thimble_nanoseconds(void);
/// Ends the program.
_Noreturn void thimble_exit(int32_t code);

#endif
