// Processor time by thread.
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "CKernels.h"

static _Thread_local int64_t added = 0;

int64_t tk_thread_nanoseconds(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return added;
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + added;
}

void tk_add_thread_nanoseconds(int64_t nanoseconds) { added += nanoseconds; }
