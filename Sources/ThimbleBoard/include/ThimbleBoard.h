/// Linux without a C library: the few system calls of the board sampler. Each returns what the kernel returns: a negative errno
/// is an error.
#ifndef THIMBLE_BOARD_H
#define THIMBLE_BOARD_H

#include <stddef.h>
#include <stdint.h>

/// Opens a file for reading.
intptr_t thimble_open(const char *path);
/// Makes a new file for writing, or empties an old one. Made for everybody to read.
intptr_t thimble_create(const char *path);
/// Makes a folder.
intptr_t thimble_make_folder(const char *path);
/// Gives a file another name, in place of the file that has it.
intptr_t thimble_rename(const char *from, const char *to);
/// Removes a file.
intptr_t thimble_remove(const char *path);
/// Reads at most so many bytes.
intptr_t thimble_read(int32_t file, void *bytes, size_t byte_count);
/// Writes at most so many bytes.
intptr_t thimble_write(int32_t file, const void *bytes, size_t byte_count);
/// Waits until a file's bytes are on the disk.
intptr_t thimble_sync(int32_t file);
/// Closes a file.
intptr_t thimble_close(int32_t file);
/// Whether the file is a terminal.
int32_t thimble_is_terminal(int32_t file);
/// Fresh memory, zeros, aligned to a page; null if there is none.
void *thimble_fresh_memory(size_t byte_count);
/// The model that `thimble bundle` has put into this program, aligned to a page, and its size; null if there is none.
const void *thimble_bundled_model(size_t *byte_count);
/// Nanoseconds of a clock that only goes forward.
uint64_t thimble_nanoseconds(void);
/// Ends the program.
_Noreturn void thimble_exit(int32_t code);

#endif
