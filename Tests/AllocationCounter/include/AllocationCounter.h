/// Counts what a thread asks of the allocator: malloc, its relatives and mmap are interposed in the program that links this.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// How many allocations and mappings this thread has made so far.
long allocation_count(void);

#endif
