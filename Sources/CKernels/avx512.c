// The kernels with 512-bit vectors.
#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define LANES 16
#define ROWS 12
#define TABLE tk_avx512
#include "kernels.h"
#pragma clang attribute pop
#endif
