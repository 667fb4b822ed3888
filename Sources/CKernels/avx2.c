// The kernels with 256-bit vectors and fused multiply-add.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define ROWS 6
#define TABLE tk_avx2
#include "kernels.h"
#pragma clang attribute pop
#endif
